import { vaeConfig } from '../components/configs.ts';
import {
  isSdxlGrammar,
  liveNets,
  nameOf,
  numberFact,
  ofKind,
  partOf,
  placeOf,
} from './support/components.ts';
import { defineRule } from './rule.ts';

/** The autoencoder of an SDXL model is stored in half precision. */
export const COMP025 = defineRule<{ vae: string; tensors: number }>({
  id: 'COMP025',
  name: 'sdxl-vae-half-precision',
  title: 'An SDXL autoencoder in half precision may overflow',
  severity: 'note',
  evidence: 'header',
  since: '0.1.0',
  why: `The original autoencoder of SDXL makes numbers inside its decoder that a 16-bit float cannot hold (above 65,504). Run in fp16 it yields NaN at the very last step: a black picture after a full run. Most programs know of this and decode in fp32 or bf16; diffusers does so only while \`force_upcast\` is true.

There is a finetuned version of the same shapes that stays in range. Headers cannot tell the two apart, so this is a note: storing in fp16 alone does no harm.`,
  mend: 'Decode in fp32 or bf16, or use the finetuned fp16 version. In a diffusers folder keep `force_upcast: true`.',
  sources: [
    'AUTOMATIC1111 issue 12019; InvokeAI issue 4454; stable-diffusion.cpp issue 167',
    'madebyollin/sdxl-vae-fp16-fix',
  ],
  *check(context) {
    if (!liveNets(context).some(({ net }) => isSdxlGrammar(net))) return;
    for (const vae of ofKind(context, 'vae')) {
      if (vae.id !== 'autoencoder-kl' || numberFact(vae, 'latent_channels') !== 4) continue;
      const half = vae.tensors.filter(({ tensor }) => tensor.dtype === 'F16').length;
      const part = partOf(context, vae);
      const upcast = part === undefined ? undefined : vaeConfig(part)?.forceUpcast?.value;
      if (half * 2 <= vae.tensors.length || upcast === true) continue;
      yield { args: { vae: nameOf(vae), tensors: half }, place: placeOf(context, vae) };
    }
  },
  words: ({ vae, tensors }) => ({
    what: `${vae} beside an SDXL net is stored in fp16`,
    found: `${tensors} tensors of F16`,
    expected: 'decoding in F32 or BF16, or the version finetuned for fp16',
  }),
});
