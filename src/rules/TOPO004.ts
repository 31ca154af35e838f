import { blockPlace, problemsOf } from './support/places.ts';
import { defineRule } from './rule.ts';

export const TOPO004 = defineRule<{
  block: string;
  fileBlock: string;
  producer: string;
  below: number;
  skip: number;
  expects: number;
}>({
  id: 'TOPO004',
  name: 'skip-mismatch',
  title: 'A skip connection does not fit the block that reads it',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `A decoder resnet reads the channels from below and, laid behind them, those of one encoder block. Its
weights are as wide as both together. Where the sum differs the net cannot run, or a program that builds the net
from the decoder alone joins the wrong blocks.`,
  mend: `Encoder and decoder come from different models, or a block was lost or doubled between them. Take both from
the same file.`,
  sources: ['CompVis latent-diffusion UNetModel.forward: h = cat([h, hs.pop()])'],
  *check(context) {
    for (const { component, problem } of problemsOf(context, 'skip-mismatch')) {
      const { block, fileBlock, producer, below, skip, expects } = problem;
      const place = blockPlace(context.checkpoint, component, block);
      const related = [blockPlace(context.checkpoint, component, producer)];
      yield { args: { block, fileBlock, producer, below, skip, expects }, place, related };
    }
  },
  words: ({ block, fileBlock, producer, below, skip, expects }) => ({
    what: `the skip from ${producer} does not fit ${fileBlock}${fileBlock === block ? '' : ` (${block})`}`,
    found: `${below} from below + ${skip} from ${producer} = ${below + skip} channels`,
    expected: `${expects} channels, as its weights have them`,
  }),
});
