import { placeOf } from './support/components.ts';
import { departures } from './support/schedules.ts';
import { brief, scheduleText, toldPlace } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** The setup's noise schedule is not the one that the net was trained on. */
export const SCHED006 = defineRule<{
  setup: string;
  runs: string;
  net: string;
  from: string;
  timestep: number;
  one: string;
  other: string;
}>({
  id: 'SCHED006',
  name: 'schedule-mismatch',
  title: 'The noise schedule is not the one the net was trained on',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `The schedule says how much noise each timestep stands for. The net learnt that, and is told nothing but the timestep. With another schedule it takes the picture for more or less noisy than it is: contrast is wrong, noise is left in the background, or detail is smoothed away. Nothing fails.

What the net was trained on is known by its family's published configs or by the trainer's metadata; a net trained on a schedule of its own should say so in a config or a lock file.`,
  mend: 'Write the schedule named into the setup. If the net was really trained on another one, hold the model against a setup or a lock file that says so.',
  sources: [
    'ComfyUI issue 1998; echomimic PR 127; AnimateLCM issue 24: linear and scaled_linear',
    'Kwai-Kolors/Kolors, scheduler_config.json: 1100 steps to 0.014',
  ],
  *check(context) {
    for (const { setup, trained, parts, swapped } of departures(context)) {
      const { name, fields } = setup;
      const told = fields.beta_schedule ?? fields.trained_betas;
      if (told === undefined || swapped) continue;
      yield {
        args: {
          setup: name,
          runs: scheduleText(fields),
          net: scheduleText(trained.fields),
          from: trained.fields.beta_schedule?.from ?? '',
          timestep: parts.timestep,
          one: brief(parts.one),
          other: brief(parts.other),
        },
        place: toldPlace(told),
        related: [placeOf(context, trained.component)],
      };
    }
  },
  words: ({ setup, runs, net, from, timestep, one, other }) => ({
    what: `${setup} runs the net on another noise schedule than it was trained on`,
    found: `${runs}; they part at timestep ${timestep}: β ${other}`,
    expected: `${net} (β ${one} there)`,
    evidence: from,
  }),
});
