import type { Net } from '../topology/net.ts';
import { listed, liveNets, nameOf, numberFact, ofKind, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** A net that is fed with a picture's embedding reads another width than the image encoder writes. */
export const COMP032 = defineRule<{
  net: string;
  reads: number;
  from: string;
  takes: number;
  encoders: readonly string[];
  widths: readonly number[];
}>({
  id: 'COMP032',
  name: 'image-width-mismatch',
  title: 'The U-Net and the image encoder disagree about the picture’s embedding',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `An unCLIP net reads the embedding of a picture together with the embedding of how much noise was put on it, both of the same width: 1536 = 2 · 768 with CLIP-L, 2048 = 2 · 1024 with OpenCLIP-H. Stable Video Diffusion reads the embedding in place of text, 1024 wide. The two unCLIP models look alike in everything else, so their encoders are easily exchanged, and the first step then fails.`,
  mend: 'Use the image encoder that the U-Net was trained with: CLIP-L for unCLIP-L, OpenCLIP-H for unCLIP-H and video.',
  sources: [
    'Stability-AI/stablediffusion, v2-1-stable-unclip-l-inference.yaml and -h-: adm_in_channels, CLIPEmbeddingNoiseAugmentation',
    'Stability-AI/generative-models, configs/inference/svd.yaml',
  ],
  *check(context) {
    const encoders = ofKind(context, 'image_encoder').filter(
      (encoder) => numberFact(encoder, 'projection_dim') !== undefined && encoder.id !== 'safety-checker',
    );
    if (encoders.length === 0) return;
    const widths = encoders.map((encoder) => numberFact(encoder, 'projection_dim') as number);
    for (const { component, net } of liveNets(context)) {
      const need = needOf(net);
      if (need === undefined || widths.some((width) => width * need.takes === need.reads)) continue;
      yield {
        args: { net: nameOf(component), ...need, encoders: encoders.map(nameOf), widths },
        place: placeOf(context, component),
        related: encoders.map((encoder) => placeOf(context, encoder)),
      };
    }
  },
  words: ({ net, reads, from, takes, encoders, widths }) => ({
    what: `${net} does not read the embedding of ${listed(encoders)}`,
    found: widths
      .map((width) => (takes === 1 ? `${width}` : `${takes} · ${width} = ${takes * width}`))
      .join(' or '),
    expected: `${reads}, the width in ${from}`,
    evidence: 'shapes of the net’s input and of the encoder’s projection',
  }),
});

/** The width that a family reads, and how many embeddings side by side make it. */
function needOf({
  family,
  conditioning,
}: Net): { readonly reads: number; readonly from: string; readonly takes: number } | undefined {
  if (family.id.startsWith('sd2-unclip')) {
    const added = conditioning.addedWidth;
    return added === undefined ? undefined : { reads: added.value, from: added.from, takes: 2 };
  }
  if (family.id !== 'svd') return undefined;
  const text = conditioning.crossAttentionDim;
  return text === undefined ? undefined : { reads: text.value, from: text.from, takes: 1 };
}
