import type { ComponentKind } from '../components/component.ts';
import { nameOf, ofKind, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** What each kind is good for, for someone who expected a U-Net. */
const USES: ReadonlyMap<ComponentKind, string> = new Map<ComponentKind, string>([
  ['vae', 'turns latents into pictures; load it as a VAE'],
  ['text_encoder', 'turns prompts into numbers; load it as a text encoder'],
  ['image_encoder', 'turns pictures into numbers; load it as a vision model'],
  ['controlnet', 'steers a U-Net; load it as a ControlNet beside a checkpoint'],
  ['t2i_adapter', 'steers a U-Net; load it as a T2I adapter beside a checkpoint'],
  ['ip_adapter', 'steers a U-Net by a picture; load it as an IP-Adapter beside a checkpoint'],
  ['lora', 'changes a net; load it as a LoRA beside a checkpoint'],
  ['motion_module', 'adds motion to a U-Net; load it with AnimateDiff beside a checkpoint'],
  ['textual_inversion', 'adds a word; put it with the embeddings'],
  ['depth_estimator', 'measures depth; it belongs into a depth model'],
  ['dit', 'is a transformer without skip connections; there is no U to prove'],
  ['other_unet', 'is a U-Net of another grammar; its skips are not proved here'],
  ['ema', 'is the averaged weights of a U-Net without the net itself'],
]);

/** Components that serve a net: beside one they need no word. */
const HELPERS: ReadonlySet<ComponentKind> = new Set([
  'vae',
  'text_encoder',
  'image_encoder',
  'depth_estimator',
]);

/** There is no U-Net to check, but something else. */
export const COMP023 = defineRule<{ name: string; use: string; parameters: number; rebuildable: boolean }>({
  id: 'COMP023',
  name: 'not-a-unet',
  title: 'There is no U-Net to prove',
  severity: 'note',
  evidence: 'header',
  since: '0.1.0',
  why: `Programs that go by file name, size or a single tensor take one kind of file for another: ComfyUI's detector calls a bare ControlNet Stable Diffusion 1.5, SD.Next goes by size in megabytes, and an SDXL Lightning model has been installed as a VAE. What a file is, its names and shapes say.

The rules about skips, widths and conditioning have nothing to look at here. They were not passed: they did not apply.`,
  mend: 'If a whole checkpoint was expected, this is the wrong file.',
  sources: [
    'ComfyUI, comfy/model_detection.py',
    'SD.Next, modules/sd_detect.py; issue 3905; InvokeAI issue 6538',
  ],
  *check(context) {
    if (ofKind(context, 'unet').length > 0) return;
    const known = context.components.filter(({ kind }) => USES.has(kind));
    const nets = known.filter(({ kind }) => !HELPERS.has(kind));
    for (const component of nets.length > 0 ? nets : known) {
      const use = USES.get(component.kind) ?? '';
      const args = {
        name: nameOf(component),
        use,
        parameters: component.parameters,
        rebuildable: component.kind !== 'other_unet',
      };
      yield { args, place: placeOf(context, component) };
    }
  },
  words: ({ name, use, parameters, rebuildable }) => ({
    what: rebuildable ? `no U-Net here, but ${name}` : `${name} is named here, not rebuilt`,
    found: `${parameters} parameters; it ${use}`,
    expected: 'a U-Net of the LDM or diffusers grammar, for the checks of the net',
  }),
});
