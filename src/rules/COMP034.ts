import { isSdxlGrammar, liveNets } from './support/components.ts';
import { runsOf, saying, toldPlace } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** An autoencoder finetuned to stay within float16. */
const FIXED = /fp16[-_ ]?fix/i;

/** SDXL's autoencoder is decoded in half precision. */
export const COMP034 = defineRule<{ setup: string; found: string }>({
  id: 'COMP034',
  name: 'vae-runs-in-half',
  title: 'The setup decodes with SDXL’s autoencoder in half precision',
  severity: 'warning',
  evidence: 'config',
  since: '0.1.0',
  why: `The numbers inside SDXL's original decoder exceed 65,504, the largest of float16. Decoded in float16 the picture is NaN: black, after a whole run without an error. Diffusers runs it in float32 as long as \`force_upcast\` is true; a config in which that was lost, or a setup that asks for float16, brings the black picture back.`,
  mend: 'Decode in bfloat16 or float32: `force_upcast: true` in vae/config.json, `--no-half-vae` in AUTOMATIC1111, `--fp32-vae` or `--bf16-vae` in ComfyUI; or use the version finetuned for fp16.',
  sources: [
    'AUTOMATIC1111 issue 12019; InvokeAI issue 4454; stable-diffusion.cpp issue 167; sdnext issue 2193',
    'diffusers, autoencoder_kl.py, force_upcast',
  ],
  *check(context) {
    if (!liveNets(context).some(({ net }) => isSdxlGrammar(net))) return;
    for (const { name, fields } of runsOf(context)) {
      const { vae_upcast: upcast, vae_dtype: dtype, vae } = fields;
      if (FIXED.test(vae?.value ?? '')) continue;
      const told = upcast?.value === false ? upcast : dtype?.value === 'float16' ? dtype : undefined;
      if (told === undefined || (told === dtype && upcast?.value === true)) continue;
      // a net that is not kept in half precision is decoded as it is
      if (told === upcast && dtype !== undefined && dtype.value !== 'float16') continue;
      const found = told === upcast ? `force_upcast ${saying(told)}` : saying(told);
      yield { args: { setup: name, found }, place: toldPlace(told) };
    }
  },
  words: ({ setup, found }) => ({
    what: `${setup} decodes with SDXL's autoencoder in half precision`,
    found,
    expected: 'float32 or bfloat16, or the version finetuned for fp16',
  }),
});
