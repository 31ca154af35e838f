import type { Component } from '../components/component.ts';
import type { Unchecked } from '../formats/checkpoint.ts';
import type { RunEvidence } from '../rules/run-evidence.ts';
import type { Io } from './io.ts';
import { runToEnd } from './run-to-end.ts';
import type { Target } from './targets.ts';

/** What came of the probes of a target: their evidence, or why there is none. */
export interface NetRun {
  readonly evidence?: RunEvidence;
  readonly unchecked: readonly Unchecked[];
}

/**
 * Runs the probes on a target's net, in a process of its own. A file without a net has nothing to run, and nothing of
 * it is left unchecked.
 */
export async function runNet(
  { path, transfer }: Target,
  components: readonly Component[],
  io: Io,
  told: (what: string) => void,
): Promise<NetRun> {
  if (!components.some(({ kind, net }) => kind === 'unet' && net !== undefined)) return { unchecked: [] };
  const cannot = (reason: string): NetRun => ({ unchecked: [{ path, reason: `not run: ${reason}` }] });
  if (transfer !== undefined) return cannot('the weights are not on this machine');
  const request = {
    path,
    cwd: io.cwd,
    run: {},
    device: 'auto',
    force: false,
    probes: true,
    thorough: false,
    draws: false,
  } as const;
  const last = await runToEnd(request, io, (event) => {
    if (event.kind === 'stage') told(event.text);
  });
  if (last?.kind === 'failed') return cannot(last.reason);
  const verdict = last?.kind === 'done' ? last.report.verdict : undefined;
  if (verdict === undefined) throw new Error('a run ended without a verdict');
  return { evidence: verdict, unchecked: unjudged(verdict, path) };
}

/** A net of which too little could be measured was not checked, whatever else was found. */
function unjudged({ assessment }: RunEvidence, path: string): readonly Unchecked[] {
  if (assessment.verdict !== 'unjudged') return [];
  const reasons = assessment.unjudged.map(({ probe, reason }) => `${probe.replaceAll('_', ' ')}: ${reason}`);
  const why = reasons.length === 0 ? 'too little could be measured' : reasons.join('; ');
  return [{ path, reason: `run, and not judged: ${why}` }];
}
