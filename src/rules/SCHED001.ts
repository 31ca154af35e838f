import { predictionDeclarations } from '../components/declared.ts';
import type { Told } from '../setup/setup.ts';
import { placeOf } from './support/components.ts';
import { isDefault, isEdm, saying, toldPlace, trainedOf } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** A setup samples the net as if it predicted something else. */
export const SCHED001 = defineRule<{ setup: string; runs: string; net: string; sure: boolean }>({
  id: 'SCHED001',
  name: 'prediction-type-mismatch',
  title: 'The setup takes the net for one that predicts something else',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `A net predicts the noise (epsilon), the velocity (v) or the clean picture. Its output means nothing without that word: a velocity read as noise gives unusable noise, or pictures all brown; noise read as velocity gives the same. Nothing fails, because all three have the same shape.

What the net predicts is known here by marker tensors, metadata or the scheduler config beside it, else by what every runtime assumes of its shapes. Where it is only assumed this is a warning: v-prediction fine-tunes of Stable Diffusion 1 have the shapes of any other.`,
  mend: 'Set the prediction type of the setup to that of the net: `prediction_type` in scheduler_config.json, a ModelSamplingDiscrete node in ComfyUI, `parameterization` in the sidecar YAML. If the setup is right, make the checkpoint say so.',
  sources: [
    'InvokeAI issue 7495; diffusers issue 9171; stable-diffusion.cpp issue 325; Forge issue 123',
    'Stability-AI/stablediffusion issue 140; Forge issue 2509; AUTOMATIC1111 issue 5158: SD 2 as the other',
    'Salimans and Ho 2022, Progressive Distillation, section 4',
  ],
  *check(context) {
    const trained = trainedOf(context);
    if (trained === undefined) return;
    const config = predictionDeclarations(context.checkpoint).find(({ by }) => by === 'config');
    const said: readonly Told<string>[] = [
      ...(trained.fields.prediction_type === undefined ? [] : [trained.fields.prediction_type]),
      ...(config === undefined
        ? []
        : [
            {
              value: config.prediction,
              known: 'declared' as const,
              from: config.from,
              file: '',
              pointer: '',
            },
          ]),
    ];
    for (const { name, fields } of context.setups ?? []) {
      const runs = fields.prediction_type;
      // those who say it themselves count before what is assumed of the family
      const own = said.find((told) => !isDefault(told)) ?? said[0];
      if (runs === undefined || own === undefined || own.value === runs.value) continue;
      // EDM scales as nothing else does: SCHED009 tells it whole
      if (isEdm(own.value as never) !== isEdm(runs.value)) continue;
      yield {
        args: { setup: name, runs: saying(runs), net: saying(own), sure: !isDefault(own) },
        place: toldPlace(runs),
        related: [placeOf(context, trained.component)],
        ...(isDefault(own) ? { severity: 'warning' as const } : {}),
      };
    }
  },
  words: ({ setup, runs, net, sure }) => ({
    what: `${setup} takes the net for one that predicts something else`,
    found: `the setup: ${runs}`,
    expected: `the net: ${net}`,
    ...(sure ? {} : { evidence: 'nothing in the checkpoint says it: by its shapes alone' }),
  }),
});
