import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenedSession, openSession } from '../../src/cli/open-session.ts';
import { assess } from '../../src/smoke/probes/index.ts';
import { planOf } from '../../src/smoke/plan.ts';
import { buildOnnx, int, ints, len, type OnnxTensor } from '../build/onnx.ts';
import { concat } from '../build/bytes.ts';
import { random } from '../values/damage.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ungarble-taps-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const SIDE = 8;
const LEAVE = [1, 8, 3, 3];

function weight(name: string, shape: readonly number[], spoilt = false): OnnxTensor {
  const draw = random(name.length);
  const floats = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => draw() - 0.5);
  if (spoilt) floats[0] = Number.NaN;
  return { name, dtype: 'F32', shape, data: new Uint8Array(floats.buffer) };
}

interface Tiny {
  /** The layer that has NaN in its weight. */
  readonly spoilt?: string;
  /** Exported for one latent at a time, with its timestep as a number. */
  readonly alone?: boolean;
}

/** A U-Net of two levels in names of nobody's, which gives a convolution and takes 8×8 and nothing else. */
function tiny({ spoilt, alone = false }: Tiny): Uint8Array {
  const batch = alone ? 1 : 'batch';
  const two = [ints('kernel_shape', [2, 2]), ints('strides', [2, 2])];
  const three = [ints('kernel_shape', [3, 3]), ints('pads', [1, 1, 1, 1])];
  const axis = concat(len(1, 'axis'), int(3, 1), int(20, 2));
  return buildOnnx({
    nodes: [
      { op: 'Reshape', inputs: ['timestep', 'column'], outputs: ['t'], name: '/Reshape' },
      { op: 'Mul', inputs: ['t', 'thousandth'], outputs: ['time'], name: '/Mul' },
      { op: 'Add', inputs: ['sample', 'time'], outputs: ['x'], name: '/Add' },
      { op: 'Conv', inputs: ['x', 'enter.weight'], outputs: ['a'], name: '/enter/Conv', attributes: three },
      { op: 'Relu', inputs: ['a'], outputs: ['b'], name: '/Relu' },
      { op: 'Conv', inputs: ['b', 'down.weight'], outputs: ['c'], name: '/down/Conv', attributes: two },
      {
        op: 'ConvTranspose',
        inputs: ['c', 'up.weight'],
        outputs: ['d'],
        name: '/up/ConvTranspose',
        attributes: two,
      },
      { op: 'Concat', inputs: ['d', 'b'], outputs: ['e'], name: '/Concat', attributes: [axis] },
      {
        op: 'Conv',
        inputs: ['e', 'leave.weight'],
        outputs: ['noise'],
        name: '/leave/Conv',
        attributes: three,
      },
    ],
    tensors: [
      {
        name: 'column',
        dtype: 'I64',
        shape: [4],
        data: new Uint8Array(BigInt64Array.of(-1n, 1n, 1n, 1n).buffer),
      },
      { name: 'thousandth', dtype: 'F32', shape: [1], data: new Uint8Array(Float32Array.of(1e-3).buffer) },
      ...Object.entries({
        'enter.weight': [4, 1, 3, 3],
        'down.weight': [6, 4, 2, 2],
        'up.weight': [6, 4, 2, 2],
        'leave.weight': LEAVE,
      }).map(([name, shape]) => weight(name, shape, name === `${spoilt}.weight`)),
    ],
    inputs: [
      ['sample', [batch, 1, SIDE, SIDE]],
      ['timestep', alone ? [] : [batch]],
    ],
    outputs: [['noise', [batch, 1, SIDE, SIDE]]],
  });
}

async function opened<T>(net: Tiny, use: (session: OpenedSession['session']) => Promise<T>): Promise<T> {
  const path = join(root, `${JSON.stringify(net).replaceAll(/\W/g, '')}.onnx`);
  await writeFile(path, tiny(net));
  const { session, close } = await openSession(path, { availableMemory: async () => 1e12 });
  try {
    return await use(session);
  } finally {
    await close();
  }
}

describe('a net that only its own graph computes', () => {
  test('gives what its layers give and what its last convolution reads, and the same output', async () => {
    await opened({}, async (session) => {
      const draw = random(7);
      const sample = {
        data: new Float32Array(2 * SIDE * SIDE).map(() => 4 * draw() - 2),
        dims: [2, 1, SIDE, SIDE],
      };
      const inputs = new Map([
        ['sample', sample],
        ['timestep', { data: Float32Array.of(10, 900), dims: [2] }],
      ]);
      const plain = (await (await session.unet()).run(inputs)).get('out_sample');
      const tapped = session.tapped();
      expect(tapped.graph.taps).toEqual(['enter', 'down', 'up', 'leave']);
      await session.borrow(tapped, 'U-Net', async (engine) => {
        const results = await engine.run(inputs);
        expect(results.get('out_sample')).toEqual(plain);
        const [taps, features] = [results.get('taps'), results.get('features')];
        expect(taps?.dims).toEqual([4, 2]);
        expect(features?.dims).toEqual([2, 8, SIDE, SIDE]);
        const out = plain?.data as Float32Array;
        expect(taps?.data[6]).toBeCloseTo(Math.max(...out.map(Math.abs)), 5);
        // the second latent at row 3, column 4
        const kernel = new Float32Array((weight('leave.weight', LEAVE).data as Uint8Array).buffer);
        let sum = 0;
        for (const [at, value] of kernel.entries()) {
          const [channel, down, across] = [Math.floor(at / 9), Math.floor((at % 9) / 3), at % 3];
          const place = ((8 + channel) * SIDE + 2 + down) * SIDE + 3 + across;
          sum += value * Number(features?.data[place]);
        }
        expect(out[SIDE * SIDE + 3 * SIDE + 4]).toBeCloseTo(sum, 4);
      });
    });
  });

  test('is run at the size that it was exported for, and at no other', async () => {
    await opened({}, async (session) => {
      expect(planOf(session, {}).size).toEqual({
        value: { width: SIDE, height: SIDE },
        known: 'measured',
        from: 'the input of its graph',
      });
      expect(() => planOf(session, { size: { width: 16, height: 16 } })).toThrow('exported for 8x8');
    });
  });

  test('is judged, by all but readings that it does not have', async () => {
    await opened({}, async (session) => {
      const found = await assess(session);
      // drawn weights denoise nothing
      expect(found.verdict).toBe('garbled');
      expect(found.unjudged.map(({ probe }) => probe)).toContain('reading');
      expect(found.activations.map(({ block }) => block)).toEqual(['enter', 'down', 'up', 'leave']);
      expect(found.evidence.find(({ probe }) => probe === 'refit')).toBeDefined();
    });
  });

  test.each([false, true])(
    'with NaN in it is called garbled, and the layer named (alone: %s)',
    async (alone) => {
      await opened({ spoilt: 'down', alone }, async (session) => {
        const { verdict, evidence } = await assess(session);
        expect(verdict).toBe('garbled');
        expect(evidence[0]).toMatchObject({ probe: 'finite', finding: 'not-finite', place: 'down' });
      });
    },
  );
});
