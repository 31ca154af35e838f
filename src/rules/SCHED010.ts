import { isDefault, isLatent, runsOf, saying, toldPlace, trainedOf } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** Diffusers' `leading` timesteps without Stable Diffusion's offset of one. */
export const SCHED010 = defineRule<{ setup: string; offset: string; left: boolean }>({
  id: 'SCHED010',
  name: 'steps-offset',
  title: 'The timesteps begin at 0 where Stable Diffusion begins at 1',
  severity: 'warning',
  evidence: 'config',
  since: '0.1.0',
  why: `Stable Diffusion was sampled at timesteps 1, 51, 101 …; diffusers' classes count from 0 unless \`steps_offset\` is 1. With 0 the last step runs at a timestep that is nearly clean, the first one does not reach as far: fine noise stays in the picture, image-to-image starts one step off. Diffusers corrects this key only for pipelines of some age, and says so in a warning.`,
  mend: 'Write `"steps_offset": 1` into scheduler_config.json.',
  sources: [
    'diffusers, pipeline_stable_diffusion.py: the deprecation of steps_offset != 1',
    'diffusers PR 479, 3947, 11347; issue 3116',
    'CompVis/stable-diffusion, ldm/models/diffusion/ddim.py, make_ddim_timesteps',
  ],
  *check(context) {
    const trained = trainedOf(context);
    if (trained === undefined || !isLatent(trained)) return;
    for (const { name, fields, program } of runsOf(context)) {
      const offset = fields.steps_offset;
      if (program !== 'diffusers' || offset?.value !== 0 || fields.timestep_spacing?.value !== 'leading')
        continue;
      yield {
        args: { setup: name, offset: saying(offset), left: isDefault(offset) },
        place: toldPlace(offset),
      };
    }
  },
  words: ({ setup, offset, left }) => ({
    what: `${setup} counts its timesteps from 0`,
    found: left ? `nothing; ${offset}` : offset,
    expected: '1',
  }),
});
