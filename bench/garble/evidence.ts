/** What the program itself says of a model: all that `validate --values` and the smoke test's probes find. */
import type { Workspace } from '../../src/bytes/workspace.ts';
import type { Finding } from '../../src/rules/rule.ts';
import { validateCheckpoint } from '../../src/rules/validate.ts';
import { assess, type Evidence } from '../../src/smoke/probes/index.ts';
import type { Session } from '../../src/smoke/session.ts';
import { readValues } from '../../src/values/read-values.ts';

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

export async function judge(session: Session, workspace: Workspace): Promise<Judgement> {
  const start = performance.now();
  const { checkpoint } = session;
  const { findings, values } = await validateCheckpoint(checkpoint, {
    readValues: (components) =>
      readValues(checkpoint, components, { open: (file) => workspace.source(file), wiring: true }),
  });
  const wiring = values?.nets[0]?.wiring;
  const found = await assess(session, wiring === undefined ? {} : { wiring: Promise.resolve(wiring) });
  const told = [...found.evidence.flatMap(probeTold), ...findings.flatMap(ruleTold)];
  return {
    called: told.some(({ grave }) => grave) ? 'garbled' : told.length > 0 ? 'suspicious' : found.verdict,
    told,
    seconds: (performance.now() - start) / 1000,
    forwards: found.forwards,
  };
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
