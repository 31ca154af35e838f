/** The sides that a lock is held against: what the model says of its training, its folder, and every setup. */
import type { Setup } from '../../setup/setup.ts';
import { runsOf, trainedOf } from './setups.ts';
import type { RuleContext } from '../rule.ts';

/** Each side with what it tells. Assumptions about a family are no side of a contract. */
export function sidesOf(context: RuleContext): readonly Setup[] {
  const trained = trainedOf(context);
  const said = Object.fromEntries(
    Object.entries(trained?.fields ?? {}).filter(
      ([, told]) => told.known !== 'convention' || isTrainer(told.from),
    ),
  );
  const training: Setup = { name: context.checkpoint.path, program: 'training', fields: said, notes: [] };
  return [training, ...runsOf(context)].filter(({ fields }) => Object.keys(fields).length > 0);
}

/** What a trainer does without writing it down is as good as written. */
function isTrainer(from: string): boolean {
  return from.startsWith('sd-scripts');
}
