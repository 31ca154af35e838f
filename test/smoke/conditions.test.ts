import { describe, expect, test } from 'vitest';
import { companionsOf, drawDepth, drawPicture } from '../../src/smoke/companions.ts';
import type { CompiledGraph, GraphInput } from '../../src/smoke/compile/index.ts';
import { conditionsOf, guidanceEmbedding } from '../../src/smoke/conditions.ts';
import type { Values } from '../../src/smoke/engine.ts';
import { identifyComponents } from '../../src/components/index.ts';
import type { Net } from '../../src/topology/net.ts';
import { checkpoint } from '../build/checkpoint.ts';
import { golden } from '../build/parts.ts';

const OCCASION = { width: 96, height: 64, guidance: 1, negative: false };

function graphOf(...inputs: readonly GraphInput[]): CompiledGraph {
  return { inputs } as unknown as CompiledGraph;
}

const floats = (...dims: readonly number[]): Values => ({
  data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)).fill(0.5),
  dims,
});

function netOf(listing: string): Net {
  const made = checkpoint({ parts: [{ name: 'unet', tensors: golden(listing) }] });
  const net = identifyComponents(made).find(({ kind }) => kind === 'unet')?.net;
  if (net === undefined) throw new Error(`no net in ${listing}`);
  return net;
}

describe('what a net is fed beside the latent', () => {
  const TIME: GraphInput = { name: 'timestep', type: 'FLOAT', dims: ['batch'] };
  const TEXT: GraphInput = { name: 'encoder_hidden_states', type: 'FLOAT', dims: ['batch', 'tokens', 8] };
  const IDS: GraphInput = { name: 'time_ids', type: 'FLOAT', dims: ['batch', 6] };

  test('is the text, where it is as wide as the net reads', () => {
    const hidden = floats(1, 77, 8);
    const { inputs, standIns } = conditionsOf(graphOf(TIME, TEXT), { hidden }, OCCASION);
    expect([...inputs]).toEqual([['encoder_hidden_states', hidden]]);
    expect(standIns).toEqual([]);
  });

  test('is zeros in its place, aloud, where it is not', () => {
    const { inputs, standIns } = conditionsOf(graphOf(TEXT), { hidden: floats(1, 77, 4) }, OCCASION);
    expect(inputs.get('encoder_hidden_states')?.dims).toEqual([1, 77, 8]);
    expect(standIns).toEqual(['encoder_hidden_states [1, 77, 8]: zeros']);
  });

  test('is heights before widths, for SDXL', () => {
    const { inputs } = conditionsOf(graphOf(IDS), {}, OCCASION);
    expect([...(inputs.get('time_ids')?.data ?? [])]).toEqual([64, 96, 0, 0, 64, 96]);
  });

  test.each([
    [false, 6],
    [true, 2.5],
  ])('is an aesthetic score for the refiner (without the prompt: %s)', (negative, score) => {
    const ids = { ...IDS, dims: ['batch', 5] };
    const { inputs } = conditionsOf(graphOf(ids), {}, { ...OCCASION, negative });
    expect([...(inputs.get('time_ids')?.data ?? [])]).toEqual([64, 96, 0, 0, score]);
  });

  test('is a class of the table, or zeros for a vector that nothing makes', () => {
    const row: GraphInput = { name: 'class_labels', type: 'INT64', dims: ['batch'] };
    const vector: GraphInput = { name: 'class_labels', type: 'FLOAT', dims: ['batch', 16] };
    expect(conditionsOf(graphOf(row), {}, OCCASION).inputs.get('class_labels')).toEqual({
      data: BigInt64Array.of(1n),
      dims: [1],
    });
    expect(conditionsOf(graphOf(vector), {}, OCCASION).standIns).toEqual(['class_labels [1, 16]: zeros']);
  });

  test('is the guidance itself, for a distilled net', () => {
    // diffusers 0.42.1: LatentConsistencyModelPipeline.get_guidance_scale_embedding(tensor([6.5]), 8)
    const right = [-0.044785, 0.110189, 0.991123, 0.605186, -0.998997, 0.993911, 0.132946, 0.796084];
    const { data, dims } = guidanceEmbedding(7.5, 8);
    expect(dims).toEqual([1, 8]);
    // diffusers takes angles of thousands of radians in float32
    for (const [index, value] of right.entries())
      expect(Math.abs(Number(data[index]) - value)).toBeLessThan(1e-3);
  });
});

describe('channels behind the latent', () => {
  test.each([
    ['sd1-diffusers', []],
    ['sd1-inpainting-diffusers', [{ kind: 'mask' }, { kind: 'grey-latent', channels: 4 }]],
    ['sd1-instruct-pix2pix-diffusers', [{ kind: 'picture-latent', channels: 4 }]],
    ['sd-x4-upscaler-diffusers', [{ kind: 'picture' }]],
    ['sd2-depth-diffusers', [{ kind: 'depth' }]],
  ])('of %s', (listing, companions) => {
    expect(companionsOf(netOf(listing), 4)).toEqual(companions);
  });

  test('of a net that nothing is known of: zeros', () => {
    const net = netOf('sd1-inpainting-diffusers');
    const wider: Net = { ...net, inChannels: { value: 11, known: 'measured', from: '' } };
    expect(companionsOf(wider, 4)).toEqual([{ kind: 'zeros', channels: 7 }]);
  });

  test('are drawn with a disc in the middle', () => {
    const { data, dims } = drawPicture(16, 24);
    expect(dims).toEqual([1, 3, 16, 24]);
    const at = (channel: number, y: number, x: number): number =>
      Number(data[channel * 16 * 24 + y * 24 + x]);
    expect([0, 1, 2].map((channel) => at(channel, 8, 12))).toEqual([0.8, 0.3, -0.5].map(Math.fround));
    expect(at(0, 0, 0)).toBe(Math.fround(-0.6));
    expect(data.every((value) => value >= -1 && value <= 1)).toBe(true);
    const depth = drawDepth(16, 24);
    expect(depth.dims).toEqual([1, 1, 16, 24]);
    expect(Number(depth.data[8 * 24 + 12])).toBeCloseTo(0.2, 6);
  });
});
