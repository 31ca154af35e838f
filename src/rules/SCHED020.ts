import type { SetupValues } from '../setup/setup.ts';
import { listed, placeOf } from './support/components.ts';
import { trainedOf, toldPlace } from './support/setups.ts';
import { predictionDeclarations } from '../components/declared.ts';
import { defineRule } from './rule.ts';

/** What garbles most when it is wrong, in words. */
const WEIGHTY: readonly (readonly [key: keyof SetupValues, what: string])[] = [
  ['prediction_type', 'what the net predicts'],
  ['beta_schedule', 'its noise schedule'],
  ['vae_scale', 'the scale of its latent'],
];

/** The setup says something that the model cannot be held against. */
export const SCHED020 = defineRule<{ setup: string; what: readonly string[]; net: boolean }>({
  id: 'SCHED020',
  name: 'setup-not-compared',
  title: 'A part of the setup could not be compared with the model',
  severity: 'note',
  evidence: 'config',
  since: '0.1.0',
  why: `A setup is held against what the checkpoint says of its training, and against what every runtime assumes of its family. A net of no known family that says nothing of itself gives nothing to compare with: a setup that passes may still be the wrong one.`,
  mend: 'Say what the net was trained with: in its metadata, in a config beside it, or in a lock file (`ungarble pin --setup`). A smoke test reads it off the weights.',
  sources: ['`ungarble pin`, schemas/lock.schema.json'],
  *check(context) {
    const trained = trainedOf(context);
    const config = predictionDeclarations(context.checkpoint).length > 0;
    for (const { name, fields } of context.setups ?? []) {
      const open = WEIGHTY.filter(
        ([key]) =>
          fields[key] !== undefined &&
          trained?.fields[key] === undefined &&
          !(key === 'prediction_type' && trained !== undefined && config),
      );
      const told = open[0] === undefined ? undefined : fields[open[0][0]];
      if (told === undefined) continue;
      yield {
        args: { setup: name, what: open.map(([, what]) => what), net: trained !== undefined },
        place: toldPlace(told),
        ...(trained === undefined ? {} : { related: [placeOf(context, trained.component)] }),
      };
    }
  },
  words: ({ setup, what, net }) => ({
    what: `${setup} could not be compared with the model in all it says`,
    found: net ? `nothing in the model tells ${listed(what)}` : 'no U-Net that could be rebuilt',
    expected: 'metadata, a config or a lock file that does',
  }),
});
