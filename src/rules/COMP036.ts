import { ofKind } from './support/components.ts';
import { isDefault, saying, toldPlace, trainedOf } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** The prompt is read after another layer of CLIP than in training. */
export const COMP036 = defineRule<{ setup: string; runs: string; net: string }>({
  id: 'COMP036',
  name: 'clip-skip-mismatch',
  title: 'The setup reads the prompt after another layer than the net was trained on',
  severity: 'warning',
  evidence: 'config',
  since: '0.1.0',
  why: `A net learns what the words mean from one layer of its text encoder. Stable Diffusion 1 reads the last of CLIP's 12; many anime models were trained on the one before (clip skip 2); Stable Diffusion 2 and SDXL read the last but one by design. One layer off, prompts are followed more weakly, style and detail shift, and nothing says why.`,
  mend: 'Set clip skip to what the net was trained with: Clip skip in AUTOMATIC1111, CLIPSetLastLayer −2 for 2 in ComfyUI, `layer: penultimate` in the YAML of Stable Diffusion 2.',
  sources: [
    'diffusers issues 1863 and 1721; OneTrainer issue 915; ComfyUI PR 1706',
    'Stability-AI/stablediffusion, v2-inference.yaml: layer penultimate',
    'sd-scripts, ss_clip_skip; ModelSpec, encoder_layer',
  ],
  *check(context) {
    const trained = trainedOf(context);
    if (trained === undefined) return;
    const own = trained.fields.clip_skip;
    for (const { name, fields, program } of context.setups ?? []) {
      const runs = fields.clip_skip;
      if (runs === undefined) continue;
      // AUTOMATIC1111 reads SD 2 and SDXL after their own layer unless it is told to skip more
      const design = program === 'a1111' && isDefault(runs) ? undefined : penultimate(context, program);
      const wants = own?.value ?? design;
      if (wants === undefined || wants === runs.value) continue;
      const net =
        own === undefined ? `${wants}: this text encoder is read after its last layer but one` : saying(own);
      yield { args: { setup: name, runs: saying(runs), net }, place: toldPlace(runs) };
    }
  },
  words: ({ setup, runs, net }) => ({
    what: `${setup} reads the prompt after another layer than the net was trained on`,
    found: `clip skip ${runs}`,
    expected: net,
  }),
});

/** In the layouts that keep all layers of OpenCLIP-H, and in programs that count from its last one. */
function penultimate(context: Parameters<typeof ofKind>[0], program: string): number | undefined {
  if (program !== 'ldm' && program !== 'comfyui') return undefined;
  const [encoder] = ofKind(context, 'text_encoder');
  return encoder?.id === 'openclip-h' ? 2 : undefined;
}
