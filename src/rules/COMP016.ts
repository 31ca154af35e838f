import { schedulerConfig } from '../components/configs.ts';
import { type Declaration, predictionDeclarations } from '../components/declared.ts';
import { liveNets, listed } from './support/components.ts';
import { defineRule, type FindingPlace, type RuleContext } from './rule.ts';

/** Those who say what the net predicts contradict each other. */
export const COMP016 = defineRule<{ says: readonly string[] }>({
  id: 'COMP016',
  name: 'prediction-type-contradiction',
  title: 'Two sources contradict each other about what the net predicts',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `A net trained to predict velocity and sampled as if it predicted noise draws garbage, and the other way round. No shape tells which it is, so programs look for a sign: marker tensors (\`v_pred\`, \`edm_mean\` …) in ComfyUI and Forge, \`modelspec.prediction_type\` or ComfyUI's \`modelspec.predict_key\` in the metadata, \`prediction_type\` in the scheduler's config for diffusers. Each program trusts one of them and looks at no other.

Where they contradict each other, the same file is right in one program and garbled in the next. Conversions lose the sign most often: to diffusers without \`prediction_type\`, whose absence means \`epsilon\`.`,
  mend: 'Find out from the model’s author, or by a smoke test, which one is true, and make all of them say it.',
  sources: [
    'ComfyUI, comfy/supported_models.py, SDXL.model_type',
    'InvokeAI issues 7495 and 7965',
    'ComfyUI issue 12579; Forge PR 2115; AUTOMATIC1111 PR 16567',
    'diffusers, schedulers: prediction_type defaults to epsilon',
  ],
  *check(context) {
    const said = [...predictionDeclarations(context.checkpoint), ...silentScheduler(context)];
    const [first] = said;
    if (first === undefined || said.every((other) => said.every((one) => agree(one, other)))) return;
    yield {
      args: {
        says: said.map(({ from, said, prediction }) =>
          said === 'present' ? `tensor ${from}: ${prediction}` : `${from}: ${said}`,
        ),
      },
      place: whereIs(context, first),
      related: said.slice(1).map((other) => whereIs(context, other)),
    };
  },
  words: ({ says }) => ({
    what: `what the net predicts is said in ${says.length} places that do not agree`,
    found: listed(says),
    expected: 'one prediction type in all of them',
  }),
});

/** A diffusers scheduler that does not say reads as epsilon; it matters only against someone who says otherwise. */
function silentScheduler(context: RuleContext): readonly Declaration[] {
  const config = schedulerConfig(context.checkpoint);
  if (config === undefined || config.predictionType !== undefined) return [];
  if (/^EDM|Flow|LCM|TCD/.test(config.className?.value ?? '')) return [];
  if (liveNets(context).every(({ net }) => net.family.id.startsWith('kandinsky'))) return [];
  return [
    {
      prediction: 'epsilon',
      by: 'config',
      from: `${config.path} without prediction_type`,
      said: 'epsilon by default',
    },
  ];
}

/** An EDM net predicts noise or velocity inside its own scaling, and metadata has no word for that scaling. */
function agree(a: Declaration, b: Declaration): boolean {
  if (a.prediction === b.prediction) return true;
  return scalesOnly(a, b) || scalesOnly(b, a);
}

function scalesOnly(edm: Declaration, other: Declaration): boolean {
  if (other.by !== 'metadata') return false;
  if (edm.prediction === 'edm') return other.prediction === 'epsilon';
  return edm.prediction === 'edm_v_prediction' && other.prediction === 'v_prediction';
}

function whereIs({ checkpoint }: RuleContext, { by, from }: Declaration): FindingPlace {
  if (by === 'config') return { file: checkpoint.schedulerConfig?.path ?? '', pointer: '/prediction_type' };
  const file = checkpoint.files[0]?.path ?? checkpoint.path;
  return by === 'marker' ? { file, tensor: from } : { file, pointer: `/__metadata__/${from}` };
}
