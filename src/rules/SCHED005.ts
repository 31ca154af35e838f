import { isDefault, runsOf, saying, toldPlace } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** Zero terminal SNR, and sampling does not begin at the last timestep. */
export const SCHED005 = defineRule<{ setup: string; spacing: string; left: boolean }>({
  id: 'SCHED005',
  name: 'zero-snr-spacing',
  title: 'Sampling does not begin at the timestep that zero terminal SNR is about',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `\`leading\` spacing counts up from the first timestep in whole strides: with 20 steps it begins at 951 of 1000. The last timestep, the one that holds pure noise, is never run, and the rescaling is for nothing: the start is pure noise, and the net is told that some picture is left in it. Colours come out washed. \`trailing\` begins at the last timestep; so does \`linspace\`.`,
  mend: 'Set `timestep_spacing` to `trailing`. In ComfyUI use any scheduler but ddim_uniform; in AUTOMATIC1111 a sampler other than DDIM, PLMS and UniPC.',
  sources: [
    'Lin et al. 2023, section 3.3 and table 2',
    'SimpleTuner issue 195',
    'ComfyUI, comfy/samplers.py, ddim_scheduler',
  ],
  *check(context) {
    for (const { name, fields } of runsOf(context)) {
      const spacing = fields.timestep_spacing;
      if (fields.rescale_betas_zero_snr?.value !== true || spacing?.value !== 'leading') continue;
      yield {
        args: { setup: name, spacing: saying(spacing), left: isDefault(spacing) },
        place: toldPlace(spacing),
      };
    }
  },
  words: ({ setup, spacing, left }) => ({
    what: `${setup} rescales to zero terminal SNR and begins before the last timestep`,
    found: left ? `${spacing}, which nothing overrides` : spacing,
    expected: 'trailing',
  }),
});
