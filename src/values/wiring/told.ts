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

/** The same of an exchange, which may leave as much between layers as their own faults do. */
export interface WeighedExchange extends Weighed {
  /** Σ of the fits of all layers that it touches, as filed or exchanged: the larger of the two. */
  readonly total: number;
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

/**
 * … and the margin is such a share of all that the layers fit. The longer a net was trained, and the stronger its weights decayed,
 * the better everything fits, and with it grows what neighbours fit each other's place better by: sound nets showed 0.062.
 */
export const TOLD_SHARE = 0.08;

/** Whether the weights say which of the two it is. */
export function isTold(weighed: WeighedExchange): boolean {
  const filed = ({ margin, effect }: Sides): boolean => margin >= TOLD_MARGIN && effect >= TOLD_EFFECT;
  return isExchanged(weighed) || sidesOf(weighed).some(filed);
}

/** Whether an exchange was done. */
export function isExchanged(weighed: WeighedExchange): boolean {
  return isDone(weighed) && -leastMargin(weighed) >= TOLD_SHARE * weighed.total;
}

/** Whether they say that it was done, however small it is beside all that fits. */
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
