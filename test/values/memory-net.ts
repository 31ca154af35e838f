/** Nets held in memory as float32, to be damaged and read again. */
import { openFile } from '../../src/bytes/file.ts';
import { identifyComponents } from '../../src/components/index.ts';
import type { Tensor } from '../../src/formats/checkpoint.ts';
import { decodeFloats } from '../../src/formats/decode.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { type Block, blocksOf, type Net, type Stage } from '../../src/topology/net.ts';
import type { ReadTensor } from '../../src/values/weights.ts';

export type Values = ReadonlyMap<string, Float32Array>;

/** The U-Nets of `fixtures/shapes`, one in each of the grammars of Stable Diffusion 1. */
export const SHAPES = {
  'sd1-v': 'fixtures/shapes/sd1-v/unet/diffusion_pytorch_model.safetensors',
  'sd1-eps': 'fixtures/shapes/sd1-eps.safetensors',
} as const;

/** A net whose tensors are float32, and how they are read. */
export interface MemoryNet {
  readonly net: Net;
  /** Elements by canonical name. */
  readonly values: Values;
  readonly read: ReadTensor;
}

/** Reads the U-Net of a safetensors file whole. */
export async function loadNet(path: string): Promise<MemoryNet> {
  const source = await openFile(path);
  const components = identifyComponents(await openCheckpoint(source));
  const net = components.find(({ kind }) => kind === 'unet')?.net;
  if (net === undefined) throw new Error(`${path} holds no U-Net`);
  const values = new Map<string, Float32Array>();
  for (const { canonical, tensor } of blocksOf(net).flatMap(({ tensors }) => tensors)) {
    const bytes = await source.read(tensor.offset, tensor.byteLength);
    values.set(canonical, decodeFloats(bytes, tensor.dtype));
  }
  await source.close();
  return withValues(net, values);
}

/** The same net with other numbers in it. */
export function withValues(net: Net, values: Values): MemoryNet {
  const byTensor = new Map<Tensor, Float32Array>();
  const block = (each: Block): Block => ({
    ...each,
    tensors: each.tensors.map(({ canonical, tensor }) => {
      const floats = values.get(canonical) as Float32Array;
      const plain: Tensor = { ...tensor, dtype: 'F32', byteLength: floats.byteLength };
      byTensor.set(plain, floats);
      return { canonical, tensor: plain };
    }),
  });
  const stage = (each: Stage): Stage => ({ ...each, blocks: each.blocks.map(block) });
  const copy: Net = {
    ...net,
    embeddings: net.embeddings.map(block),
    stem: block(net.stem),
    encoder: net.encoder.map(stage),
    ...(net.middle === undefined ? {} : { middle: stage(net.middle) }),
    decoder: net.decoder.map(stage),
    head: block(net.head),
  };
  const read: ReadTensor = async (tensor, { from, to } = { from: 0, to: tensor.byteLength }) => {
    const floats = byTensor.get(tensor);
    if (floats === undefined) throw new Error(`${tensor.name} is not of this net`);
    return new Uint8Array(floats.buffer, floats.byteOffset + from, to - from);
  };
  return { net: copy, values, read };
}

export function shapeOf({ net }: MemoryNet, canonical: string): readonly number[] {
  const owned = blocksOf(net).flatMap(({ tensors }) => tensors);
  return owned.find((each) => each.canonical === canonical)?.tensor.shape ?? [];
}
