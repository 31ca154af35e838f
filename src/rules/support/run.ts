/** What the RUN rules share: evidence of the probes as findings. */
import type { ComponentKind } from '../../components/component.ts';
import type { Subject } from '../../setup/witnesses.ts';
import type { Evidence } from '../../smoke/probes/assessment.ts';
import type { RunEvidence } from '../run-evidence.ts';
import type { Draft, FindingPlace, RuleContext, Severity } from '../rule.ts';
import { liveNets, ofKind, placeOf } from './components.ts';

/** The arguments of a finding that a probe made. */
export interface ProbeArgs {
  /** What was measured, in a sentence. */
  readonly said: string;
  /** Which of the probe's findings it is. */
  readonly finding: string;
  readonly [key: string]: string;
}

const SEVERITIES: ReadonlyMap<Evidence['says'], Severity> = new Map([
  ['garbled', 'error'],
  ['suspicious', 'warning'],
]);

/** What the named probes hold against the net: an error where it garbles, a warning where it may. */
export function* against(
  context: RuleContext,
  ...probes: readonly Evidence['probe'][]
): Generator<Draft<ProbeArgs>> {
  for (const { evidence, words } of context.run?.evidence ?? []) {
    const severity = SEVERITIES.get(evidence.says);
    if (severity === undefined || !probes.includes(evidence.probe)) continue;
    yield {
      args: { said: words, finding: evidence.finding },
      place: placeOfEvidence(context, evidence),
      severity,
    };
  }
}

/** Probes of what stands beside the net. */
const BESIDE: ReadonlyMap<Evidence['probe'], ComponentKind> = new Map([
  ['text_encoder', 'text_encoder'],
  ['autoencoder', 'vae'],
]);

function placeOfEvidence(context: RuleContext, { probe, place }: Evidence): FindingPlace {
  const kind = BESIDE.get(probe);
  if (kind === undefined) return netPlace(context, place);
  const parts = ofKind(context, kind);
  const part = parts.find(({ title }) => title === place) ?? parts[0];
  return part === undefined ? netPlace(context) : placeOf(context, part);
}

/** The net that was run, and the block in it that is to blame. */
export function netPlace(context: RuleContext, block?: string): FindingPlace {
  const [live] = liveNets(context);
  const net = live === undefined ? { component: 'unet' } : placeOf(context, live.component);
  return block === undefined ? net : { ...net, block };
}

/** Who says what of a subject: `epsilon: scheduler_config.json prediction_type (declared)`. */
export function said({ witnesses }: RunEvidence, subject: Subject): readonly string[] {
  return witnesses
    .filter(({ about }) => about === subject)
    .map(({ value, known, from }) => `${value}: ${from} (${known})`);
}
