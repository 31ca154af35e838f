import { nameOf, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

export const VAL017 = defineRule<{ component: string; count: number; of: number }>({
  id: 'VAL017',
  name: 'norm-biases-lost',
  title: 'The biases of most norms are zero',
  severity: 'warning',
  evidence: 'values',
  since: '0.1.0',
  why: `Norms begin with biases of zero, and training moves every one of them. Where most are still zero from end to end the
biases were lost, as by a script that copies only what it knows, or the net was never trained. What is lost is small and
adds up over the layers: with much noise a small net missed seven times as much without them.`,
  mend: 'Take the biases from the file that this one was made of.',
  sources: [
    'diffusers and latent-diffusion: GroupNorm and LayerNorm with a bias',
    'docs/how-it-knows.md, Numbers',
  ],
  *check(context) {
    for (const [component, { unbiased }] of context.values?.numbers ?? []) {
      if (unbiased === undefined) continue;
      yield { args: { component: nameOf(component), ...unbiased }, place: placeOf(context, component) };
    }
  },
  words: ({ component, count, of }) => ({
    what: `most norms of ${component} have lost their bias`,
    found: `${count} of ${of} biases are zero from end to end`,
    expected: 'biases that training has moved',
  }),
});
