/** How much better a net fits as it is filed than with something in it exchanged. */
export interface Weighed {
  /** Σ over the layers that it touches of atanh(r)·√(n(n−3)/2), as filed minus exchanged. */
  readonly margin: number;
  /** The same without the factor for the number of channels: the size of the effect, whatever the width. */
  readonly effect: number;
  /** Margin and effect of the directions of kernels, where the layers that it touches have kernels. */
  readonly directed?: { readonly margin: number; readonly effect: number };
  /** How well the layers that it touches fit once exchanged: Σ/√L over L of them, in standard deviations of chance. */
  readonly fit: number;
}

/** An exchange is told, either way, where the margin is so many standard deviations of chance … */
export const TOLD_MARGIN = 4;

/** … and the effect is so large whatever the width: small ones are the model's own error. */
export const TOLD_EFFECT = 0.08;

/**
 * … and, for it to be told as done, the exchanged layers fit by so many. Where nothing fits, as in a net that was never
 * trained, margins are differences of chance.
 */
const TOLD_FIT = 5;

/** Whether the weights say which of the two it is. */
export function isTold(weighed: Weighed): boolean {
  const filed = ({ margin, effect }: Sides): boolean => margin >= TOLD_MARGIN && effect >= TOLD_EFFECT;
  return isDone(weighed) || sidesOf(weighed).some(filed);
}

/** Whether they say that it was done. */
export function isDone(weighed: Weighed): boolean {
  return isDoneBy(weighed, TOLD_EFFECT);
}

/** The same where effects are told from another size on. */
export function isDoneBy(weighed: Weighed, least: number): boolean {
  const done = ({ margin, effect }: Sides): boolean => margin <= -TOLD_MARGIN && effect <= -least;
  return weighed.fit >= TOLD_FIT && sidesOf(weighed).some(done);
}

/** The margin of what mends most, that of directions counted where there are any. */
export function leastMargin(weighed: Weighed): number {
  return Math.min(...sidesOf(weighed).map(({ margin }) => margin));
}

type Sides = Pick<Weighed, 'margin' | 'effect'>;

/** By the patterns alone, and together with the directions: what either tells is told. */
function sidesOf({ margin, effect, directed }: Weighed): readonly Sides[] {
  if (directed === undefined) return [{ margin, effect }];
  return [
    { margin, effect },
    { margin: margin + directed.margin, effect: effect + directed.effect },
  ];
}
