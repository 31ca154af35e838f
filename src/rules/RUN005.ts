import { defineRule } from './rule.ts';
import { against, type ProbeArgs } from './support/run.ts';

/** The net does not follow its text, class or vector. */
export const RUN005 = defineRule<ProbeArgs>({
  id: 'RUN005',
  name: 'condition-ignored',
  title: 'The net does not follow its text, class or vector',
  severity: 'warning',
  evidence: 'run',
  since: '0.1.0',
  why: `What the net is told goes in through cross-attention or the embedding of the time. A text encoder of another model, its features in another scale, a projection that was lost, or a merge that took cross-attention from elsewhere leaves pictures that have nothing to do with the prompt, or burn out as soon as there is one.`,
  mend: 'Run the net with the text encoder that it was trained with; compare the cross-attention (`attn2`) with that of the model that the file was made from.',
  sources: ['docs/how-it-knows.md'],
  check: (context) => against(context, 'text', 'pooled', 'class'),
  words: ({ said }) => ({ what: 'the prompt moves the net too little or too much', found: said }),
});
