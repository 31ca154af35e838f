/** Every size that a model is to draw at: the one asked for, and those of its setups. */
import { liveNets, placeOf } from './components.ts';
import { isDefault, toldPlace } from './setups.ts';
import type { FindingPlace, RuleContext } from '../rule.ts';

export interface DrawnAt {
  readonly size: Size;
  /** Who asks for it, in words. */
  readonly by: string;
  readonly place: FindingPlace;
  /** Absent where the user asked on the command line. */
  readonly setup?: string;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A picture with less than half, or more than twice, the pixels of training is outside of what the net has seen. */
export function isFarFrom(trained: Size, size: Size): boolean {
  const ratio = (size.width * size.height) / (trained.width * trained.height);
  return !(ratio >= 0.5 && ratio <= 2);
}

export function drawnAt(context: RuleContext): readonly DrawnAt[] {
  const { resolution, setups = [] } = context;
  const [live] = liveNets(context);
  const place = live === undefined ? { file: context.checkpoint.path } : placeOf(context, live.component);
  return [
    ...(resolution === undefined ? [] : [{ size: resolution, by: 'asked for', place }]),
    ...setups.flatMap(({ name, fields }) => {
      const told = fields.resolution;
      // what a program assumes is taken from the model itself
      return told === undefined || isDefault(told)
        ? []
        : [{ size: told.value, by: `of ${name}`, place: toldPlace(told), setup: name }];
    }),
  ];
}
