import { isPipeline } from '../formats/checkpoint.ts';
import type { Net } from '../topology/net.ts';
import { liveNets, nameOf, ofKind, placeOf } from './support/components.ts';
import { defineRule, type RuleContext } from './rule.ts';

/** A depth or unCLIP checkpoint lacks the part that makes its extra input. */
export const COMP027 = defineRule<{ net: string; lacks: string; gives: string }>({
  id: 'COMP027',
  name: 'conditioner-missing',
  title: 'What feeds the net’s extra input is missing',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `A depth net reads a depth map as its fifth channel, which the MiDaS model in the same checkpoint makes. An unCLIP net reads the embedding of a picture, made by an image encoder and roughened by a noise augmentor. A trainer that saves only U-Net, VAE and text encoder leaves them out. AUTOMATIC1111 then takes the file for a plain Stable Diffusion 2, whose first convolution does not fit.`,
  mend: 'Copy the missing part from the checkpoint that the model was trained from.',
  sources: [
    'AUTOMATIC1111, modules/sd_models_config.py: depth_model and embedder keys decide',
    'dreambooth_depth2img issue 11',
    'Stability-AI/stablediffusion, v2-1-stable-unclip-h-inference.yaml',
  ],
  *check(context) {
    // a U-Net alone lacks everything, and COMP010 says so
    if (ofKind(context, 'vae').length === 0 || ofKind(context, 'text_encoder').length === 0) return;
    for (const { component, net } of liveNets(context)) {
      const lack = lacking(context, net);
      if (lack !== undefined)
        yield { args: { net: nameOf(component), ...lack }, place: placeOf(context, component) };
    }
  },
  words: ({ net, lacks, gives }) => ({
    what: `${net} is there without its ${lacks}`,
    found: `no ${lacks}`,
    expected: `the ${lacks}, which makes ${gives}`,
  }),
});

function lacking(
  context: RuleContext,
  net: Net,
): { readonly lacks: string; readonly gives: string } | undefined {
  if (net.family.id === 'sd2-depth' && ofKind(context, 'depth_estimator').length === 0) {
    return { lacks: 'depth estimator', gives: 'the fifth input channel' };
  }
  if (!net.family.id.startsWith('sd2-unclip')) return undefined;
  if (ofKind(context, 'image_encoder').length === 0) {
    return { lacks: 'image encoder', gives: 'the picture’s embedding' };
  }
  const augmentor = ofKind(context, 'schedule').some(({ id }) => id === 'noise-augmentor');
  if (augmentor || isPipeline(context.checkpoint)) return undefined;
  return { lacks: 'noise augmentor', gives: 'the noise level beside the picture’s embedding' };
}
