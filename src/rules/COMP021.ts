import { nameOf, ofKind, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** The file holds the averaged weights beside the live ones. */
export const COMP021 = defineRule<{ ema: string; bytes: number }>({
  id: 'COMP021',
  name: 'ema-beside-net',
  title: 'The file holds a second U-Net: the averaged weights',
  severity: 'note',
  evidence: 'header',
  since: '0.1.0',
  why: `Training keeps a running average of the weights (EMA), which usually draws the better pictures. Programs for drawing read the live weights under \`model.diffusion_model\` and ignore the average; diffusers' converter takes it only when asked (\`--extract_ema\`). So the same file draws two different pictures, and half of its bytes are read by nobody.`,
  mend: 'Publish one of the two. For drawing, the averaged weights under the live names are what people expect; for training on, the live ones.',
  sources: ['diffusers issues 1818 and 3623', 'CompVis/latent-diffusion, ldm/modules/ema.py'],
  *check(context) {
    if (ofKind(context, 'unet').length === 0) return;
    for (const ema of ofKind(context, 'ema')) {
      const bytes = ema.tensors.reduce((sum, { tensor }) => sum + tensor.byteLength, 0);
      yield { args: { ema: nameOf(ema), bytes }, place: placeOf(context, ema) };
    }
  },
  words: ({ ema, bytes }) => ({
    what: `${ema} beside the live net`,
    found: `${bytes} bytes that most programs do not read`,
    expected: 'one U-Net',
  }),
});
