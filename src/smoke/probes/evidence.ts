import type { Evidence, Figures, Says } from './assessment.ts';

/** Numbers that are none are left out, for they have no place in JSON; a finding without them is not sound. */
export function make(
  probe: Evidence['probe'],
  says: Says,
  finding: string,
  measured: Figures,
  expected: Figures,
): Evidence {
  const entries = Object.entries(measured);
  const kept = entries.filter(([, value]) => typeof value === 'string' || Number.isFinite(value));
  const whole = kept.length === entries.length;
  return {
    probe,
    says: whole || says !== 'sound' ? says : 'unclear',
    finding,
    measured: Object.fromEntries(kept),
    expected,
  };
}

/** ln of how many times less a net misses in another way, from which the way that it is run in garbles. */
export const GARBLES = Math.log(1.15);
