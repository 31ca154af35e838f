import { isPipeline } from '../formats/checkpoint.ts';
import type { Net } from '../topology/net.ts';
import { liveNets, listed, nameOf, ofKind, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** A single file has a U-Net and not all that is needed to draw with it. */
export const COMP010 = defineRule<{ net: string; lacks: readonly string[]; has: readonly string[] }>({
  id: 'COMP010',
  name: 'component-missing',
  title: 'The file lacks a text encoder or an autoencoder',
  severity: 'note',
  evidence: 'header',
  since: '0.1.0',
  why: `A U-Net alone is a sound file, made for loaders that take text encoder and VAE from elsewhere. In a loader for whole checkpoints it is a trap: AUTOMATIC1111 and its relatives load weights with \`strict=False\` into a net that is already there, so the missing parts keep the **previous** model's weights, and the pictures depend on what was loaded before. Others start them at random, and the result is noise or NaN.

Without the text encoder many programs cannot tell which model it is either: AUTOMATIC1111 and stable-diffusion.cpp look there first, and diffusers calls the file Stable Diffusion 1.`,
  mend: 'Load the file as a diffusion model alone (in ComfyUI: Load Diffusion Model) and name text encoder and VAE, or use a file that has all three.',
  sources: [
    'arenasys/stable-diffusion-webui-model-toolkit, README and issue 40',
    'AUTOMATIC1111 PR 7523',
    'stable-diffusion.cpp, src/model_loader.cpp, get_sd_version',
  ],
  *check(context) {
    // a folder says itself what it should have: COMP014
    if (isPipeline(context.checkpoint) || context.checkpoint.modelIndex !== undefined) return;
    // a camera projection makes no embedding by itself
    const encoders = ofKind(context, 'text_encoder', 'image_encoder').filter(
      ({ id }) => id !== 'cc-projection',
    );
    for (const { component, net } of liveNets(context)) {
      const readsText = net.conditioning.crossAttentionDim !== undefined;
      const lacks = [
        ...(readsText && encoders.length === 0 ? ['text encoder'] : []),
        ...(ofKind(context, 'vae').length === 0 && drawsLatents(net) ? ['autoencoder (VAE)'] : []),
      ];
      if (lacks.length === 0) continue;
      const has = [...encoders, ...ofKind(context, 'vae')].map(nameOf);
      yield {
        args: { net: nameOf(component), lacks, has },
        place: placeOf(context, component),
        // half of a checkpoint is worse than a U-Net alone: nobody means to make one
        ...(has.length > 0 ? { severity: 'warning' as const } : {}),
      };
    }
  },
  words: ({ net, lacks, has }) => ({
    what: `the file has ${net} and no ${lacks.join(' and no ')}`,
    found: has.length === 0 ? 'a U-Net alone' : `beside the U-Net, ${listed(has)}`,
    expected: `${listed(lacks)} in the file, or a loader that brings its own`,
  }),
});

/** Nets that draw pixels need no autoencoder: three channels out, or six with a learned variance. */
function drawsLatents({ outChannels }: Net): boolean {
  const out = outChannels?.value;
  return out !== 1 && out !== 3 && out !== 6;
}
