import { scheduleText } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** A YAML beside the file says what it is, to the programs that look for one. */
export const SCHED021 = defineRule<{ sidecar: string; says: readonly string[]; used: boolean }>({
  id: 'SCHED021',
  name: 'sidecar-beside',
  title: 'A YAML beside the file says how it is to be run',
  severity: 'note',
  evidence: 'config',
  since: '0.1.0',
  why: `AUTOMATIC1111 reads \`model.yaml\` beside \`model.safetensors\` and goes by it, whatever stands in the checkpoint; Forge takes v-prediction from it, and nothing else. No other program that is known here looks for it: what only the YAML says, such as v-prediction in a Stable Diffusion 1, is lost there. The model was held against it as against a setup that is named, where none was.`,
  mend: 'Nothing is wrong. To have the model read alike everywhere, write what the YAML says into its metadata too, or hand it on as a diffusers folder.',
  sources: [
    'AUTOMATIC1111 stable-diffusion-webui modules/sd_models_config.py, `find_checkpoint_config`; Forge backend/loader.py',
    'diffusers issue 9171; Forge issue 123; sdnext issue 3319',
  ],
  *check({ sidecar }) {
    if (sidecar?.setup === undefined) return;
    const { prediction_type, vae_scale, beta_schedule } = sidecar.setup.fields;
    const says = [
      ...(prediction_type === undefined ? [] : [prediction_type.value]),
      ...(beta_schedule === undefined ? [] : [scheduleText(sidecar.setup.fields)]),
      ...(vae_scale === undefined ? [] : [`latents scaled by ${vae_scale.value}`]),
    ];
    yield { args: { sidecar: sidecar.path, says, used: sidecar.used }, place: { file: sidecar.path } };
  },
  words: ({ sidecar, says, used }) => ({
    what: `${sidecar} beside it says how it is to be run`,
    found: says.length === 0 ? 'nothing that is compared here' : says.join('; '),
    expected: used ? 'the same in the model, which was held against it' : 'not compared: a setup was named',
  }),
});
