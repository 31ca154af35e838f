import type { Component } from '../components/component.ts';
import type { Net } from '../topology/net.ts';
import {
  isSdxlGrammar,
  listed,
  liveNets,
  nameOf,
  numberFact,
  ofKind,
  placeOf,
} from './support/components.ts';
import { defineRule } from './rule.ts';

/** The cross-attention of the net reads text of another width than the text encoders write. */
export const COMP001 = defineRule<{
  net: string;
  reads: number;
  from: string;
  encoders: readonly string[];
  widths: readonly number[];
  together: boolean;
}>({
  id: 'COMP001',
  name: 'text-width-mismatch',
  title: 'The U-Net and the text encoder disagree about the width of the text',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `Cross-attention multiplies the text embeddings by \`attn2.to_k\` and \`to_v\`. Their second dimension is the width of the text the net was trained with: 768 (CLIP-L, Stable Diffusion 1), 1024 (OpenCLIP-H, Stable Diffusion 2), 2048 = 768 + 1280 (both encoders of SDXL), 1280 (the SDXL refiner, and the BERT of the first latent diffusion model).

A net with another model's text encoder raises a shape error at the first step in the best case. A loader that picks the model's class from the encoder (AUTOMATIC1111, stable-diffusion.cpp) builds the wrong U-Net first and then drops the weights that do not fit.`,
  mend: 'Put the text encoder that the U-Net was trained with beside it, or use the U-Net with a pipeline that has it.',
  sources: [
    'ComfyUI, comfy/supported_models.py: context_dim of each class and its text encoder',
    'AUTOMATIC1111 stable-diffusion-webui, modules/sd_models_config.py: the class is picked by the encoder',
  ],
  *check(context) {
    const encoders = ofKind(context, 'text_encoder');
    for (const { component, net } of liveNets(context)) {
      const { conditioning } = net;
      const reads = conditioning.encoderHidDim ?? conditioning.crossAttentionDim;
      const widths = encoders.map((encoder) => numberFact(encoder, 'hidden_size'));
      if (reads === undefined || encoders.length === 0 || widths.includes(undefined)) continue;
      const known = widths as readonly number[];
      if (feeds(net, reads.value, known)) continue;
      yield {
        args: {
          net: nameOf(component),
          reads: reads.value,
          from: reads.from,
          encoders: encoders.map(nameOf),
          widths: known,
          together: isSdxlGrammar(net) && known.length > 1,
        },
        place: placeOf(context, component),
        related: encoders.map((encoder: Component) => placeOf(context, encoder)),
      };
    }
  },
  words: ({ net, reads, from, encoders, widths, together }) => ({
    what: `${net} reads text ${reads} wide, which ${listed(encoders)} ${encoders.length === 1 ? 'does' : 'do'} not write`,
    found: together
      ? `${widths.join(' + ')} = ${widths.reduce((sum, width) => sum + width, 0)}`
      : widths.join(' and '),
    expected: `${reads}, the width of the text in ${from}`,
    evidence: 'shapes of attn2.to_k and of the token embeddings',
  }),
});

/** SDXL's encoders are read side by side, so their widths add up; elsewhere one encoder is read. */
function feeds(net: Net, reads: number, widths: readonly number[]): boolean {
  if (!isSdxlGrammar(net)) return widths.includes(reads);
  return widths.reduce((sum, width) => sum + width, 0) === reads;
}
