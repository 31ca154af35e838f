/** Every size that a model is to draw at: the one asked for, and those of its setups. */
import { liveNets, placeOf } from './components.ts';
import { isDefault, toldPlace } from './setups.ts';
import type { FindingPlace, RuleContext } from '../rule.ts';

export interface DrawnAt {
  readonly size: { readonly width: number; readonly height: number };
  /** Who asks for it, in words. */
  readonly by: string;
  readonly place: FindingPlace;
  /** Absent where the user asked on the command line. */
  readonly setup?: string;
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
