/** Evidence of the weights: how they are wired, what runs say of what they leave open, and their numbers. Pure. */
import { leastMargin, type NumbersReading, placesOf, type WiringReading } from '../../values/index.ts';
import type { BlockFit, Evidence, ExchangeReading, Figures } from './assessment.ts';
import { GARBLES, make } from './evidence.ts';

export function wiring(reading: WiringReading | undefined): readonly Evidence[] {
  if (reading === undefined) return [];
  const evidence: Evidence[] = [];
  for (const exchange of reading.exchanged) {
    const { candidate, effect, fit } = exchange;
    const { kind } = candidate;
    const margin = leastMargin(exchange);
    const found = make('wiring', 'garbled', 'exchanged', { kind, margin, effect, fit }, {});
    evidence.push({ ...found, place: placesOf(candidate).join(' and ') });
  }
  for (const { slip, at, places, margin, effect, fit } of reading.slips) {
    const found = make('wiring', 'garbled', 'slipped', { slip, places, margin, effect, fit }, {});
    const more = at.length > 1 ? ` and ${at.length - 1} more` : '';
    evidence.push({ ...found, place: `${at[0]}${more}` });
  }
  for (const { layer, z } of reading.turned) {
    evidence.push({ ...make('wiring', 'garbled', 'turned', { z }, {}), place: layer });
  }
  const broken = reading.blocks.filter(({ verdict }) => verdict === 'inconsistent');
  // now and then the two convolutions of one sound block are at chance: by itself that tells nothing
  const alone = broken.length === 1 && broken[0]?.where === 'inside';
  for (const { block, where } of broken) {
    const figures: Figures = where === undefined ? {} : { where };
    const says = alone ? 'unclear' : 'suspicious';
    evidence.push({ ...make('wiring', says, 'inconsistent', figures, {}), place: block });
  }
  if (evidence.length > 0) return evidence;
  const consistent = reading.ports.filter(({ verdict }) => verdict === 'consistent').length;
  const figures = {
    consistent,
    ports: reading.ports.length,
    exchanges: reading.exchanges.length,
    unclear: reading.unclear.length,
  };
  return [
    consistent === 0
      ? make('wiring', 'unclear', 'unreadable', figures, {})
      : make('wiring', 'sound', 'consistent', figures, {}),
  ];
}

/** What a run says of blocks that do not fit what they are given, whatever wrote it. */
export function inputs(found: readonly BlockFit[] | undefined): readonly Evidence[] {
  if (found === undefined || found.length === 0) return [];
  const fitting = found.filter(({ verdict }) => verdict === 'fits');
  const figures = { blocks: found.length, fitting: fitting.length };
  const unfit = found.flatMap(({ block, fit, verdict }): readonly Evidence[] => {
    if (verdict !== 'unfit') return [];
    const evidence = make('inputs', 'suspicious', 'unfit', { ...figures, fit }, {});
    return [{ ...evidence, place: block }];
  });
  if (unfit.length > 0) return unfit;
  return [
    fitting.length > found.length / 2
      ? make('inputs', 'sound', 'fit', figures, {})
      : make('inputs', 'unclear', 'untold', figures, {}),
  ];
}

/**
 * What a run says of the exchanges that the weights leave open: of several that share a part only the one that mends most
 * was done. One that makes no difference to what is drawn is named, and held against nobody.
 */
export function exchanges(found: readonly ExchangeReading[] | undefined): readonly Evidence[] {
  if (found === undefined || found.length === 0) return [];
  const evidence: Evidence[] = [];
  const taken = new Set<string>();
  for (const { kind, places, margin, error = 0, fits, better } of found
    .filter(({ fits: own, better: told }) => told === 'exchanged' || isHarmless(own, told))
    .toSorted((a, b) => (b.margin ?? 0) - (a.margin ?? 0) || (a.fits?.margin ?? 0) - (b.fits?.margin ?? 0))) {
    if (places.some((place) => taken.has(place))) continue;
    for (const place of places) taken.add(place);
    const place = places.join(' and ');
    if (better === 'exchanged' && margin !== undefined && margin > 0) {
      const figures = { kind, times: Math.exp(margin), error };
      const says = margin > GARBLES ? 'garbled' : 'suspicious';
      evidence.push({ ...make('exchange', says, 'exchanged', figures, {}), place });
    } else {
      const figures = { kind, margin: -(fits?.margin ?? 0) };
      const [says, finding] =
        better === 'alike' ? (['unclear', 'harmless'] as const) : (['suspicious', 'misplaced'] as const);
      evidence.push({ ...make('exchange', says, finding, figures, {}), place });
    }
  }
  if (evidence.length > 0) return evidence;
  const count = (wanted: ExchangeReading['better']): number =>
    found.filter(({ better }) => better === wanted).length;
  const figures = {
    tried: found.length,
    fit: found.filter(({ fits }) => fits?.better === 'filed').length,
    filed: found.filter(({ fits, better }) => fits?.better !== 'filed' && better === 'filed').length,
    alike: count('alike'),
  };
  const open = count('neither');
  return [make('exchange', open > 0 ? 'unclear' : 'sound', 'as-filed', { ...figures, open }, {})];
}

function isHarmless(fits: ExchangeReading['fits'], better: ExchangeReading['better']): boolean {
  return better === 'alike' && fits?.better === 'exchanged';
}

export function numbers(reading: NumbersReading | undefined): readonly Evidence[] {
  if (reading === undefined) return [];
  const { matrices } = reading;
  const found = (['pruned', 'few', 'clipped'] as const).flatMap((what) => {
    const common = reading[what];
    return common === undefined ? [] : [make('numbers', 'suspicious', what, { matrices, ...common }, {})];
  });
  const { unbiased } = reading;
  if (unbiased !== undefined) found.push(make('numbers', 'suspicious', 'unbiased', { ...unbiased }, {}));
  if (found.length > 0 || matrices === 0) return found;
  return [make('numbers', 'sound', 'as-trained', { matrices }, {})];
}
