import type { SetupTextEncoder } from '../setup/setup.ts';
import { liveNets, listed, nameOf, placeOf } from './support/components.ts';
import { toldPlace } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** Widths of the text that each encoder writes. Source: the configs of openai/clip-vit-large-patch14 and laion's OpenCLIP. */
const WIDTHS: ReadonlyMap<string, number> = new Map([
  ['clip-l', 768],
  ['openclip-h', 1024],
  ['openclip-g', 1280],
  ['ldm-bert', 1280],
]);

/** The setup names text encoders of another kind than the net reads. */
export const COMP037 = defineRule<{
  setup: string;
  encoders: readonly string[];
  width: number;
  net: string;
  reads: number;
}>({
  id: 'COMP037',
  name: 'text-encoder-mismatch',
  title: 'The setup brings text encoders of another kind than the net reads',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `Stable Diffusion 1 reads CLIP ViT-L (768 channels), Stable Diffusion 2 OpenCLIP ViT-H (1024), SDXL CLIP ViT-L beside OpenCLIP ViT-bigG (768 + 1280 = 2048), its refiner bigG alone (1280). Another encoder stops at the first matrix product in the best case. Where widths agree and the encoder differs, as between the two of width 1280, pictures have nothing to do with the prompt.`,
  mend: 'Name the text encoders that the net was trained with.',
  sources: [
    'CompVis/stable-diffusion issue 806: another CLIP swapped in',
    'Stability-AI/generative-models, configs/inference/sd_xl_base.yaml, conditioner_config',
  ],
  *check(context) {
    for (const { component, net } of liveNets(context)) {
      const reads = net.conditioning.crossAttentionDim?.value;
      // what reads text through a projection says nothing of its encoder's width
      if (reads === undefined || net.conditioning.encoderHidDim !== undefined) continue;
      for (const { name, fields } of context.setups ?? []) {
        const told = fields.text_encoders;
        const widths = told?.value.map(widthOf) ?? [];
        if (told === undefined || widths.length === 0 || widths.includes(undefined)) continue;
        const width = widths.reduce((sum: number, each) => sum + (each ?? 0), 0);
        if (width === reads) continue;
        yield {
          args: {
            setup: name,
            encoders: told.value.map(({ id }) => id),
            width,
            net: nameOf(component),
            reads,
          },
          place: toldPlace(told),
          related: [placeOf(context, component)],
        };
      }
    }
  },
  words: ({ setup, encoders, width, net, reads }) => ({
    what: `${setup} brings ${listed(encoders)}, which ${net} does not read`,
    found: `text ${width} wide`,
    expected: `${reads}`,
  }),
});

function widthOf({ id, width }: SetupTextEncoder): number | undefined {
  return width ?? WIDTHS.get(id);
}
