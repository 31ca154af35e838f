import { defineRule } from './rule.ts';
import { against, type ProbeArgs } from './support/run.ts';

/** The net was trained with another text encoder. */
export const RUN009 = defineRule<ProbeArgs>({
  id: 'RUN009',
  name: 'text-encoder-of-another',
  title: 'The net was trained with another text encoder',
  severity: 'warning',
  evidence: 'run',
  since: '0.1.0',
  why: `Two text encoders of one shape, trained apart, put the same words into different directions, and no header or shape shows which one a net was trained with. With the other one a prompt means nothing to the net, or something else.

Training turns the layers that read the text towards the directions that there are in it. Here these layers agree with each other on directions that the text encoder's own output does not have.`,
  mend: 'Take the text encoder from the model that the net was trained from. Where cross-attention (`attn2`) was merged or grafted, take it from one model whole.',
  sources: ['docs/how-it-knows.md, The text encoder'],
  check: (context) => against(context, 'text_encoder'),
  words: ({ said }) => ({
    what: 'the text encoder is not the one that the net was trained with',
    found: said,
  }),
});
