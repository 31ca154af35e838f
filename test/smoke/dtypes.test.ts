import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFile } from '../../src/bytes/file.ts';
import { memorySource } from '../../src/bytes/memory.ts';
import { identifyComponents } from '../../src/components/index.ts';
import { weightScales } from '../../src/components/tensors.ts';
import { elementCount, type Tensor } from '../../src/formats/checkpoint.ts';
import { decodeFloats } from '../../src/formats/decode.ts';
import { byteLengthOf, type Dtype, type PlainDtype } from '../../src/formats/dtype.ts';
import { tensorPieces } from '../../src/formats/read-tensor.ts';
import { GraphBuilder } from '../../src/smoke/compile/graph.ts';
import { Weights } from '../../src/smoke/compile/weights.ts';
import { compile, type WeightOptions } from '../../src/smoke/compile/index.ts';
import { convert, convertedBytes } from '../../src/smoke/convert.ts';
import { openEngine, type Values } from '../../src/smoke/engine.ts';
import type { TensorSpec } from '../build/safetensors.ts';
import { drawWeight } from './draw.ts';
import { type Encoding, Golden, load, type Opened, opened, relativeError } from './golden.ts';

/** As in golden.test.ts: two computations in float32 that differ in the order of sums. */
const BOUND = 2e-5;

let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'ungarble-smoke-'));
});
afterAll(() => rm(temporary, { recursive: true, force: true }));

/** Bytes that are no pattern of any dtype. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) bytes[index] = Math.imul(index + 1, 0x9e3779b1) >>> 24;
  return bytes;
}

describe('the runtime reads where it lies', () => {
  const DTYPES: readonly PlainDtype[] = [
    ...(['F32', 'F16', 'BF16', 'F64', 'F8_E4M3', 'F8_E4M3FNUZ', 'F8_E5M2', 'F8_E5M2FNUZ'] as const),
    ...(['BOOL', 'I8', 'U8', 'I16', 'U16', 'I32', 'U32', 'I64', 'U64'] as const),
  ];

  test.each(DTYPES)('%s, what decoding it gives', async (dtype) => {
    const shape = [5, 67];
    const byteLength = byteLengthOf(dtype, elementCount(shape));
    // an odd place, as behind a tensor of single bytes
    const offset = 4099;
    const bytes =
      dtype === 'BOOL' ? noise(offset + byteLength).map((byte) => byte & 1) : noise(offset + byteLength);
    const path = `${dtype}.bin`;
    await writeFile(join(temporary, path), bytes);

    const graph = new GraphBuilder();
    const tensor: Tensor = { name: 'w', dtype, shape, file: 0, offset, byteLength };
    const weights = new Weights(graph, [{ canonical: 'w', tensor }], [{ path, size: bytes.length }]);
    const inputs = [{ name: 'x', type: 'FLOAT', dims: [1] }] as const;
    graph.input('x', 'FLOAT', [1]);
    graph.output(graph.node('Mul', [weights.value('w'), 'x']), 'y', shape);
    const engine = await openEngine(
      {
        model: graph.finish('w'),
        inputs,
        outputs: [{ name: 'y', type: 'FLOAT', dims: shape }],
        divisor: 1,
        taps: [],
        scores: [],
        moments: [],
        externalFiles: weights.locations,
        converted: weights.converted,
      },
      temporary,
    );
    const found = await engine.run(new Map([['x', { data: Float32Array.of(1), dims: [1] }]]));
    await engine.dispose();
    expect(found.get('y')?.data).toEqual(decodeFloats(bytes.subarray(offset), dtype));
  });
});

type Fp8 = 'F8_E4M3' | 'F8_E5M2';

/** The nearest of the 256 numbers, of equals the first. */
function rounder(dtype: Fp8): (value: number) => number {
  const numbers = decodeFloats(
    Uint8Array.from({ length: 256 }, (_, code) => code),
    dtype,
  );
  const codes = [...numbers.keys()]
    .filter((code) => Number.isFinite(numbers[code]))
    .sort((a, b) => (numbers[a] as number) - (numbers[b] as number));
  return (value) => {
    let [low, high] = [0, codes.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((numbers[codes[middle] as number] as number) <= value) low = middle;
      else high = middle;
    }
    const [below, above] = [codes[low] as number, codes[high] as number];
    return value - (numbers[below] as number) <= (numbers[above] as number) - value ? below : above;
  };
}

const rounders = { F8_E4M3: rounder('F8_E4M3'), F8_E5M2: rounder('F8_E5M2') };
const toFp8 = (values: Float32Array, dtype: Fp8): Uint8Array => Uint8Array.from(values, rounders[dtype]);
const bytesOf = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer);

/** Every tensor in eight bits, as a plain cast leaves it. */
const plain = (dtype: Fp8): Encoding => ({
  label: dtype,
  of: (name, values, shape) => [{ name, dtype, shape, data: toFp8(values, dtype) }],
});

/** The largest magnitude of a matrix at the largest number of the dtype, 448 for F8_E4M3, and the scale beside it. */
const scaled = (leaf: string): Encoding => ({
  label: leaf,
  of: (name, values, shape) => {
    if (shape.length < 2) return [{ name, dtype: 'F32', shape, data: bytesOf(values) }];
    const scale = Math.fround(Math.max(...values.map(Math.abs)) / 448);
    const weight: TensorSpec = {
      name,
      dtype: 'F8_E4M3',
      shape,
      data: toFp8(
        values.map((value) => value / scale),
        'F8_E4M3',
      ),
    };
    const beside = name.replace(/weight$/, leaf);
    return [weight, { name: beside, dtype: 'F32', shape: [], data: bytesOf(Float32Array.of(scale)) }];
  },
});

/** In float32, the numbers that another encoding holds. */
const decoded = (other: Encoding): Encoding => ({
  label: `${other.label}-decoded`,
  of: (name, values, shape) => {
    const [weight, beside] = other
      .of(name, values, shape)
      .map(({ data, dtype = 'F32' }) => decodeFloats(data as Uint8Array, dtype));
    const factor = beside?.[0] ?? 1;
    return [
      { name, dtype: 'F32', shape, data: bytesOf((weight as Float32Array).map((each) => each * factor)) },
    ];
  },
});

/** A net's output at the first golden timestep. */
async function output(golden: Golden, from: Opened, options: WeightOptions = {}): Promise<Values> {
  const engine = await load(from, {}, false, options);
  const found = await engine.run(golden.inputs(golden.timesteps[0] ?? 0));
  await engine.dispose();
  return found.get('out_sample') as Values;
}

/** Root of the mean square of a − b over that of b. */
function share(a: Values, b: Values): number {
  let [off, all] = [0, 0];
  for (const [index, value] of b.data.entries()) {
    off += (Number(a.data[index]) - Number(value)) ** 2;
    all += Number(value) ** 2;
  }
  return Math.sqrt(off / all);
}

/** How far the numbers of an encoding are from the net's own, over all matrices, as `share` has it. */
function roundingOf(golden: Golden, encoding: Encoding): number {
  let [off, all] = [0, 0];
  for (const [name, shape] of golden.recorded.tensors.filter(([, { length }]) => length > 1)) {
    const values = drawWeight(name, shape);
    const [spec] = decoded(encoding).of(name, values, shape);
    const held = decodeFloats(spec?.data as Uint8Array, 'F32');
    for (const [index, value] of values.entries()) {
      off += ((held[index] as number) - value) ** 2;
      all += value ** 2;
    }
  }
  return Math.sqrt(off / all);
}

/**
 * An fp8 file is another net than the one it was made from. It must give what that other net gives in float32: the
 * weights that the file holds, decoded. How far both lie from the unrounded net is explained by the rounding. A number
 * with three bits behind the point is off by up to 2⁻⁴ of itself, with two bits by up to 2⁻³. A matrix whose entries
 * are off by a share ε, independently, gives outputs that are off by the share ε, and L of them one behind the other
 * by ε·√L at most, because each block also passes on its input as it is.
 */
describe('a net in eight bits', () => {
  const golden = new Golden('lcm');
  const matrices = golden.recorded.tensors.filter(([, shape]) => shape.length > 1).length;
  const scalesOf = ({ checkpoint }: Opened) => weightScales(checkpoint, identifyComponents(checkpoint));
  let right: Values;
  beforeAll(async () => {
    right = await golden.values('out_sample', golden.timesteps[0] ?? 0);
  });

  test.each([
    [plain('F8_E4M3'), 2 ** -4],
    [plain('F8_E5M2'), 2 ** -3],
    [scaled('scale_weight'), 2 ** -4],
    [scaled('weight_scale'), 2 ** -4],
  ] as const)('$label', async (encoding, most) => {
    const epsilon = roundingOf(golden, encoding);
    expect(epsilon).toBeLessThan(most);
    const from = await golden.diffusers(temporary, encoding);
    const found = await output(golden, from, { scales: scalesOf(from) });
    const same = await output(golden, await golden.diffusers(temporary, decoded(encoding)));
    expect(relativeError(found, same)).toBeLessThan(BOUND);
    const off = share(found, right);
    expect(off).toBeGreaterThan(epsilon);
    expect(off).toBeLessThan(epsilon * Math.sqrt(matrices));
  });

  test('is another one without its scales', async () => {
    const from = await golden.diffusers(temporary, scaled('scale_weight'));
    expect(scalesOf(from).size).toBe(matrices);
    expect(relativeError(await output(golden, from), right)).toBeGreaterThan(1);
  });

  test('has scales for rows too, and none of other shapes', async () => {
    const rows = (parts: number): Encoding => ({
      label: `${parts} scales a row`,
      of: (name, values, shape) => {
        const [height = 0, width = 0] = shape;
        if (name !== 'time_embedding.linear_1.weight') return [{ name, shape, data: bytesOf(values) }];
        const factors = Float32Array.from({ length: height * parts }, (_, row) => 2 ** -((row % 3) + 4));
        const data = toFp8(
          values.map((value, index) => value / (factors[Math.floor(index / width) * parts] as number)),
          'F8_E4M3',
        );
        const scale = { name: name.replace(/weight$/, 'weight_scale'), shape: [height, parts] };
        return [
          { name, dtype: 'F8_E4M3', shape, data },
          { ...scale, data: bytesOf(factors) },
        ];
      },
    });
    const from = await golden.diffusers(temporary, rows(1));
    const found = await output(golden, from, { scales: scalesOf(from) });
    expect(share(found, right)).toBeLessThan(2 ** -4);
    const blocks = await golden.diffusers(temporary, rows(2));
    await expect(output(golden, blocks, { scales: scalesOf(blocks) })).rejects.toThrow(
      'the scale of time_embedding.linear_1.weight is [128, 2] for a weight of [128, 32]',
    );
  });

  test('leaves scales aside that stand beside other weights', async () => {
    const stray: Encoding = {
      label: 'stray',
      of: (name, values, shape) => [
        { name, shape, data: bytesOf(values) },
        ...(name === 'conv_in.weight'
          ? [{ name: 'conv_in.weight_scale', shape: [], data: bytesOf(Float32Array.of(3)) }]
          : []),
      ],
    };
    expect(scalesOf(await golden.diffusers(temporary, stray)).size).toBe(0);
  });
});

describe('a net in doubles', () => {
  const golden = new Golden('lcm');
  const doubles: Encoding = {
    label: 'F64',
    of: (name, values, shape) => [
      { name, dtype: 'F64', shape, data: new Uint8Array(Float64Array.from(values).buffer) },
    ],
  };
  const right = () => golden.values('out_sample', golden.timesteps[0] ?? 0);

  test('is read where it lies', async () => {
    const found = await output(golden, await golden.diffusers(temporary, doubles));
    expect(relativeError(found, await right())).toBeLessThan(BOUND);
  });

  test('is read from the file that it was converted to, where it does not lie in C order', async () => {
    const { checkpoint, folder } = await golden.diffusers(temporary, doubles);
    // said to be strided, with the strides that it has
    const strided = (tensor: Tensor): Tensor => {
      if (tensor.shape.length < 2) return tensor;
      const strides = tensor.shape.map((_, axis) => elementCount(tensor.shape.slice(axis + 1)));
      return { ...tensor, layout: { strides, extent: tensor.byteLength } };
    };
    const parts = checkpoint.parts.map((part) => ({ ...part, tensors: part.tensors.map(strided) }));
    const from = await opened({ ...checkpoint, parts }, folder);
    const converted = { location: 'converted.bin' };
    const { converted: tensors, externalFiles } = compile(from.net, { files: checkpoint.files, converted });
    expect(externalFiles).toEqual(['diffusion_pytorch_model.safetensors']);
    expect(tensors.length).toBe(golden.recorded.tensors.filter(([, shape]) => shape.length > 1).length);
    const source = await openFile(join(folder, externalFiles[0] as string));
    const sink = await open(join(folder, converted.location), 'w');
    try {
      await convert(tensors, {
        pieces: (tensor) => tensorPieces(source, tensor),
        write: async (bytes) => void (await sink.write(bytes)),
      });
      expect((await sink.stat()).size).toBe(convertedBytes(tensors));
    } finally {
      await Promise.all([source.close(), sink.close()]);
    }
    const found = await output(golden, from, { converted });
    expect(relativeError(found, await right())).toBeLessThan(BOUND);
  });
});

describe('converting', () => {
  const tensorOf = (dtype: Dtype, shape: readonly number[]): Tensor => {
    const byteLength = byteLengthOf(dtype, elementCount(shape));
    return { name: dtype, dtype, shape, file: 0, offset: 0, byteLength };
  };

  test('writes every number at its place, a bounded piece at a time', async () => {
    const tensors = [
      tensorOf('Q4_0', [3, 400_032]),
      tensorOf('Q8_0', [1, 32]),
      tensorOf('Q8_0', [2 ** 14 + 1, 64]),
    ];
    const sources = new Map(tensors.map((tensor) => [tensor, noise(tensor.byteLength)]));
    const owned = tensors.map((tensor, index) => ({ canonical: String(index), tensor }));
    const weights = new Weights(new GraphBuilder(), owned, [{ path: '', size: 1e9 }], {
      converted: { location: 'converted' },
    });
    for (const { canonical } of owned) weights.value(canonical);
    const { converted } = weights;
    expect(converted.map(({ offset }) => offset)).toEqual([0, 4_800_512, 4_804_608]);

    const pieces: Uint8Array[] = [];
    await convert(converted, {
      pieces: (tensor) => tensorPieces(memorySource('', sources.get(tensor) as Uint8Array), tensor, 2 ** 20),
      write: async (bytes) => void pieces.push(bytes),
    });
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(2 ** 23);
    const file = Buffer.concat(pieces);
    expect(file.length).toBe(convertedBytes(converted));
    for (const { tensor, offset, byteLength } of converted) {
      const right = decodeFloats(sources.get(tensor) as Uint8Array, tensor.dtype);
      const found = Uint8Array.from(file.subarray(offset, offset + byteLength));
      expect(Buffer.compare(found, bytesOf(right))).toBe(0);
    }
  });

  test('says when a tensor gives too few numbers', async () => {
    const tensor = tensorOf('F64', [4]);
    const short = {
      pieces: async function* () {
        yield new Uint8Array(16);
      },
      write: async () => {},
    };
    await expect(convert([{ tensor, offset: 0, byteLength: 16, type: 'FLOAT' }], short)).rejects.toThrow(
      'F64: 2 numbers where 4 are needed',
    );
  });

  test('is refused without a place for the file, or for what has no numbers', () => {
    const value = (tensor: Tensor, options: WeightOptions) => () =>
      new Weights(
        new GraphBuilder(),
        [{ canonical: 'w', tensor }],
        [{ path: '', size: 1024 }],
        options,
      ).value('w');
    const [quantised, floats] = [tensorOf('Q8_0', [256]), tensorOf('F32', [16, 16])];
    expect(value(quantised, {})).toThrow('w is stored as Q8_0, which has to be converted to be run');
    expect(value(tensorOf('F4', [256]), { converted: { location: 'x' } })).toThrow(
      'w is stored as F4, which cannot be decoded',
    );
    expect(value(floats, {})).not.toThrow();
    const strided = { ...floats, layout: { strides: [1, 16], extent: 1024 } };
    expect(value(strided, {})).toThrow('w does not lie in C order, so it has to be converted to be run');
    expect(value(strided, { converted: { location: 'x' } })).not.toThrow();
    const beyond = { ...floats, layout: { strides: [1, 17], extent: 1088 } };
    expect(value(beyond, { converted: { location: 'x' } })).toThrow(
      'the bytes of w lie beyond the end of its file',
    );
  });
});
