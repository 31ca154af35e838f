import { distilled } from './support/distilled.ts';
import { runsOf, saying, toldPlace } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** A net distilled to few steps is run with many. */
export const SCHED015 = defineRule<{
  setup: string;
  kind: string;
  from: string;
  steps: string;
  most: number;
}>({
  id: 'SCHED015',
  name: 'distilled-steps',
  title: 'A distilled net is run with the steps of an ordinary one',
  severity: 'warning',
  evidence: 'config',
  since: '0.1.0',
  why: `Models distilled to 1, 2, 4 or 8 steps were trained to jump far. Twenty or fifty steps take the same jump again and again: detail is smoothed to wax or grows into artefacts, and the run takes ten times as long.`,
  mend: 'Run it with the steps that its model card names, 1 to 8 for most.',
  sources: [
    'Luo et al. 2023, Latent Consistency Models',
    'ByteDance/SDXL-Lightning, model card: the checkpoint of 4 steps with 4 steps',
  ],
  *check(context) {
    for (const setup of runsOf(context)) {
      const steps = setup.fields.steps;
      const kind = distilled(context, setup);
      if (steps === undefined || kind === undefined || steps.value <= kind.steps) continue;
      yield {
        args: {
          setup: setup.name,
          kind: kind.title,
          from: kind.from,
          steps: saying(steps),
          most: kind.steps,
        },
        place: toldPlace(steps),
      };
    }
  },
  words: ({ setup, kind, from, steps, most }) => ({
    what: `${setup} runs ${kind} with the steps of an ordinary one`,
    found: steps,
    expected: `1 to ${most}`,
    evidence: from,
  }),
});
