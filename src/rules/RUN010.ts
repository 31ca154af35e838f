import { defineRule } from './rule.ts';
import { against, type ProbeArgs } from './support/run.ts';

/** What the net draws does not come back from the autoencoder. */
export const RUN010 = defineRule<ProbeArgs>({
  id: 'RUN010',
  name: 'autoencoder-unfit',
  title: 'The autoencoder does not give back what the net draws',
  severity: 'warning',
  evidence: 'run',
  since: '0.1.0',
  why: `The net draws latents, and the decoder of its autoencoder makes pictures of them. Encoded again they are the latents that they were, less a little. They are not where the declared scale of the latents is another than the net was trained with (pale or burnt pictures), where the autoencoder is another model's, where one of its halves was exchanged, or where its weights are damaged. NaN, often in half precision, gives a black picture.`,
  mend: 'Where the finding names a scale that fits, set `scaling_factor` in the config of the VAE to the declared one times that. Else take the VAE from the model that the net was trained from.',
  sources: ['docs/how-it-knows.md, The autoencoder'],
  check: (context) => against(context, 'autoencoder'),
  words: ({ said, finding }) => ({
    what:
      finding === 'scale'
        ? 'the latents have another scale than is declared'
        : 'what the net draws does not come back from the autoencoder',
    found: said,
  }),
});
