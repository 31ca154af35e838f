import { nameOf, numberFact, ofKind, placeOf, textFact } from './support/components.ts';
import { defineRule } from './rule.ts';

/** OpenCLIP-H has as many layers as its layout should not have. */
export const COMP028 = defineRule<{ encoder: string; layers: number; layout: string; usual: number }>({
  id: 'COMP028',
  name: 'penultimate-layer',
  title: 'OpenCLIP-H has another number of layers than its layout expects',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `Stable Diffusion 2 reads the text after the 23rd of OpenCLIP-H's 24 layers. In LDM's layout all 24 are stored and the program stops one early. In Hugging Face's layout only 23 are stored, and the program reads the last. A file of the one layout with the other's count makes a program read one layer too few or too many: the prompt is followed worse, and nothing says so.

With 23 layers in LDM's layout (as in Waifu Diffusion) most programs manage, because they never read the last layer; strict loaders refuse the file.`,
  mend: 'Convert the text encoder again, with its last layer left out for Hugging Face’s layout and kept for LDM’s.',
  sources: [
    'diffusers issues 1863 and 1721',
    'ComfyUI PR 1706',
    'model-toolkit, CLIP-v2-WD: the last layer missing',
  ],
  *check(context) {
    for (const encoder of ofKind(context, 'text_encoder')) {
      const layers = numberFact(encoder, 'num_hidden_layers');
      const layout = textFact(encoder, 'layout');
      if (encoder.id !== 'openclip-h' || layers === undefined || layout === undefined) continue;
      const open = layout.startsWith('OpenCLIP');
      const usual = open ? 24 : 23;
      if (layers === usual) continue;
      yield {
        args: { encoder: nameOf(encoder), layers, layout, usual },
        place: placeOf(context, encoder),
        ...(open && layers === 23 ? { severity: 'note' as const } : {}),
      };
    }
  },
  words: ({ encoder, layers, layout, usual }) => ({
    what: `${encoder} has ${layers} layers in the layout of ${layout}`,
    found: String(layers),
    expected: String(usual),
  }),
});
