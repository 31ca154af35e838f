import { positionIds } from '../components/tensors.ts';
import { isFloat } from '../formats/dtype.ts';
import { nameOf, ofKind } from './support/components.ts';
import { tensorPlace } from './support/places.ts';
import { defineRule } from './rule.ts';

/** The positions of the text encoder are stored as fractions. */
export const COMP015 = defineRule<{ encoder: string; tensor: string; dtype: string }>({
  id: 'COMP015',
  name: 'position-ids-not-integer',
  title: 'The text encoder counts its positions in fractions',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `\`position_ids\` counts 0 to 76 and picks the row of the position embedding for each word. Merging scripts that average every tensor average this one too, and a half-precision 75.9975 becomes 75 when it is turned back into a whole number: one word takes another's place, or none. Prompts are followed a little worse, and nothing says why.

A file without \`position_ids\` is sound: newer libraries leave the buffer out and count for themselves.`,
  mend: 'Remove the tensor, or write the whole numbers 0 to 76 as I64 in its place.',
  sources: [
    'AUTOMATIC1111 PR 6728',
    'Merge-Stable-Diffusion-models-without-distortion issue 29',
    'diffusers PR 8319',
  ],
  *check(context) {
    for (const component of ofKind(context, 'text_encoder')) {
      const tensor = positionIds(component);
      if (tensor === undefined || !isFloat(tensor.dtype)) continue;
      yield {
        args: { encoder: nameOf(component), tensor: tensor.name, dtype: tensor.dtype },
        place: tensorPlace(context.checkpoint, component, tensor),
      };
    }
  },
  words: ({ encoder, tensor, dtype }) => ({
    what: `${tensor} of ${encoder} is ${dtype}`,
    found: dtype,
    expected: 'I64 or I32, or no such tensor',
  }),
});
