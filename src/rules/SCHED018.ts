import { LOCK_KEYS } from '../setup/lock.ts';
import { SCHEDULE_KEYS } from '../setup/setup.ts';
import { sidesOf } from './support/locks.ts';
import { saying, toldPlace, valueText } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** What the schedule is made of is SCHED017's matter. */
const OF_THE_SCHEDULE: ReadonlySet<string> = new Set(SCHEDULE_KEYS);

/** A picture's size is chosen at each run; the size of training is not. */
const CHOSEN: ReadonlySet<string> = new Set(['resolution']);

/** A setting that training and inference must agree on is not as it was locked. */
export const SCHED018 = defineRule<{ side: string; lock: string; key: string; now: string; locked: string }>({
  id: 'SCHED018',
  name: 'setting-not-as-locked',
  title: 'A setting is not as it was locked',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `A lock file holds what training and inference must agree on beside the schedule: what the net predicts, how timesteps are spaced, the scale of the latent, which layer of the text encoder is read. Each of them garbles pictures without an error when only one side changes it.`,
  mend: 'Put the setting back as it was locked. If it was changed on purpose, on both sides, write a new lock with `ungarble pin`.',
  sources: ['`ungarble pin`, schemas/lock.schema.json'],
  *check(context) {
    for (const lock of context.locks ?? []) {
      for (const { name, fields, program } of sidesOf(context)) {
        for (const key of LOCK_KEYS) {
          const [now, then] = [fields[key], lock.setup.fields[key]];
          if (OF_THE_SCHEDULE.has(key) || now === undefined || then === undefined) continue;
          if (CHOSEN.has(key) && program !== 'training') continue;
          if (valueText(now.value) === valueText(then.value)) continue;
          yield {
            args: { side: name, lock: lock.path, key, now: saying(now), locked: valueText(then.value) },
            place: toldPlace(now),
            related: [{ file: lock.path, pointer: `/setup/${key}` }],
          };
        }
      }
    }
  },
  words: ({ side, lock, key, now, locked }) => ({
    what: `${key} of ${side} is not that of ${lock}`,
    found: now,
    expected: locked,
  }),
});
