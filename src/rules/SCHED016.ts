import { runsOf, saying, toldPlace } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** DDIM's stride does not fit the timesteps that its spacing picks. */
export const SCHED016 = defineRule<{ setup: string; found: string; why: string }>({
  id: 'SCHED016',
  name: 'ddim-stride-mismatch',
  title: 'DDIM steps end at other noise levels than the next ones begin from',
  severity: 'warning',
  evidence: 'config',
  since: '0.1.0',
  why: `Diffusers' DDIM goes down by a fixed stride, the training timesteps divided by the steps and rounded down, whatever spacing picked the timesteps. With \`linspace\`, whose timesteps lie a little further apart, and with a number of steps that does not divide them, each step ends at another noise level than the next one takes for granted: slight blur and left-over noise at the end.`,
  mend: 'Use `leading` or `trailing` spacing, and a number of steps that divides the training timesteps (20, 25, 40, 50 of 1000).',
  sources: ['diffusers, scheduling_ddim.py, step: prev_timestep', 'diffusers PR 12633, 11347'],
  *check(context) {
    for (const { name, fields } of runsOf(context)) {
      if (fields.sampler?.value !== 'DDIMScheduler') continue;
      const { timestep_spacing: spacing, steps, num_train_timesteps: total } = fields;
      if (spacing?.value === 'linspace') {
        const why = 'leading or trailing spacing';
        yield { args: { setup: name, found: saying(spacing), why }, place: toldPlace(spacing) };
      } else if (steps !== undefined && total !== undefined && total.value % steps.value !== 0) {
        const why = `a number of steps that divides ${total.value}`;
        yield { args: { setup: name, found: `${saying(steps)} steps`, why }, place: toldPlace(steps) };
      }
    }
  },
  words: ({ setup, found, why }) => ({
    what: `the steps of ${setup} do not meet: DDIM's stride is not theirs`,
    found,
    expected: why,
  }),
});
