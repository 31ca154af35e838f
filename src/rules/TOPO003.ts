import { problemsOf, shapeText, tensorPlace } from './support/places.ts';
import { defineRule } from './rule.ts';

export const TOPO003 = defineRule<{
  tensor: string;
  block: string;
  fileBlock: string;
  shape: readonly number[];
  expectedShape: readonly number[];
  because: string;
}>({
  id: 'TOPO003',
  name: 'shape-mismatch',
  title: 'A tensor has another shape than its place in the net allows',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `A width is written in many tensors: what one block puts out is what its biases, norms and the next block
expect. The tensor named here disagrees with the rest. A load either fails, or skips the tensor with a warning
and leaves random numbers (diffusers with \`ignore_mismatched_sizes\`).`,
  mend: `Take the tensor from the model that this one was made from. If it was meant to be wider (more input
channels, another text encoder), the tensors that read it have to change with it.`,
  sources: ['diffusers #1619'],
  *check(context) {
    for (const { component, problem } of problemsOf(context, 'shape-mismatch')) {
      const { block, fileBlock, tensor, expectedShape, because } = problem;
      const args = { tensor: tensor.name, block, fileBlock, shape: tensor.shape, expectedShape, because };
      yield { args, place: { ...tensorPlace(context.checkpoint, component, tensor), block } };
    }
  },
  words: ({ tensor, block, shape, expectedShape, because }) => ({
    what: `${tensor} does not fit into ${block}`,
    found: shapeText(shape),
    expected: shapeText(expectedShape),
    evidence: because,
  }),
});
