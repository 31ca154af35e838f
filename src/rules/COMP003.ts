import type { Component } from '../components/component.ts';
import { unetConfig } from '../components/configs.ts';
import type { Net } from '../topology/net.ts';
import {
  isSdxlGrammar,
  listed,
  liveNets,
  nameOf,
  numberFact,
  ofKind,
  partOf,
  placeOf,
  textFact,
} from './support/components.ts';
import { defineRule } from './rule.ts';
import { TIME_ID_COUNTS, TIME_ID_WIDTH } from './support/widths.ts';

/** The pooled text and the time ids do not add up to what the net's added embedding reads. */
export const COMP003 = defineRule<{
  net: string;
  reads: number;
  encoders: readonly string[];
  pooled: readonly number[];
  timeIds: number;
  timeIdWidth: number;
}>({
  id: 'COMP003',
  name: 'pooled-width-mismatch',
  title: 'The pooled text and the time ids do not fill the added embedding',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `SDXL adds to its time embedding what it is told beside the prompt: the pooled text of the second encoder and the picture's sizes, each number of them 256 wide. The base net reads 2816 = 1280 + 6 · 256, the refiner 2560 = 1280 + 5 · 256 (an aesthetic score in place of two sizes), Kolors 5632 = 4096 + 6 · 256.

When the encoder beside the net pools to another width, the first matrix product fails, or a loader pads it and the net is told nonsense about size and subject: soft, cropped or off-prompt pictures without any error.`,
  mend: 'Use the text encoders that the U-Net was trained with. For a refiner, use the refiner pipeline, which sends five numbers and not six.',
  sources: [
    'Stability-AI/generative-models, configs/inference/sd_xl_base.yaml and sd_xl_refiner.yaml: adm_in_channels and the embedders',
    'diffusers, pipeline_stable_diffusion_xl.py, _get_add_time_ids',
  ],
  *check(context) {
    const encoders = ofKind(context, 'text_encoder');
    const pooled = encoders.flatMap((encoder) => pooledWidth(encoder) ?? []);
    if (pooled.length === 0) return;
    for (const { component, net } of liveNets(context)) {
      const reads = net.conditioning.addedWidth?.value;
      if (reads === undefined || !isSdxlGrammar(net)) continue;
      const part = partOf(context, component);
      const declared = part === undefined ? undefined : unetConfig(part)?.additionTimeEmbedDim?.value;
      // a custom net may be told its sizes in another width, which nothing but a config says
      const width = declared ?? (net.family.id === 'custom' ? undefined : TIME_ID_WIDTH);
      const counts = countsOf(net);
      if (pooled.some((text) => fits(reads - text, counts, width))) continue;
      yield {
        args: {
          net: nameOf(component),
          reads,
          encoders: encoders.map(nameOf),
          pooled,
          timeIds: counts[0] as number,
          timeIdWidth: width ?? TIME_ID_WIDTH,
        },
        place: placeOf(context, component),
        related: encoders.map((encoder) => placeOf(context, encoder)),
      };
    }
  },
  words: ({ net, reads, encoders, pooled, timeIds, timeIdWidth }) => ({
    what: `${net} reads ${reads} added channels, which the pooled text of ${listed(encoders)} and the time ids do not make`,
    found: pooled
      .map((text) => `${text} + ${timeIds} · ${timeIdWidth} = ${text + timeIds * timeIdWidth}`)
      .join(' or '),
    expected: `${reads}`,
    evidence: 'shapes of label_emb or add_embedding and of text_projection',
  }),
});

/** CLIP pools into its projection; ChatGLM has none, and Kolors takes its last hidden state. */
function pooledWidth(encoder: Component): number | undefined {
  if (encoder.id === 'chatglm3') return numberFact(encoder, 'hidden_size');
  const projected = numberFact(encoder, 'projection_dim');
  // a CLIP-L without projection pools to its own width; only where no other encoder projects does it matter
  return (
    projected ?? (textFact(encoder, 'layout') === undefined ? undefined : numberFact(encoder, 'hidden_size'))
  );
}

/** The refiner is told five numbers, every other published net six; what a custom net is told, nothing says. */
function countsOf({ family }: Net): readonly number[] {
  if (family.id === 'custom') return TIME_ID_COUNTS;
  return family.id === 'sdxl-refiner' ? [5] : [6];
}

function fits(rest: number, counts: readonly number[], width: number | undefined): boolean {
  if (rest <= 0) return false;
  return counts.some((count) => (width === undefined ? rest % count === 0 : rest === count * width));
}
