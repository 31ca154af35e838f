/** What the VAL rules on all matrices of a component share. */
import type { Common, NumbersReading } from '../../values/read-numbers.ts';
import type { Draft, RuleContext } from '../rule.ts';
import { nameOf, placeOf } from './components.ts';

/** Matrices of a component that show something, of all that were looked at, and how much of it in the middle of them. */
export type CommonArgs = {
  readonly component: string;
  readonly count: number;
  readonly of: number;
  readonly median: number;
};

/** Components most of whose matrices have something in common. */
export function* inMost(
  context: RuleContext,
  what: (reading: NumbersReading) => Common | undefined,
): Generator<Draft<CommonArgs>> {
  for (const [component, reading] of context.values?.numbers ?? []) {
    const common = what(reading);
    if (common === undefined) continue;
    yield {
      args: { component: nameOf(component), ...common, of: reading.matrices },
      place: placeOf(context, component),
    };
  }
}

/** How these rules know what they say. */
export const SAMPLE_EVIDENCE =
  'measured on 8192 numbers of each matrix, evenly spread, or on all of a small one';
