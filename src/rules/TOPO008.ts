import { blockPlace, problemsOf } from './support/places.ts';
import { defineRule } from './rule.ts';

export const TOPO008 = defineRule<{
  block: string;
  fileBlock: string;
  subject: string;
  found: number;
  expected: number;
  because: string;
}>({
  id: 'TOPO008',
  name: 'input-mismatch',
  title: 'An input of the net has a width that the net cannot feed',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `Some inputs are made by the program and not by the file: the sinusoid of the timestep is computed at the width
of the outermost level. A first layer of another width cannot be fed.`,
  mend: `Take the embedding's first layer from the model that this one was made from.`,
  sources: [
    'diffusers UNet2DConditionModel timestep_input_dim',
    'openai guided-diffusion UNetModel.time_embed',
  ],
  *check(context) {
    for (const { component, problem } of problemsOf(context, 'input-mismatch')) {
      const { block, fileBlock, what: subject, found, expected, because } = problem;
      const place = blockPlace(context.checkpoint, component, block);
      yield { args: { block, fileBlock, subject, found, expected, because }, place };
    }
  },
  words: ({ fileBlock, subject, found, expected, because }) => ({
    what: `${fileBlock} takes a ${subject} that no program makes`,
    found: String(found),
    expected: String(expected),
    evidence: because,
  }),
});
