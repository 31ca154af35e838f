import { parting, scheduleOf } from '../setup/trained.ts';
import { sidesOf } from './support/locks.ts';
import { brief, scheduleText, toldPlace } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** The noise schedule is not the one that the lock file holds. */
export const SCHED017 = defineRule<{
  side: string;
  lock: string;
  now: string;
  locked: string;
  timestep: number;
  one: string;
  other: string;
}>({
  id: 'SCHED017',
  name: 'schedule-not-as-locked',
  title: 'The noise schedule is not the one that was locked',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `A lock file holds the schedule that training and inference agreed on. One of the two has changed since: from the timestep named on, the net is told another noise level than it was trained on. That is never seen in a log and always in the pictures.`,
  mend: 'Put the schedule back as it was locked. If it was changed on purpose, on both sides, write a new lock with `ungarble pin`.',
  sources: ['`ungarble pin`, schemas/lock.schema.json'],
  *check(context) {
    for (const lock of context.locks ?? []) {
      const then = scheduleOf(lock.setup.fields);
      if (then === undefined) continue;
      for (const { name, fields } of sidesOf(context)) {
        const now = scheduleOf(fields);
        const told = fields.beta_schedule ?? fields.trained_betas;
        const parts = now === undefined ? undefined : parting(then, now);
        if (parts === undefined || told === undefined) continue;
        yield {
          args: {
            side: name,
            lock: lock.path,
            now: scheduleText(fields),
            locked: scheduleText(lock.setup.fields),
            timestep: parts.timestep,
            one: brief(parts.one),
            other: brief(parts.other),
          },
          place: toldPlace(told),
          related: [{ file: lock.path, pointer: '/schedule' }],
        };
      }
    }
  },
  words: ({ side, lock, now, locked, timestep, one, other }) => ({
    what: `the schedule of ${side} is not the one of ${lock}`,
    found: `${now}; they part at timestep ${timestep}: β ${other}`,
    expected: `${locked} (β ${one} there)`,
  }),
});
