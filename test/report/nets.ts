import type { Component } from '../../src/components/component.ts';
import type { Block, BlockKind, Net, Skip, Stage } from '../../src/topology/net.ts';
import type { Problem } from '../../src/topology/problem.ts';
import type { Scale } from '../../src/report/scale.ts';

/** A net by hand: enough of one for a reporter, none of its tensors. */
export interface NetSpec {
  readonly title: string;
  readonly channels: readonly number[];
  readonly layers: number;
  /** Transformer blocks at each level, 0 for none. */
  readonly depths: readonly number[];
  readonly midDepth: number;
  readonly withMiddle?: boolean;
  readonly attention?: BlockKind & ('attention' | 'transformer');
  readonly inChannels?: number;
  readonly latentDivisor?: number;
}

export const SD1: NetSpec = {
  title: 'Stable Diffusion 1',
  channels: [320, 640, 1280, 1280],
  layers: 2,
  depths: [1, 1, 1, 0],
  midDepth: 1,
};

export const SDXL: NetSpec = {
  title: 'Stable Diffusion XL',
  channels: [320, 640, 1280],
  layers: 2,
  depths: [0, 2, 10],
  midDepth: 10,
};

function block(
  id: string,
  kind: BlockKind,
  widths: readonly [number, number],
  divisors: readonly [number, number],
  depth = 0,
): Block {
  return {
    id,
    fileId: id,
    kind,
    inChannels: widths[0],
    outChannels: widths[1],
    divisor: divisors[0],
    outDivisor: divisors[1],
    temporal: false,
    ...(depth > 0
      ? {
          attention: {
            depth,
            crossAttentionDim: 768,
            onlyCrossAttention: false,
            heads: { value: 8, known: 'convention', from: 'every runtime assumes 8 for this family' },
          },
        }
      : {}),
    tensors: [],
    parameters: 1000,
  };
}

function stage(id: string, level: number, channels: number, blocks: readonly Block[]): Stage {
  return { id, level, channels, divisor: 2 ** level, blocks };
}

export function makeNet(spec: NetSpec): Net {
  const { channels, layers, depths, midDepth } = spec;
  const kind = spec.attention ?? 'transformer';
  const last = channels.length - 1;
  const width = (level: number) => channels[level] ?? 0;
  const kept: { id: string; channels: number; divisor: number }[] = [
    { id: 'conv_in', channels: width(0), divisor: 1 },
  ];

  const encoder = channels.map((out, level) => {
    const at = 2 ** level;
    const blocks: Block[] = [];
    for (let index = 0; index < layers; index += 1) {
      const from = index === 0 ? width(Math.max(0, level - 1)) : out;
      blocks.push(block(`down_blocks.${level}.resnets.${index}`, 'resnet', [from, out], [at, at]));
      const depth = depths[level] ?? 0;
      if (depth > 0) {
        blocks.push(block(`down_blocks.${level}.attentions.${index}`, kind, [out, out], [at, at], depth));
      }
      kept.push({ id: blocks.at(-1)?.id ?? '', channels: out, divisor: at });
    }
    if (level < last) {
      const id = `down_blocks.${level}.downsamplers.0`;
      blocks.push(block(id, 'downsample', [out, out], [at, at * 2]));
      kept.push({ id, channels: out, divisor: at * 2 });
    }
    return stage(`down_blocks.${level}`, level, out, blocks);
  });

  const deep = width(last);
  const deepest = 2 ** last;
  const middle = stage('mid_block', last, deep, [
    block('mid_block.resnets.0', 'resnet', [deep, deep], [deepest, deepest]),
    ...(midDepth > 0
      ? [block('mid_block.attentions.0', kind, [deep, deep], [deepest, deepest], midDepth)]
      : []),
    block('mid_block.resnets.1', 'resnet', [deep, deep], [deepest, deepest]),
  ]);

  const skips: Skip[] = [];
  let below = deep;
  const decoder = channels.map((_, index) => {
    const level = last - index;
    const out = width(level);
    const at = 2 ** level;
    const blocks: Block[] = [];
    for (let layer = 0; layer <= layers; layer += 1) {
      const id = `up_blocks.${index}.resnets.${layer}`;
      const producer = kept.pop();
      if (producer === undefined) throw new Error('no skip left');
      const expects = below + producer.channels;
      skips.push({
        producer: producer.id,
        consumer: id,
        channels: producer.channels,
        below,
        expects,
        divisor: producer.divisor,
        consumerDivisor: at,
        join: 'concat',
        holds: true,
      });
      blocks.push(block(id, 'resnet', [expects, out], [at, at]));
      const depth = depths[level] ?? 0;
      if (depth > 0) {
        blocks.push(block(`up_blocks.${index}.attentions.${layer}`, kind, [out, out], [at, at], depth));
      }
      below = out;
    }
    if (level > 0) {
      blocks.push(block(`up_blocks.${index}.upsamplers.0`, 'upsample', [out, out], [at, at / 2]));
    }
    return stage(`up_blocks.${index}`, level, out, blocks);
  });

  const net: Net = {
    family: { id: 'sd1', title: spec.title, known: 'measured', from: 'its shapes', sameShapes: [] },
    dialect: 'ldm',
    spatialDims: 2,
    inChannels: { value: spec.inChannels ?? 4, known: 'measured', from: 'input_blocks.0.0.weight' },
    outChannels: { value: 4, known: 'measured', from: 'out.2.weight' },
    modelChannels: { value: width(0), known: 'measured', from: 'input_blocks.0.0.weight' },
    conditioning: {
      timeEmbedDim: { value: width(0) * 4, known: 'measured', from: 'time_embed.0.weight' },
      timeInputDim: { value: width(0), known: 'measured', from: 'time_embed.0.weight' },
      crossAttentionDim: {
        value: 768,
        known: 'measured',
        from: 'input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight',
      },
    },
    embeddings: [block('time_embedding', 'embedding', [width(0), width(0) * 4], [1, 1])],
    stem: block('conv_in', 'conv', [4, width(0)], [1, 1]),
    encoder,
    decoder,
    head: block('conv_out', 'conv', [width(0), 4], [1, 1]),
    skips,
    parameters: 859_520_964,
  };
  return spec.withMiddle === false ? net : { ...net, middle };
}

/** The net with one skip broken: its producer writes half of what the consumer expects. */
export function withBrokenSkip(net: Net, at: number): Net {
  return {
    ...net,
    skips: net.skips.map((skip, index) =>
      index === at ? { ...skip, channels: skip.channels / 2, holds: false } : skip,
    ),
  };
}

export function makeComponent(net: Net, problems: readonly Problem[] = []): Component {
  return {
    kind: 'unet',
    id: net.family.id,
    title: net.family.title,
    part: '',
    prefix: 'model.diffusion_model.',
    tensors: [
      {
        name: 'input_blocks.0.0.weight',
        tensor: {
          name: 'model.diffusion_model.input_blocks.0.0.weight',
          dtype: 'F16',
          shape: [320, 4, 3, 3],
          file: 0,
          offset: 1024,
          byteLength: 23_040,
        },
      },
    ],
    parameters: net.parameters,
    facts: new Map(),
    net,
    problems,
  };
}

/** Sizes as strided convolutions and doublings give them. */
export function makeScale(net: Net, pixels: number, asked = true): Scale {
  const latent = pixels / 8;
  const at = (divisor: number) => ({
    height: Math.ceil(latent / divisor),
    width: Math.ceil(latent / divisor),
  });
  const sizes = new Map([[net.stem.id, at(1)]]);
  for (const stage of [...net.encoder, ...net.decoder]) {
    for (const one of stage.blocks) sizes.set(one.id, at(one.outDivisor));
  }
  return { resolution: { width: pixels, height: pixels }, asked, latent: at(1), sizes };
}
