import { distilled } from './support/distilled.ts';
import { runsOf, saying, toldPlace } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** A net distilled to few steps is run with the guidance of an ordinary one. */
export const SCHED014 = defineRule<{
  setup: string;
  kind: string;
  from: string;
  guidance: string;
  most: number;
}>({
  id: 'SCHED014',
  name: 'distilled-guidance',
  title: 'A distilled net is run with the guidance of an ordinary one',
  severity: 'warning',
  evidence: 'config',
  since: '0.1.0',
  why: `Latent consistency, Turbo and Lightning models had guidance distilled into them: they are run with a scale of 1 (none) to 2. With the usual 7 the guidance is applied twice; pictures burn, contrast and colour overflow. Half of the work is wasted besides.`,
  mend: 'Set the guidance (CFG) to 1, or to what the model card names.',
  sources: [
    'stabilityai/sdxl-turbo and sd-turbo, model cards: guidance_scale 0.0',
    'ByteDance/SDXL-Lightning, model card',
    'latent-consistency-model issue 58; lcm-lora model cards: 1 to 2',
  ],
  *check(context) {
    for (const setup of runsOf(context)) {
      const guidance = setup.fields.guidance;
      const kind = distilled(context, setup);
      if (guidance === undefined || kind === undefined || guidance.value <= kind.guidance) continue;
      yield {
        args: {
          setup: setup.name,
          kind: kind.title,
          from: kind.from,
          guidance: saying(guidance),
          most: kind.guidance,
        },
        place: toldPlace(guidance),
      };
    }
  },
  words: ({ setup, kind, from, guidance, most }) => ({
    what: `${setup} runs ${kind} with the guidance of an ordinary one`,
    found: guidance,
    expected: `1 to ${most}`,
    evidence: from,
  }),
});
