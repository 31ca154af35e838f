import { blockPlace, counted, problemsOf } from './support/places.ts';
import { defineRule } from './rule.ts';

export const TOPO002 = defineRule<{ block: string; fileBlock: string; tensors: number; because: string }>({
  id: 'TOPO002',
  name: 'missing-block',
  title: 'A whole block is missing',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `The U-Net is a chain with skips across: each decoder resnet takes one output of the encoder, and each level
has its resnets, attention and sampler. A hole in that order means a block was lost. No loader notices: ComfyUI
types such a file as Stable Diffusion 1.5 and fills the hole with random numbers.`,
  mend: `Take the block from the model that this one was made from, or save or convert the file again. A pruning
or merging script that does not know all names is the usual cause.`,
  sources: ['ComfyUI comfy/model_detection.py count_blocks stops at the first gap'],
  *check(context) {
    for (const { component, problem } of problemsOf(context, 'missing-block')) {
      const { block, fileBlock, tensors, because } = problem;
      const place = blockPlace(context.checkpoint, component, block);
      yield { args: { block, fileBlock, tensors, because }, place };
    }
  },
  words: ({ block, fileBlock, tensors, because }) => ({
    what: `block ${fileBlock} is missing`,
    found: 'none of its tensors',
    expected: `${counted(tensors, 'tensor')}${fileBlock === block ? '' : ` of ${block}`}`,
    evidence: because,
  }),
});
