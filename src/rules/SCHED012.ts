import { isDefault, isLatent, runsOf, saying, toldPlace, trainedOf } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** Latents are clipped to ±1 at every step, as only pixels may be. */
export const SCHED012 = defineRule<{ setup: string; value: string; left: boolean }>({
  id: 'SCHED012',
  name: 'latent-clipped',
  title: 'The latent is clipped at every step',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `Pixels lie between −1 and 1, and samplers for nets on pixels may clip what they predict to that range. Latents have no such range: those of Stable Diffusion reach ±4 and more. DDIM and DDPM clip unless they are told not to (\`clip_sample\` is true by default), and pictures come out flat and grey, with the last steps full of artefacts.`,
  mend: 'Write `"clip_sample": false` into scheduler_config.json.',
  sources: [
    'diffusers, scheduling_ddim.py and scheduling_ddpm.py: clip_sample is true by default',
    'diffusers, pipeline_stable_diffusion.py: the deprecation of clip_sample',
  ],
  *check(context) {
    const trained = trainedOf(context);
    if (trained === undefined || !isLatent(trained)) return;
    for (const { name, fields } of runsOf(context)) {
      const told = fields.clip_sample;
      if (told?.value !== true) continue;
      yield { args: { setup: name, value: saying(told), left: isDefault(told) }, place: toldPlace(told) };
    }
  },
  words: ({ setup, value, left }) => ({
    what: `${setup} clips the latent to ±1 at every step`,
    found: left ? `nothing; ${value}` : value,
    expected: 'false',
  }),
});
