import { misread, type ReadArgs, takers } from './support/readings.ts';
import { defineRule } from './rule.ts';

/** Programs scale the latent by another factor. */
export const READ005 = defineRule<ReadArgs>({
  id: 'READ005',
  name: 'read-with-another-latent-scale',
  title: 'Programs scale the latent by another factor',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `The factor between the autoencoder and the net stands in no tensor. A program takes that of the family it took the file for: with another one pictures are washed out, or burnt.`,
  mend: 'Run the model as a folder in diffusers, where `scaling_factor` of the autoencoder’s config is read.',
  sources: [
    'docs/runtimes.md: what each program looks at, with the version and the function',
    'diffusers issues 6923 and 6753; utensils/mold PR 1453',
  ],
  *check(context) {
    yield* misread(context, 'vae_scale');
  },
  words: ({ net, programs, takes, as, not, is, known }) => ({
    what: `${takers(programs)} ${net} for one whose latent is scaled by ${as}, not ${not}`,
    found: takes.join('; '),
    expected: `${is} (${known})`,
  }),
});
