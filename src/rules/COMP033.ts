import { ofKind, placeOf } from './support/components.ts';
import { isDefault, runsOf, saying, toldPlace, trainedOf } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** A part in a thousand: published scales are rounded to five digits. */
const SAME = 1e-3;

/** The latent is scaled by another factor than the net was trained with. */
export const COMP033 = defineRule<{ setup: string; runs: string; net: string; left: boolean }>({
  id: 'COMP033',
  name: 'vae-scale-mismatch',
  title: 'The setup scales the latent by another factor than the net was trained with',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `What an autoencoder writes is multiplied by a factor before the net sees it, so that it has about the spread of the noise: 0.18215 for Stable Diffusion 1 and 2, 0.13025 for SDXL, 0.5 for Playground 2.5, 0.08333 for the x4 upscaler. The autoencoders of SD 1 and SDXL have the same shapes, so nothing stops one family's factor from being used with the other's: washed-out or burnt pictures, and image-to-image that starts from the wrong noise level.`,
  mend: 'Set the factor of the net: `scaling_factor` in vae/config.json, `scale_factor` in the YAML, the right autoencoder elsewhere.',
  sources: [
    'diffusers issues 6923 and 6753; swift-coreml-diffusers issue 79; web-stable-diffusion PR 61',
    'InvokeAI PR 6524: the autoencoder of the wrong base',
    'ComfyUI, comfy/latent_formats.py',
  ],
  *check(context) {
    const trained = trainedOf(context);
    const net = trained?.fields.vae_scale;
    if (net === undefined) return;
    for (const { name, fields } of runsOf(context)) {
      const runs = fields.vae_scale;
      if (runs === undefined || Math.abs(runs.value - net.value) <= SAME * net.value) continue;
      // a config that leaves it out is COMP009's
      if (isDefault(runs) && context.setups?.some(({ fields: own }) => own === fields) !== true) continue;
      yield {
        args: { setup: name, runs: saying(runs), net: saying(net), left: isDefault(runs) },
        place: toldPlace(runs),
        related: ofKind(context, 'vae')
          .slice(0, 1)
          .map((vae) => placeOf(context, vae)),
      };
    }
  },
  words: ({ setup, runs, net, left }) => ({
    what: `${setup} scales the latent by another factor than the net was trained with`,
    found: left ? `nothing; ${runs}` : runs,
    expected: net,
  }),
});
