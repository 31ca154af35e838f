import { nameOf, numberFact, ofKind, placeOf, textFact } from './support/components.ts';
import { defineRule } from './rule.ts';

/** A LoRA does not say how strong it is. */
export const COMP024 = defineRule<{
  lora: string;
  alphas: number;
  modules: number;
  ranks: string;
  layout: string;
}>({
  id: 'COMP024',
  name: 'lora-without-alpha',
  title: 'A LoRA lacks the alpha that says how strong it is',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `The change that a LoRA makes is scaled by alpha / rank. Files in kohya's layout carry an \`.alpha\` for each module. Where it is absent, programs take the rank (strength 1); a LoRA trained with alpha 1 at rank 32 is then 32 times too strong. Some take the first module's alpha for all, which is wrong as soon as ranks are mixed.

In PEFT's layout alpha stands in a config beside the file, so its absence here is only worth a note.`,
  mend: 'Save the LoRA with an `.alpha` for each module, or use it at the strength that its author names.',
  sources: ['kohya sd-scripts, networks/lora.py', 'diffusers PR 14409 and 6087'],
  *check(context) {
    for (const lora of ofKind(context, 'lora')) {
      const modules = numberFact(lora, 'modules');
      const alphas = numberFact(lora, 'alphas') ?? 0;
      if (modules === undefined || alphas >= modules) continue;
      const layout = textFact(lora, 'layout') ?? '';
      const ranks = textFact(lora, 'ranks') ?? String(numberFact(lora, 'rank') ?? '?');
      yield {
        args: { lora: nameOf(lora), alphas, modules, ranks, layout },
        place: placeOf(context, lora),
        ...(layout === 'kohya' ? {} : { severity: 'note' as const }),
      };
    }
  },
  words: ({ lora, alphas, modules, ranks, layout }) => ({
    what: `${lora} has ${alphas === 0 ? 'no alpha' : `an alpha for only ${alphas} of ${modules} modules`}`,
    found: `${modules} modules of rank ${ranks} in the layout of ${layout}`,
    expected: 'an .alpha for each module',
  }),
});
