import { counted, problemsOf, tensorPlace } from './support/places.ts';
import { defineRule } from './rule.ts';

export const TOPO009 = defineRule<{ tensor: string; count: number; dialect: string }>({
  id: 'TOPO009',
  name: 'foreign-names',
  title: 'Part of the net keeps the names of another layout',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `The net is whole, but some of its tensors have diffusers names in a file of LDM names. Converters written for
Stable Diffusion 1 do this to blocks that it does not have (the first up block of BK-SDM tiny and SDXS). Programs
that look for LDM names do not find them and leave those layers out or random.`,
  mend: `Convert again with a converter that knows this family, or load the diffusers folder instead.`,
  sources: ['diffusers scripts/convert_diffusers_to_original_stable_diffusion.py'],
  *check(context) {
    for (const { component, problem } of problemsOf(context, 'foreign-name')) {
      const { tensor, count, dialect } = problem;
      const place = tensorPlace(context.checkpoint, component, tensor);
      yield { args: { tensor: tensor.name, count, dialect }, place };
    }
  },
  words: ({ tensor, count, dialect }) => ({
    what: `${counted(count, 'tensor')} of the net ${count === 1 ? 'has' : 'have'} names of another layout`,
    found: `${tensor}${count > 1 ? ` and ${count - 1} more` : ''}`,
    expected: `names of the ${dialect} layout, as the rest has`,
  }),
});
