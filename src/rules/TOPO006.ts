import { counted, nameText, problemsOf, shapeText, tensorPlace } from './support/places.ts';
import { defineRule, type Draft } from './rule.ts';

/** Findings one by one; a file may have a million tensors that belong nowhere. */
const MOST = 1000;

type Args = {
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly nearest: string | null;
  /** Tensors that this finding stands for beside its own. */
  readonly more: number;
};

export const TOPO006 = defineRule<Args>({
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
    let count = 0;
    let after: Draft<Args> | undefined;
    for (const { component, problem } of problemsOf(context, 'unexpected-tensor')) {
      const { tensor, nearest } = problem;
      count += 1;
      // the one after the last that has a finding of its own stands for the rest
      if (count > MOST + 1) continue;
      const args = { tensor: tensor.name, shape: tensor.shape, nearest: nearest ?? null, more: 0 };
      const draft = { args, place: tensorPlace(context.checkpoint, component, tensor) };
      if (count <= MOST) yield draft;
      else after = draft;
    }
    if (after !== undefined) yield { ...after, args: { ...after.args, more: count - MOST - 1 } };
  },
  words: ({ tensor, shape, nearest, more }) => ({
    what: `${nameText(tensor)}${more === 0 ? ' belongs' : ` and ${counted(more, 'tensor')} more belong`} to no block`,
    found: `shape ${shapeText(shape)}`,
    ...(nearest === null ? {} : { expected: `perhaps ${nearest}, which is missing` }),
  }),
});
