import type { FileReport, Report } from '../../src/report/report.ts';
import { details, programs, runFound } from './details.ts';
import { makeNet, SD1 } from './nets.ts';
import { fileReport, finding, HOSTILE_NAME, HOSTILE_NAMES, hostileFinding, report } from './reports.ts';

const findings = Array.from({ length: 45 }, (_, index) =>
  finding({ args: { name: `block ${index}`, below: 640, skip: 320, expects: 1920 } }),
);

/** A run of each kind that there is. */
export const REPORTS: Readonly<Record<string, Report>> = {
  empty: report([]),
  clean: report([fileReport({}), fileReport({ path: 'b/c.safetensors' })]),
  findings: report(
    [
      fileReport({ findings: [...findings, hostileFinding] }),
      fileReport({ path: 'sound.safetensors' }),
      fileReport({ path: 'noted.safetensors', findings: [{ ...hostileFinding, severity: 'note' }] }),
    ],
    'error',
    1,
  ),
  unreadable: report(
    [
      {
        path: 'gone.safetensors',
        components: [],
        findings: [],
        unchecked: [],
        failure: { kind: 'unreadable', reason: 'permission denied', hint: 'Ask its owner.' },
      },
      fileReport({ unchecked: [{ path: 'vae', reason: 'PyTorch checkpoint: not read by this version' }] }),
    ],
    'error',
    3,
  ),
  hostile: report([fileReport({ path: HOSTILE_NAME, findings: [hostileFinding] })]),
  names: report(
    HOSTILE_NAMES.map(([, name]) => namedFile(name)),
    'warning',
    1,
  ),
  ran: report(
    [
      fileReport({
        path: 'ran.safetensors',
        findings: [
          finding({
            rule: 'RUN900',
            args: { probe: 'gain' },
            place: { component: 'unet', block: 'mid_block.resnets.0' },
          }),
          finding({
            rule: 'VAL900',
            severity: 'warning',
            args: { tensor: 'conv_in.weight', values: 3 },
            place: { component: 'unet', tensor: 'conv_in.weight', bytes: { offset: 64, length: 128 } },
          }),
        ],
        details: {
          ...details(makeNet(SD1), [], 512, programs('SDXL')),
          run: runFound('it does not take the noise away'),
        },
      }),
    ],
    'error',
    1,
  ),
  merged: {
    ...report(
      [
        fileReport({ path: 'a.safetensors' }),
        {
          path: 'shard 2/2',
          components: [],
          findings: [],
          unchecked: [{ path: 'shard 2/2', reason: 'no report of this shard: 1 of 2 files are not checked' }],
        },
      ],
      'error',
      3,
    ),
    config: 'ungarble.config.yaml',
    excluded: 3,
    stale: [{ path: 'gone.safetensors', rule: 'TOPO900', fingerprint: '0123456789abcdef' }],
  },
  suppressed: report([
    fileReport({
      suppressed: [
        { finding: hostileFinding, by: 'baseline' },
        { finding: finding({}), by: 'config', reason: 'the net is meant so' },
      ],
    }),
  ]),
};

/** A file that was found at fault by one name wherever there is one. */
export function namedFile(name: string): FileReport {
  return fileReport({
    path: name,
    findings: [
      {
        ...hostileFinding,
        args: { name },
        place: { file: name, tensor: name, block: name, component: name, pointer: name },
        related: [{ file: name, tensor: name }],
      },
    ],
    suppressed: [{ finding: { ...hostileFinding, args: { name } }, by: 'config', reason: name }],
    unchecked: [{ path: name, reason: name }],
  });
}
