/** The run itself, as it happens in a process of its own: a runtime that dies or hangs takes only that along. */
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { ReadError } from '../bytes/source.ts';
import type { Workspace } from '../bytes/workspace.ts';
import { formatBytes, formatCount } from '../report/numbers.ts';
import type {
  DrawnPicture,
  SmokePicture,
  SmokePlanReport,
  SmokeReport,
  ToldFact,
} from '../report/smoke-report.ts';
import type { RunEvidence } from '../rules/run-evidence.ts';
import { differencesOf } from '../runtimes/differences.ts';
import { runtimesOf } from '../runtimes/index.ts';
import { witnessesOf } from '../setup/witnesses.ts';
import {
  type Assessment,
  assess,
  type CompiledGraph,
  denoise,
  type Denoised,
  type DeviceChoice,
  type Device,
  EngineError,
  evidenceWords,
  latentSpaceOf,
  planOf,
  NotFiniteError,
  previewOf,
  PromptError,
  RequestError,
  type RunPlan,
  type RunRequest,
  SamplingError,
  type Session,
  toRgb,
  UnsupportedNetError,
} from '../smoke/index.ts';
import type { Fact } from '../topology/net.ts';
import { UsageError } from './exit.ts';
import { openSession } from './open-session.ts';
import { WriteError } from './output.ts';
import { exportGraph } from './smoke-export.ts';
import { type ReadWeights, readWeightsHere } from './weights-reading.ts';

/** What is asked of the process: plain data. */
export interface SmokeRequest {
  readonly path: string;
  readonly cwd: string;
  readonly run: RunRequest;
  readonly device: DeviceChoice;
  readonly threads?: number;
  /** A folder with the tokenizer of a model that has none beside it. */
  readonly tokenizer?: string;
  /** Where the compiled graph is to be written. */
  readonly export?: string;
  /** Whether the files of the graph may be written over. */
  readonly force: boolean;
  /** Whether the net is to be probed. */
  readonly probes: boolean;
  /** Whether large nets are probed in every way too. */
  readonly thorough: boolean;
  /** Whether a picture is wanted. */
  readonly draws: boolean;
}

/** What the process tells. The last one is `done` or `failed`. */
export type SmokeEvent =
  | { readonly kind: 'stage'; readonly text: string }
  | { readonly kind: 'plan'; readonly plan: SmokePlanReport }
  | { readonly kind: 'verdict'; readonly verdict: RunEvidence }
  | { readonly kind: 'step'; readonly call: number; readonly calls: number; readonly took: number }
  /** The last event where nothing is to be run. */
  | { readonly kind: 'exported'; readonly inputs: readonly string[]; readonly outputs: readonly string[] }
  | { readonly kind: 'done'; readonly report: SmokeReport }
  | SmokeFailure;

export interface SmokeFailure {
  readonly kind: 'failed';
  /** `garbled`: the net gives no numbers. `request`: what was asked cannot be. `cannot`: it could not be run. */
  readonly why: 'garbled' | 'request' | 'cannot' | 'internal';
  readonly reason: string;
  readonly hint?: string;
  readonly stack?: string;
}

export type Emit = (event: SmokeEvent) => void;

/**
 * Runs a request to its end. Never throws: what goes wrong is the last event.
 * @param readWeights reads the wiring while the net is loaded and run
 */
export async function smokeJob(
  request: SmokeRequest,
  emit: Emit,
  readWeights: ReadWeights = readWeightsHere,
): Promise<void> {
  try {
    emit({ kind: 'stage', text: 'reading' });
    const { path, cwd, device, threads, tokenizer } = request;
    const now: Now = {};
    const { session, workspace, close } = await openSession(path, {
      cwd,
      device,
      ...(threads === undefined ? {} : { threads }),
      ...(tokenizer === undefined ? {} : { tokenizer }),
      onStage: ({ kind, what }) => {
        if (now.probe === undefined) emit({ kind: 'stage', text: `${kind} ${what}` });
      },
    });
    try {
      if (request.export !== undefined) {
        emit({ kind: 'stage', text: 'writing the graph' });
        const { inputs, outputs } = await exportGraph(
          session,
          workspace,
          resolve(cwd, request.export),
          request.force,
        );
        emit({ kind: 'exported', inputs: inputs.map(shapeOf), outputs: outputs.map(shapeOf) });
      }
      if (request.probes || request.draws)
        await runSession(session, workspace, request, { emit, now }, readWeights);
    } finally {
      await close();
    }
  } catch (error) {
    emit(failureOf(error));
  }
}

/** What is being probed: within it parts are loaded and run again and again, which nobody wants to read. */
interface Now {
  probe?: string;
}

interface Told {
  readonly emit: Emit;
  readonly now: Now;
}

function shapeOf({ name, type, dims }: CompiledGraph['inputs'][number]): string {
  return `${name} ${type.toLowerCase()} [${dims.join(', ')}]`;
}

async function runSession(
  session: Session,
  workspace: Workspace,
  request: SmokeRequest,
  told: Told,
  readWeights: ReadWeights,
): Promise<void> {
  const { emit } = told;
  const plan = planOf(session, request.run);
  emit({ kind: 'plan', plan: planReport(session, request.path, plan) });
  let verdict: RunEvidence | undefined;
  let device: Device | undefined;
  if (request.probes) {
    const probed = await probe(session, workspace, request, told, readWeights);
    ({ verdict, device } = probed);
    emit({ kind: 'verdict', verdict });
  }
  // where the probes found NaN a picture would only fail on it once more
  const nan = verdict?.assessment.evidence.some(({ finding }) => finding === 'not-finite') ?? false;
  let drawn: DrawnPicture | undefined;
  if (request.draws && !nan) {
    const run = await draw(session, request, emit);
    ({ drawn, device } = run);
  }
  if (device === undefined) throw new Error('a run without an engine');
  const report: SmokeReport = {
    ...planReport(session, request.path, plan),
    device: device.provider === 'cpu' ? { ...device, adapter: cpus()[0]?.model ?? 'unknown' } : device,
    ...(verdict === undefined ? {} : { verdict }),
    ...(drawn === undefined ? {} : { drawn }),
    // kilobytes: process.resourceUsage, maxRSS
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
  emit({ kind: 'done', report });
}

/** Probes the net, and reads its wiring meanwhile. */
async function probe(
  session: Session,
  workspace: Workspace,
  { run, thorough }: SmokeRequest,
  { emit, now }: Told,
  readWeights: ReadWeights,
): Promise<{ readonly verdict: RunEvidence; readonly device: Device }> {
  const { checkpoint, components, parts, buffer } = session;
  const files = workspace.paths.map((path) => join(workspace.folder, path));
  const { wiring, numbers, close } = readWeights({ net: parts.net, files });
  let assessment: Assessment;
  try {
    assessment = await assess(session, {
      run,
      thorough,
      wiring,
      numbers,
      onProbe: (what) => {
        now.probe = PROBE_WORDS.get(what) ?? what;
        emit({ kind: 'stage', text: now.probe });
      },
    });
  } finally {
    delete now.probe;
    await close();
  }
  const evidence = assessment.evidence.map((one) => ({ evidence: one, words: evidenceWords(one) }));
  const witnesses = witnessesOf(checkpoint, parts.net, parts.vae, buffer);
  const programs = differencesOf(
    checkpoint,
    components,
    { component: parts.unet, net: parts.net },
    runtimesOf(checkpoint, components),
    assessment.read.prediction?.type,
  );
  return { verdict: { assessment, evidence, witnesses, programs }, device: assessment.device };
}

const PROBE_WORDS: ReadonlyMap<string, string> = new Map([
  ['load', 'loading the U-Net'],
  ['text', 'probing: answer to the text'],
  ['time', 'probing: answer to the timestep'],
  ['prediction_type', 'probing: what the net predicts'],
  ['schedule', 'probing: noise levels'],
  ['denoise', 'probing: a short denoise'],
  ['refit', 'probing: a new fit of the last layer'],
  ['autoencoder', 'probing: there and back through the autoencoder'],
  ['wiring', 'reading the wiring off the weights'],
  ['reading', 'probing: other ways to compute it'],
  ['inputs', 'probing: what layers are given'],
  ['exchange', "probing: parts in each other's place"],
]);

async function draw(
  session: Session,
  request: SmokeRequest,
  emit: Emit,
): Promise<{ readonly drawn: DrawnPicture; readonly device: Device }> {
  let calls = 0;
  const run = await denoise(session, {
    ...request.run,
    onStep: ({ call, calls: all, took }) => {
      calls = call;
      emit({ kind: 'step', call, calls: all, took });
    },
  });
  return { drawn: drawnOf(session, run, calls), device: run.device };
}

function planReport({ parts, graph }: Session, path: string, plan: RunPlan): SmokePlanReport {
  const { sampling, size, latent, guidance, scale } = plan;
  const { settings, facts } = sampling;
  const told: ToldFact[] = [
    fact('sampler', { ...sampling.chosen, value: `${sampling.chosen.value}, ${plan.steps} steps` }),
  ];
  const add = (name: string, known: Fact<unknown> | undefined, value: string): void => {
    if (known !== undefined) told.push(fact(name, { ...known, value }));
  };
  add('predicts', facts.prediction_type, settings.prediction_type);
  if (settings.trained_betas !== null) {
    add('schedule', facts.trained_betas, `its own betas, ${settings.num_train_timesteps} timesteps`);
  } else {
    const { beta_schedule, beta_start, beta_end } = settings;
    add('schedule', facts.beta_schedule, `${beta_schedule}, ${beta_start} … ${beta_end}`);
  }
  if (settings.rescale_betas_zero_snr) add('terminal SNR', facts.rescale_betas_zero_snr, 'zero');
  add('spacing', facts.timestep_spacing, settings.timestep_spacing);
  told.push(
    fact(
      'guidance',
      plan.guided || graph.inputs.some(({ name }) => name === 'timestep_cond')
        ? guidance
        : { ...guidance, value: 'none' },
    ),
  );
  const { channels, height, width } = latent;
  const grid = `latent ${channels} × ${height} × ${width}`;
  told.push(fact('size', { ...size, value: `${size.value.width}x${size.value.height}, ${grid}` }));
  if (scale !== undefined) told.push(fact('VAE scale', scale.factor));
  const needed = {
    value: `about ${formatBytes(plan.memory.total)}`,
    known: 'convention',
    from: 'weights in float32, and what is alive at once',
  } as const;
  told.push(fact('memory', needed));
  told.push(fact('seed', plan.seed));
  return {
    path,
    title: `${parts.net.family.title} U-Net · ${formatCount(parts.net.parameters)} parameters`,
    prompts: plan.text.map(({ reader, prompt, negative }) => ({
      encoder: reader.encoder.title,
      prompt: prompt.text,
      negative: negative.text,
      reads: `${reader.reading.from} (${reader.reading.known})`,
    })),
    facts: told,
    notes: plan.notes,
  };
}

function fact(name: string, { value, known, from }: Fact<string | number>): ToldFact {
  return { name, value, known, from };
}

function drawnOf(session: Session, run: Denoised, calls: number): DrawnPicture {
  const { latent, times } = run;
  const [, channels = 0, height = 0, width = 0] = latent.dims;
  const data = latent.data as Float32Array;
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
  return {
    picture: pictureOf(session, run),
    latent: { channels, height, width, mean, deviation: Math.sqrt(variance) },
    times,
    calls,
  };
}

function pictureOf({ parts }: Session, run: Denoised): SmokePicture {
  if (run.picture !== undefined) {
    const decoded = run.plan.scale !== undefined;
    const label = decoded ? "decoded by the model's autoencoder" : 'the net works on pixels';
    return { ...toRgb(run.picture.data as Float32Array, run.picture.dims), label };
  }
  const preview = previewOf(
    run.latent.data as Float32Array,
    run.latent.dims,
    latentSpaceOf(parts.net.family.id),
  );
  return { ...preview, label: `${preview.label}. ${run.undecoded ?? ''}` };
}

/** Says what went wrong by whose fault it is. */
function failureOf(error: unknown): SmokeFailure {
  const reason = error instanceof Error ? error.message : String(error);
  const failed = (why: SmokeFailure['why'], hint?: string): SmokeFailure => ({
    kind: 'failed',
    why,
    reason,
    ...(hint === undefined ? {} : { hint }),
  });
  if (error instanceof ReadError) return failed('cannot', error.hint);
  if (error instanceof WriteError) return failed('cannot');
  if (error instanceof NotFiniteError) {
    return failed(
      'garbled',
      'ungarble inspect shows what the file is; a half-precision net may overflow, or the file may be damaged',
    );
  }
  if (error instanceof RequestError || error instanceof PromptError || error instanceof SamplingError) {
    return failed('request');
  }
  if (error instanceof EngineError) return failed('cannot', error.hint);
  if (error instanceof UnsupportedNetError) return failed('cannot');
  if (error instanceof UsageError) return failed('request');
  const stack = error instanceof Error ? error.stack : undefined;
  return { ...failed('internal'), ...(stack === undefined ? {} : { stack }) };
}
