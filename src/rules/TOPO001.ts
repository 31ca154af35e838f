import { blockPlace, problemsOf, shapeText } from './support/places.ts';
import { defineRule } from './rule.ts';

export const TOPO001 = defineRule<{
  fileName: string;
  block: string;
  fileBlock: string;
  expectedShape: readonly number[];
}>({
  id: 'TOPO001',
  name: 'missing-tensor',
  title: 'A block lacks one of its tensors',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `The block is there, but a tensor that every block of its kind has is not. Programs that load with
\`strict=False\` (ComfyUI, A1111, Forge) log one line and keep random or old numbers in its place: the picture
is noise, or subtly wrong. Programs that load strictly (stable-diffusion.cpp, sd-scripts) refuse the file.`,
  mend: `Take the tensor from the model that this one was made from, or download or convert the file again. A
converter that does not know this net is the usual cause: compare with the listing of its family.`,
  sources: ['ComfyUI comfy/model_base.py load_model_weights', 'diffusers #4790'],
  *check(context) {
    for (const { component, problem } of problemsOf(context, 'missing-tensor')) {
      const { fileName, block, fileBlock, expectedShape } = problem;
      const place = blockPlace(context.checkpoint, component, block, fileName);
      yield { args: { fileName, block, fileBlock, expectedShape }, place };
    }
  },
  words: ({ fileName, block, fileBlock, expectedShape }) => ({
    what: `${fileName} is missing`,
    found: `no tensor of that name in ${fileBlock}${fileBlock === block ? '' : ` (${block})`}`,
    expected: `shape ${shapeText(expectedShape)}`,
  }),
});
