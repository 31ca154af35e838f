import { isSdxlGrammar, liveNets, nameOf, numberFact, ofKind, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** The encoder that pools the text for an SDXL net has no projection. */
export const COMP030 = defineRule<{ encoder: string; net: string }>({
  id: 'COMP030',
  name: 'text-projection-missing',
  title: 'The text encoder that pools for SDXL has no text projection',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `SDXL reads the prompt twice: word by word, and as one pooled vector that OpenCLIP-bigG's \`text_projection\` makes. Without that tensor a loader leaves the projection at random or skips it. The pictures keep their subject and lose their style and sharpness, and no shape is wrong.

Its two layouts are each other's transpose: OpenCLIP's \`text_projection\` is [in, out], Hugging Face's \`text_projection.weight\` [out, in], both 1280 × 1280. Which way round the numbers are, no header tells.`,
  mend: 'Take `text_projection` from the SDXL base model, transposed where the layout differs.',
  sources: ['Stability-AI/generative-models, FrozenOpenCLIPEmbedder2', 'mindone PR 399: a missed transpose'],
  *check(context) {
    const first = liveNets(context).find(({ net }) => isSdxlGrammar(net));
    if (first === undefined) return;
    for (const encoder of ofKind(context, 'text_encoder')) {
      if (encoder.id !== 'openclip-g' || numberFact(encoder, 'projection_dim') !== undefined) continue;
      yield {
        args: { encoder: nameOf(encoder), net: nameOf(first.component) },
        place: placeOf(context, encoder),
        related: [placeOf(context, first.component)],
      };
    }
  },
  words: ({ encoder, net }) => ({
    what: `${encoder} has no text projection, which ${net} needs`,
    found: 'no text_projection',
    expected: 'text_projection [1280, 1280]',
  }),
});
