import { blockPlace, problemsOf } from './support/places.ts';
import { defineRule } from './rule.ts';

export const TOPO005 = defineRule<{
  block: string;
  fileBlock: string;
  from: string;
  gets: number;
  expects: number;
}>({
  id: 'TOPO005',
  name: 'chain-mismatch',
  title: 'A block reads another width than the block before it writes',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `Each block reads what the one before it writes. Here the two agree each within itself and not with the other,
as when a block was taken from a model of another width.`,
  mend: `Take both blocks from the same model.`,
  sources: ['CompVis latent-diffusion UNetModel.forward'],
  *check(context) {
    for (const { component, problem } of problemsOf(context, 'chain-mismatch')) {
      const { block, fileBlock, from, gets, expects } = problem;
      const place = blockPlace(context.checkpoint, component, block);
      const related = [blockPlace(context.checkpoint, component, from)];
      yield { args: { block, fileBlock, from, gets, expects }, place, related };
    }
  },
  words: ({ block, fileBlock, from, gets, expects }) => ({
    what: `${fileBlock}${fileBlock === block ? '' : ` (${block})`} does not fit behind ${from}`,
    found: `${from} writes ${gets} channels`,
    expected: `${expects} channels, as the block's weights have them`,
  }),
});
