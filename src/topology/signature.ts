import type { Solution } from './blueprint.ts';
import type { Traits } from './modules/traits.ts';
import type { Outline, OutlinedStage } from './outline.ts';

/** What the shapes of a net come to in numbers: families are told apart by these and nothing else. */
export interface Signature {
  readonly in_channels: number;
  readonly out_channels: number;
  /** Width of each level, outermost first. */
  readonly block_out_channels: readonly number[];
  /** Resnets of each encoder level. */
  readonly layers_per_block: readonly number[];
  /** Transformer depth behind each encoder resnet; 0 for none, -1 for a plain attention. */
  readonly down_depths: readonly number[];
  /** `none` without a middle block, `resnet` for one resnet alone, else the depths of its attentions. */
  readonly mid: 'none' | 'resnet' | readonly number[];
  /** Transformer depth behind each decoder resnet, from the deepest up. */
  readonly up_depths: readonly number[];
  readonly cross_attention_dim: number | undefined;
  /** Width of `add_embedding`, or of a vector class embedding. */
  readonly added_width: number | undefined;
  readonly class_width: number | undefined;
  readonly classes: number | undefined;
  readonly guidance_dim: number | undefined;
  readonly encoder_hid_dim: number | undefined;
  readonly linear_projection: boolean;
  /** Levels whose first attention reads the text. */
  readonly only_cross_attention: readonly boolean[];
  readonly video: boolean;
  /** Resnets take a scale and a shift from the time embedding. */
  readonly scale_shift: boolean;
  /** Levels are left and entered by resnets. */
  readonly resblock_updown: boolean;
  /** Plain attentions read the text too. */
  readonly added_keys: boolean;
}

/** Reads the signature off a solved outline; a width that nothing in the file tells is 0. */
export function signatureOf(net: Outline, traits: Traits, solution: Solution): Signature {
  const value = (width: Parameters<Solution['value']>[0] | undefined): number | undefined =>
    width === undefined ? undefined : solution.value(width);
  const sampler = net.encoder.find((stage) => stage.plan.sampler !== undefined)?.plan.sampler;
  return {
    in_channels: value(net.inChannels) ?? 0,
    out_channels: value(net.outChannels) ?? 0,
    block_out_channels: net.encoder.map((stage) => stageWidth(stage, solution)),
    layers_per_block: net.encoder.map((stage) => stage.plan.resnets),
    down_depths: net.encoder.flatMap(depths),
    mid: middle(net.middle),
    up_depths: net.decoder.flatMap(depths),
    cross_attention_dim: value(net.shared.text),
    added_width: value(net.inputs.added),
    class_width: value(net.inputs.classInput),
    classes: value(net.inputs.classes),
    guidance_dim: value(net.inputs.guidance),
    encoder_hid_dim: value(net.inputs.encoderHid),
    linear_projection: traits.linearProjection,
    only_cross_attention: net.encoder.map((stage) => stage.blocks.some((block) => block.onlyCross === true)),
    video: traits.video,
    scale_shift: traits.timeScale === 2,
    resblock_updown: sampler === 'resnet',
    added_keys: traits.addedKeys,
  };
}

/** Channels that a stage's last resnet writes. */
export function stageWidth(stage: OutlinedStage, solution: Solution): number {
  const resnets = stage.blocks.filter((block) => block.kind === 'resnet');
  for (const block of resnets.reverse()) {
    const width = solution.value(block.ends.output);
    if (width !== undefined) return width;
  }
  return 0;
}

function depths(stage: OutlinedStage): number[] {
  return Array.from({ length: stage.plan.resnets }, (_, index) => {
    const planned = stage.plan.attentions.get(index);
    if (planned === undefined) return 0;
    return planned.depth === 0 ? -1 : planned.depth;
  });
}

function middle(stage: OutlinedStage | undefined): Signature['mid'] {
  if (stage === undefined) return 'none';
  if (stage.plan.resnets === 1) return 'resnet';
  return [...stage.plan.attentions.values()].map(({ depth }) => (depth === 0 ? -1 : depth));
}
