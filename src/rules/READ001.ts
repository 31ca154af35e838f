import { misread, type ReadArgs, takers } from './support/readings.ts';
import { defineRule } from './rule.ts';

/** Programs take the net for one of another family. */
export const READ001 = defineRule<ReadArgs>({
  id: 'READ001',
  name: 'read-as-another-family',
  title: 'Programs take the net for one of another family',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `Programs tell what a file is by a few names and widths, and never look at the whole net. Where those fit another family, the net is built as that one: tensors that have no place are dropped with a line in a log, those that are missing keep random numbers or those of the model before, and sampler, latent scale and text encoder are the other family’s. stable-diffusion.cpp stops with an error where a tensor that it asks for is missing; others draw noise.

A net with a block missing is taken for a whole one in the same way.`,
  mend: 'Run it with a program that knows the family: `ungarble inspect` shows what each takes it for. Keep the text encoders in the file where a program tells the family by them. A damaged net has to be mended first.',
  sources: [
    'docs/runtimes.md: what each program looks at, with the version and the function',
    'ComfyUI comfy/model_detection.py; diffusers single_file_utils.py, infer_diffusers_model_type; stable-diffusion.cpp get_sd_version',
  ],
  *check(context) {
    yield* misread(context, 'family');
  },
  words: ({ net, programs, takes, as, not, is, known }) => ({
    what: `${takers(programs)} ${net} for one of another family: ${as}, not ${not}`,
    found: takes.join('; '),
    expected: `${is} (${known})`,
  }),
});
