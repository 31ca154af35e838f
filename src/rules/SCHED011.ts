import { isDefault, isLatent, runsOf, saying, toldPlace, trainedOf } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** The schedulers whose last step goes to ᾱ = 1 or to the first timestep. LCM's nets are trained for the former. */
const CLASSES: ReadonlySet<string> = new Set(['DDIMScheduler', 'PNDMScheduler']);

/** The last step goes to a noise level below any that the net has seen. */
export const SCHED011 = defineRule<{ setup: string; value: string; left: boolean }>({
  id: 'SCHED011',
  name: 'alpha-to-one',
  title: 'The last step ends at a noise level the net was not trained on',
  severity: 'warning',
  evidence: 'config',
  since: '0.1.0',
  why: `The last step of DDIM and PNDM ends either at no noise at all (\`set_alpha_to_one: true\`, the default of DDIM) or at the noise of the first training timestep (false), as Stable Diffusion's own sampler does. With true the last step is a little too long: faint artefacts in flat areas, most with few steps.`,
  mend: 'Write `"set_alpha_to_one": false` into scheduler_config.json.',
  sources: [
    'runwayml/stable-diffusion-v1-5, scheduler_config.json',
    'diffusers, scheduling_ddim.py, final_alpha_cumprod',
    'CompVis/stable-diffusion, ldm/modules/diffusionmodules/util.py, make_ddim_sampling_parameters',
  ],
  *check(context) {
    const trained = trainedOf(context);
    if (trained === undefined || !isLatent(trained)) return;
    for (const { name, fields } of runsOf(context)) {
      const told = fields.set_alpha_to_one;
      if (told?.value !== true || !CLASSES.has(fields.sampler?.value ?? '')) continue;
      // ᾱ of the last step to zero terminal SNR is the authors' own choice
      if (fields.rescale_betas_zero_snr?.value === true) continue;
      yield { args: { setup: name, value: saying(told), left: isDefault(told) }, place: toldPlace(told) };
    }
  },
  words: ({ setup, value, left }) => ({
    what: `${setup} ends its last step at no noise at all`,
    found: left ? `nothing; ${value}` : value,
    expected: 'false',
  }),
});
