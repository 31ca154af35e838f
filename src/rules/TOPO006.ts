import { nameText, problemsOf, shapeText, tensorPlace } from './support/places.ts';
import { defineRule } from './rule.ts';

export const TOPO006 = defineRule<{ tensor: string; shape: readonly number[]; nearest: string | null }>({
  id: 'TOPO006',
  name: 'unexpected-tensor',
  title: 'A tensor belongs to no block',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `Every tensor of a net is owned by exactly one block. One that no block owns was renamed, comes from another
model, or belongs to a part that programs do not know; they ignore it, so whatever it was trained for is lost.`,
  mend: `If it is a misnamed tensor, give it the name that is missing. If it is left over, save the model without it.
If it belongs to a kind of net that ungarble should know, please report its names and shapes.`,
  sources: ['ComfyUI logs such keys as "unet unexpected" and goes on', 'sd-scripts #275'],
  *check(context) {
    for (const { component, problem } of problemsOf(context, 'unexpected-tensor')) {
      const { tensor, nearest } = problem;
      const args = { tensor: tensor.name, shape: tensor.shape, nearest: nearest ?? null };
      yield { args, place: tensorPlace(context.checkpoint, component, tensor) };
    }
  },
  words: ({ tensor, shape, nearest }) => ({
    what: `${nameText(tensor)} belongs to no block`,
    found: `shape ${shapeText(shape)}`,
    ...(nearest === null ? {} : { expected: `perhaps ${nearest}, which is missing` }),
  }),
});
