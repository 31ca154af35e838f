import type { Component } from '../components/component.ts';
import type { Tensor } from '../formats/checkpoint.ts';
import { blocksOf, type Net } from '../topology/net.ts';
import { type FusedReading, readFusedOrder } from './conventions/fused.ts';
import { type HeadsReading, readHeads } from './conventions/heads.ts';
import { readSinusoid, type SinusoidReading } from './conventions/sinusoid.ts';
import type { TensorScan } from './scan/scan-tensor.ts';
import type { ReadTensor } from './weights.ts';
import { readWiring, type WiringReading } from './wiring/index.ts';

/** What the weights of one net say about how it is put together. */
export interface NetReading {
  readonly component: Component;
  readonly wiring?: WiringReading;
  readonly heads: readonly HeadsReading[];
  readonly sinusoid?: SinusoidReading;
  readonly fused?: FusedReading;
  /** Why the wiring could not be judged at all. */
  readonly unjudged?: string;
}

export interface NetReadingOptions {
  readonly read: ReadTensor;
  /** What quantised weights are multiplied by. */
  readonly scales: ReadonlyMap<Tensor, Tensor>;
  readonly told: (layer: number, of: number) => void;
}

/** Layers of a wide net are looked at through so many of their channels: SDXL then takes about a minute. */
const CHANNELS = 128;

/** Fewer proven ports are no net that was trained. */
const LEAST_PROVEN = 0.05;

/** Reads a net's wiring, heads, order of sines and cosines, and order of fused projections off its weights. */
export async function readNet(
  component: Component,
  scans: ReadonlyMap<Tensor, TensorScan>,
  { read, scales, told }: NetReadingOptions,
): Promise<NetReading> {
  const { net } = component;
  if (net === undefined) throw new Error('a component whose net is read has one');
  const nothing = { component, heads: [] };
  if (net.spatialDims !== 2)
    return { ...nothing, unjudged: 'the method does not know nets that mix over frames' };
  const broken = unreadable(net, scans);
  if (broken !== undefined) return { ...nothing, unjudged: broken };
  const wiring = await readWiring(net, read, { channels: CHANNELS, told });
  const proven = wiring.ports.filter(({ verdict }) => verdict === 'consistent').length;
  const sinusoid = await readSinusoid(net, read, scales);
  const fused = await readFusedOrder(net, read);
  return {
    component,
    wiring,
    heads: await readHeads(net, read),
    ...(sinusoid === undefined ? {} : { sinusoid }),
    ...(fused === undefined ? {} : { fused }),
    ...(proven < LEAST_PROVEN * wiring.ports.length
      ? {
          unjudged:
            'hardly any two layers fit each other beyond chance: too little training, or no U-Net with norms',
        }
      : {}),
  };
}

function unreadable(net: Net, scans: ReadonlyMap<Tensor, TensorScan>): string | undefined {
  for (const { tensors } of blocksOf(net)) {
    for (const { tensor } of tensors) {
      const scan = scans.get(tensor);
      if (scan === undefined) return 'not all of its tensors could be read';
      if (scan.tally.nan + scan.tally.infinite > 0) return 'some of its numbers are NaN or infinite';
    }
  }
  return undefined;
}
