/** Exchanges that the weights leave open, each run both ways. */
import type { Net } from '../../topology/net.ts';
import type { Candidate } from '../../values/index.ts';
import type { ExchangeReading } from './assessment.ts';
import { type Duel, duels } from './duel.ts';
import { exchanged } from './exchanged.ts';
import type { Run } from './last-layer.ts';
import type { Variants } from './variants.ts';

/** Exchanges that are tried, the least sure first: of a net whose weights say nothing all are open. */
const MOST = 24;

const BETTER = {
  own: 'filed',
  other: 'exchanged',
  alike: 'alike',
  neither: 'neither',
} as const satisfies Record<Duel['better'], ExchangeReading['better']>;

/**
 * Does the net denoise better as filed, or exchanged?
 * @param candidates what the weights leave open, the least sure first
 */
export async function settleExchanges(
  variants: Variants,
  net: Net,
  run: Run,
  candidates: readonly Candidate[],
): Promise<readonly ExchangeReading[]> {
  const trials = candidates.slice(0, MOST).flatMap((candidate) => {
    const pieces = exchanged(net, candidate);
    return pieces === undefined ? [] : [{ candidate, pieces }];
  });
  const found = await duels(
    variants,
    run,
    trials.map(({ pieces }) => ({ pieces })),
  );
  const readings: ExchangeReading[] = [];
  for (const [index, { candidate }] of trials.entries()) {
    const { better, ...figures } = found[index] as Duel;
    const { kind, a } = candidate;
    const places = kind === 'halves' ? [a] : [a, candidate.b];
    readings.push({ kind, places, ...figures, better: BETTER[better] });
  }
  return readings;
}
