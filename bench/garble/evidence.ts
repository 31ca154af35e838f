/** What the program itself says of a model: all that `validate --values` and the smoke test's probes find. */
import type { Workspace } from '../../src/bytes/workspace.ts';
import type { Finding } from '../../src/rules/rule.ts';
import { validateCheckpoint } from '../../src/rules/validate.ts';
import { assess, type Evidence } from '../../src/smoke/probes/index.ts';
import { judge as judgeMeasured } from '../../src/smoke/probes/judge.ts';
import type { Session } from '../../src/smoke/session.ts';
import { readValues } from '../../src/values/read-values.ts';
import type { givenFor } from './validation.ts';

/** One thing that speaks against a model. */
export interface Told {
  /** Name of a probe, or a rule's area: `FMT`, `VAL` … */
  readonly by: string;
  readonly grave: boolean;
  /** Finding of the probe, or the rule's id. */
  readonly finding: string;
  readonly place?: string;
}

export type Called = 'sound' | 'suspicious' | 'garbled' | 'unjudged' | 'refused';

export interface Judgement {
  /** Of the probes and the values together. */
  readonly called: Called;
  readonly told: readonly Told[];
  readonly seconds: number;
  readonly forwards: number;
}

/** Rules that speak of garbling; the others tell who can read a file, and how. */
const AREAS = new Set(['FMT', 'TOPO', 'VAL']);

/** Evidence of the weights alone. */
const OF_WEIGHTS = new Set<string>([...AREAS, 'wiring', 'numbers']);

/**
 * @param given what the net is fed beside its latents
 * @param thorough whether large nets are probed in every way too
 * @param kept what was found before: its probes are taken as they are, and only the weights are read anew
 */
export async function judge(
  session: Session,
  workspace: Workspace,
  given: ReturnType<typeof givenFor>,
  thorough: boolean,
  kept?: Judgement,
): Promise<Judgement> {
  const start = performance.now();
  const { checkpoint } = session;
  const { findings, values } = await validateCheckpoint(checkpoint, {
    readValues: (components) =>
      readValues(checkpoint, components, { open: (file) => workspace.source(file), wiring: true }),
  });
  const [net] = values?.nets ?? [];
  const wiring = net?.wiring;
  const numbers = net === undefined ? undefined : values?.numbers.get(net.component);
  const ofWeights = {
    ...(wiring === undefined ? {} : { wiring }),
    ...(numbers === undefined ? {} : { numbers }),
  };
  const rules = findings.flatMap(ruleTold);
  if (kept !== undefined) {
    const probes = kept.told.filter(({ by }) => !OF_WEIGHTS.has(by));
    const { evidence } = judgeMeasured({ declared: 'epsilon', activations: [], ...ofWeights });
    const told = [...probes, ...evidence.flatMap(probeTold), ...rules];
    const silent = kept.called === 'sound' ? 'sound' : 'unjudged';
    return { called: calledBy(told) ?? silent, told, seconds: kept.seconds, forwards: kept.forwards };
  }
  const found = await assess(session, {
    ...given,
    thorough,
    ...(wiring === undefined ? {} : { wiring: Promise.resolve(wiring) }),
    ...(numbers === undefined ? {} : { numbers: Promise.resolve(numbers) }),
  });
  const told = [...found.evidence.flatMap(probeTold), ...rules];
  return {
    called: calledBy(told) ?? found.verdict,
    told,
    seconds: (performance.now() - start) / 1000,
    forwards: found.forwards,
  };
}

function calledBy(told: readonly Told[]): Called | undefined {
  if (told.length === 0) return undefined;
  return told.some(({ grave }) => grave) ? 'garbled' : 'suspicious';
}

function probeTold({ probe, says, finding, place }: Evidence): readonly Told[] {
  if (says !== 'garbled' && says !== 'suspicious') return [];
  const where = place === undefined ? {} : { place };
  return [{ by: probe, grave: says === 'garbled', finding, ...where }];
}

function ruleTold({ rule, severity, place }: Finding): readonly Told[] {
  const by = rule.replace(/\d+$/, '');
  if (!AREAS.has(by) || severity === 'note') return [];
  const where = place.block ?? place.tensor;
  return [
    { by, grave: severity === 'error', finding: rule, ...(where === undefined ? {} : { place: where }) },
  ];
}
