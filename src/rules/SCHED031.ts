import { describeSchedule, knownSchedules } from '../schedule/fingerprint.ts';
import { defineRule } from './rule.ts';
import { netPlace, said } from './support/run.ts';

/** The noise levels read off the net are not those of the schedule that it would be run on. */
export const SCHED031 = defineRule<{
  read: string;
  off: number;
  grave: boolean;
  others: readonly string[];
}>({
  id: 'SCHED031',
  name: 'schedule-measured',
  title: 'The net was trained on another noise schedule than it would be run on',
  severity: 'error',
  evidence: 'run',
  since: '0.1.0',
  why: `A net learns how much noise each timestep stands for, and divides by it. Run on another schedule it takes too much or too little away at every step: pictures that are flat, grainy or burnt, and no error. The usual ways to get there are a config that was lost, so that the defaults of its class step in (linear, 0.0001 to 0.02), and the word \`linear\`, which one program takes for diffusers' \`scaled_linear\` and another for \`linear\`.

Here the net itself was asked at which noise level it neither over- nor underestimates the noise, for a row of timesteps. Small distances are a warning: they cost quality, and a net of little training shows them too.`,
  mend: 'Run the net on the schedule that was read off it: `beta_schedule`, `beta_start` and `beta_end` in scheduler_config.json, or the YAML beside the file.',
  sources: ['docs/how-it-knows.md, "Schedule"', 'diffusers scheduling_ddim.py: the defaults of its class'],
  *check(context) {
    const { run } = context;
    const differs = run?.evidence.find(
      ({ evidence }) =>
        evidence.probe === 'schedule' && (evidence.says === 'garbled' || evidence.says === 'suspicious'),
    );
    const reading = run?.assessment.read.schedule;
    if (run === undefined || differs === undefined || reading === undefined) return;
    const nearest = knownSchedules.find(({ id }) => id === reading.nearest);
    const grave = differs.evidence.says === 'garbled';
    yield {
      args: {
        read: nearest === undefined ? 'like none that is known' : `that of ${describeSchedule(nearest)}`,
        off: reading.declared,
        grave,
        others: said(run, 'schedule'),
      },
      place: netPlace(context),
      ...(grave ? {} : { severity: 'warning' as const }),
    };
  },
  words: ({ read, off, others }) => ({
    what: 'the net was trained on another noise schedule than it would be run on',
    found: `its schedule is ${read}; its noise levels are ${Math.round(100 * off)} % off those it would be run on`,
    expected: 'one schedule in training and use',
    ...(others.length === 0 ? {} : { evidence: `who says what: ${others.join('; ')}` }),
  }),
});
