import type { Checkpoint } from '../../src/formats/checkpoint.ts';
import { detailsOf, runDetails } from '../../src/report/collect-details.ts';
import type { FileDetails, RunDetails } from '../../src/report/details.ts';
import type { PickleSummary, Report, RuntimeReport } from '../../src/report/report.ts';
import type { RunEvidence } from '../../src/rules/run-evidence.ts';
import { runtimes } from '../../src/runtimes/index.ts';
import type { Decision, Runtime } from '../../src/runtimes/runtime.ts';
import { SetupBuilder } from '../../src/setup/setup.ts';
import type { Net, Skip } from '../../src/topology/net.ts';
import type { Problem } from '../../src/topology/problem.ts';
import { makeComponent, makeNet, makeScale, SD1 } from './nets.ts';
import { fileReport, hostileFinding, report } from './reports.ts';

/** What a page shows of a net beside its findings. */
export function details(
  net: Net,
  problems: readonly Problem[] = [],
  pixels?: number,
  programs: RuntimeReport = { readings: [], differences: [] },
): FileDetails {
  const component = makeComponent(net, problems);
  const checkpoint: Checkpoint = {
    path: 'a.safetensors',
    container: 'safetensors',
    files: [{ path: 'a.safetensors', format: 'safetensors', size: 1024, headerLength: 8 }],
    parts: [],
    metadata: new Map(),
    faults: [],
    unchecked: [],
  };
  const scale = pixels === undefined ? {} : { scale: makeScale(net, pixels) };
  return detailsOf(checkpoint, [component], [{ component, net, ...scale }], programs);
}

/** What three programs make of a file: one is wrong about it, one asks its user, one refuses it. */
export function programs(word: string): RuntimeReport {
  const decisions: readonly Decision[] = [
    {
      kind: 'identified',
      as: word,
      evidence: [word],
      families: ['sd1'],
      assumes: {
        prediction_type: { value: 'epsilon', because: word, from: 'model.py' },
        schedule: { value: 'sd', because: word, from: 'model.py' },
        zero_terminal_snr: { value: true, because: word, from: 'model.py' },
        vae_scale: { because: word, from: 'model.py' },
      },
    },
    { kind: 'told', as: word, evidence: ['nothing in the file'], assumes: {} },
    { kind: 'refused', reason: word, evidence: [] },
  ];
  const readings = decisions.map((decision, index) => ({
    runtime: { ...(runtimes[index] as Runtime), title: `Program ${index + 1}`, version: '1.0' },
    decision,
  }));
  const difference = {
    assumes: 'epsilon',
    because: word,
    is: 'v_prediction',
    known: 'probed',
    from: word,
  } as const;
  const program = readings[0]?.runtime.title ?? '';
  return { readings, differences: [{ program, about: 'prediction_type', ...difference }] };
}

/** What a run of the net found, by every kind of thing that it can say. */
export function runFound(word: string): RunDetails {
  const evidence = (probe: 'gain' | 'prediction_type', says: 'garbled' | 'sound') => ({
    evidence: { probe, says, finding: 'a', measured: { value: 1 }, expected: {} },
    words: word,
  });
  const run: RunEvidence = {
    assessment: {
      verdict: 'garbled',
      evidence: [],
      declared: { prediction_type: 'epsilon', from: word, schedule: 'ddpm' },
      read: {},
      activations: [],
      scores: [],
      device: { provider: 'cpu' },
      unjudged: [{ probe: 'text', reason: word }],
      forwards: 12,
      times: { total: 1000 },
    },
    evidence: [evidence('gain', 'garbled'), evidence('prediction_type', 'sound')],
    witnesses: [
      { about: 'prediction_type', value: word, known: 'declared', from: word },
      { about: 'schedule', value: 'linear 0.0001 … 0.02', known: 'convention', from: word },
    ],
  };
  return runDetails(run);
}

/** A pickle that would run code, whose names are a word. */
export function pickleOf(word: string): PickleSummary {
  const place = { file: word, entry: word };
  return {
    ...place,
    verdict: 'code-reaching',
    globals: [{ module: word, name: word, judged: 'code', called: true, offset: 2 }],
    tricks: [{ kind: 'computed-call', offset: 3 }],
    oddities: [{ kind: 'left-over', offset: 4 }],
    weightsOnly: { takes: false, reason: word, offset: 2 },
    broken: { offset: 9, reason: word },
    unread: word,
  };
}

/** A report with the same name wherever a file can put one. */
export function named(name: string): Report {
  const net = makeNet(SD1);
  const odd: Net = {
    ...net,
    family: {
      ...net.family,
      title: name,
      from: name,
      sameShapes: [name],
      nearest: { id: name, title: name, differs: [{ field: name, found: name, expected: name }] },
    },
    skips: [{ ...net.skips[0], producer: name } as Skip, ...net.skips.slice(1)],
  };
  const builder = new SetupBuilder(name).says('sampler', name, name);
  builder.note(name);
  const setup = builder.build(name, 'comfyui');
  const file = fileReport({});
  return {
    ...report([
      fileReport({
        path: name,
        ...(file.checkpoint === undefined
          ? {}
          : { checkpoint: { ...file.checkpoint, pickles: [pickleOf(name)] } }),
        details: { ...details(odd, [], undefined, programs(name)), setups: [setup], run: runFound(name) },
        findings: [
          {
            ...hostileFinding,
            args: { name },
            place: { file: name, tensor: name, block: name, component: name, pointer: name },
          },
        ],
        suppressed: [{ finding: { ...hostileFinding, args: { name } }, by: 'baseline', reason: name }],
        unchecked: [{ path: name, reason: name }],
        transfer: { requests: 3, bytes: 4096 },
      }),
      {
        path: 'x',
        components: [],
        findings: [],
        unchecked: [],
        failure: { kind: 'unreadable', reason: name, hint: name },
      },
    ]),
    against: [setup],
    config: name,
  };
}
