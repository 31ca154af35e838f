/** Exchanges that the weights leave open: what a run says of them. */
import type { Net } from '../../topology/net.ts';
import {
  type Candidate,
  isExchanged,
  placesOf,
  TOLD_EFFECT,
  TOLD_MARGIN,
  TOLD_SHARE,
  type WeighedExchange,
} from '../../values/index.ts';
import type { ExchangeReading, Unjudged } from './assessment.ts';
import { type Duel, duels } from './duel.ts';
import { MINUTES } from './effort.ts';
import { exchanged } from './exchanged.ts';
import { type FitTrial, inputFits } from './input-fits.ts';
import type { Inputs } from './inputs.ts';
import type { Run } from './last-layer.ts';
import type { Variants } from './variants.ts';

/** Exchanges that are tried, the least sure first: of a net whose weights say nothing all are open. */
const MOST_EXCHANGES = 48;

/** … of which so many are run both ways: each takes some 700 runs. */
const MOST_DUELS = 24;

const BETTER = {
  own: 'filed',
  other: 'exchanged',
  alike: 'alike',
  neither: 'neither',
} as const satisfies Record<Duel['better'], ExchangeReading['better']>;

interface Trial extends FitTrial {
  readonly candidate: Candidate;
}

/**
 * Is the net wired as filed, or with two of its parts exchanged? What the layers fit better as filed is told by that. The
 * rest is run both ways, where that can be borne: what denoises better is right, whatever fits.
 * @param inputs what the layers of all blocks are given as filed
 * @param candidates what the weights leave open, the least sure first; at most `MOST_EXCHANGES` are tried, and of
 *   those that are open then the `MOST_DUELS` that fit worst are run both ways
 * @param patient whether there is time for duels
 */
export async function settleExchanges(
  variants: Variants,
  net: Net,
  run: Run,
  inputs: Inputs,
  candidates: readonly Candidate[],
  patient: boolean,
): Promise<readonly ExchangeReading[]> {
  const trials = candidates.slice(0, MOST_EXCHANGES).flatMap((candidate): readonly Trial[] => {
    const pieces = exchanged(net, candidate);
    return pieces === undefined ? [] : [{ candidate, otherwise: { pieces }, places: placesOf(candidate) }];
  });
  const fits = (await inputFits(variants, net, inputs, trials)).map(fitOf);
  const marginOf = (trial: Trial): number => fits[trials.indexOf(trial)]?.margin ?? 0;
  const open = trials
    .filter((_, index) => fits[index]?.better !== 'filed')
    .toSorted((a, b) => marginOf(a) - marginOf(b))
    .slice(0, MOST_DUELS);
  const ways = patient ? open.map(({ otherwise }) => otherwise) : [];
  const fought = await duels(variants, run, ways);
  return trials.map((trial, index) => readingOf(trial, fits[index], fought[open.indexOf(trial)]));
}

/**
 * What stays open because it was not run.
 * @param open how many exchanges the weights leave open
 * @param patient whether there was time for duels
 */
export function untried(
  open: number,
  found: readonly ExchangeReading[],
  patient: boolean,
): readonly Unjudged[] {
  const reasons: string[] = [];
  const unfought = found.filter(({ better, moved }) => better === 'neither' && moved === undefined).length;
  const why = patient ? `at most ${MOST_DUELS} are` : MINUTES;
  if (unfought > 0) reasons.push(`${unfought} that their layers do not tell were not run both ways: ${why}`);
  if (open > MOST_EXCHANGES)
    reasons.push(`the weights leave ${open} open, of which the ${MOST_EXCHANGES} least sure were tried`);
  return reasons.map((reason) => ({ probe: 'exchange', reason }));
}

/** Told as filed by the same bounds: what a sound net shows of a pair is what would be seen of the damage. */
function fitOf(fit: WeighedExchange | undefined): ExchangeReading['fits'] {
  if (fit === undefined) return undefined;
  const { margin, effect, total } = fit;
  const filed = margin >= Math.max(TOLD_MARGIN, TOLD_SHARE * total) && effect >= TOLD_EFFECT;
  return { margin, effect, better: isExchanged(fit) ? 'exchanged' : filed ? 'filed' : 'neither' };
}

function readingOf(
  { candidate: { kind }, places }: Trial,
  fits: ExchangeReading['fits'],
  duel: Duel | undefined,
): ExchangeReading {
  const own = fits === undefined ? { kind, places } : { kind, places, fits };
  const byFit = fits?.better ?? 'neither';
  if (duel === undefined) return { ...own, better: byFit };
  const { better, ...figures } = duel;
  // a run that tells nothing does not speak against what the layers fit
  return { ...own, ...figures, better: better === 'neither' ? byFit : BETTER[better] };
}
