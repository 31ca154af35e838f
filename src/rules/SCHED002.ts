import { predictionDeclarations } from '../components/declared.ts';
import { liveNets, nameOf, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** A net with the shapes of Stable Diffusion 2 does not say whether it predicts noise or velocity. */
export const SCHED002 = defineRule<{ net: string; step: string }>({
  id: 'SCHED002',
  name: 'prediction-type-untold',
  title: 'Nothing tells whether this Stable Diffusion 2 predicts noise or velocity',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `Stable Diffusion 2 was published twice with the same shapes: at 512 pixels it predicts noise, at 768 velocity. A file that says neither is guessed at, and every program guesses in its own way: ComfyUI by the spread of one bias, AUTOMATIC1111 and stable-diffusion.cpp by a probe, diffusers and InvokeAI by \`global_step\`, which fine-tunes and safetensors files lack and which then means velocity. The same file is right in one program and brown noise in the next.`,
  mend: 'Say it: a YAML file of the same name with `parameterization` beside the file, `modelspec.prediction_type` in its metadata, `prediction_type` in scheduler_config.json. A smoke test tells which is true.',
  sources: [
    'ComfyUI, comfy/supported_models.py, SD20.model_type',
    'diffusers, single_file_utils.py, _legacy_load_scheduler: global_step 875000; InvokeAI: 220000 and 110000',
    'AUTOMATIC1111, modules/sd_models_config.py, is_using_v_parameterization_for_sd2',
  ],
  *check(context) {
    if (predictionDeclarations(context.checkpoint).length > 0) return;
    // a folder without the word means epsilon, for the one program that reads it
    if (context.checkpoint.schedulerConfig !== undefined) return;
    if (context.checkpoint.metadata.get('modelspec.architecture')?.startsWith('stable-diffusion-v2') === true)
      return;
    if (context.setups?.some(({ fields }) => fields.prediction_type !== undefined) === true) return;
    for (const { component, net } of liveNets(context)) {
      if (net.family.id !== 'sd2') continue;
      const step = context.checkpoint.metadata.get('global_step') ?? '';
      yield { args: { net: nameOf(component), step }, place: placeOf(context, component) };
    }
  },
  words: ({ net, step }) => ({
    what: `nothing tells whether ${net} predicts noise or velocity`,
    found: step === '' ? 'no marker, no metadata, no config' : `only global_step ${step}`,
    expected: 'epsilon (512 pixels) or v_prediction (768 pixels), said somewhere',
  }),
});
