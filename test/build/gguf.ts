/**
 * Writes GGUF files: sound ones out of a list of tensors, and ones with one named defect each. No broken file is
 * stored; each test says which defect it wants.
 */
import { elementCount } from '../../src/formats/checkpoint.ts';
import { byteLengthOf, type Dtype } from '../../src/formats/dtype.ts';
import { concat, u32, u64 } from './bytes.ts';

/** Numbers of the tensor types that tests write. Source: ggml `enum ggml_type`. */
const TYPES: ReadonlyMap<Dtype, number> = new Map([
  ['F32', 0],
  ['F16', 1],
  ['Q4_0', 2],
  ['Q4_1', 3],
  ['Q5_0', 6],
  ['Q5_1', 7],
  ['Q8_0', 8],
  ['Q2_K', 10],
  ['Q3_K', 11],
  ['Q4_K', 12],
  ['Q5_K', 13],
  ['Q6_K', 14],
  ['IQ4_NL', 20],
  ['IQ4_XS', 23],
  ['I8', 24],
  ['I16', 25],
  ['I32', 26],
  ['I64', 27],
  ['F64', 28],
  ['BF16', 30],
]);

export const GGUF_DTYPES = [...TYPES.keys()];

export interface GgufTensor {
  readonly name: string;
  readonly dtype: Dtype;
  /** In C order. */
  readonly shape: readonly number[];
  /** Its bytes; zeros where absent. */
  readonly data?: Uint8Array;
}

const encoder = new TextEncoder();

/** Numbers below 0 wrap round to their two's complement. */
const i32 = u32;

const text = (value: string | Uint8Array) => {
  const bytes = typeof value === 'string' ? encoder.encode(value) : value;
  return concat(u64(bytes.length), bytes);
};

/** A typed value of metadata, as it is written. */
export interface GgufValue {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** Values by type. */
export const value = {
  u32: (it: number): GgufValue => ({ type: 4, bytes: u32(it) }),
  i32: (it: number): GgufValue => ({ type: 5, bytes: i32(it) }),
  bool: (it: number): GgufValue => ({ type: 7, bytes: Uint8Array.of(it) }),
  string: (it: string | Uint8Array): GgufValue => ({ type: 8, bytes: text(it) }),
  ints: (it: readonly number[]): GgufValue => ({
    type: 9,
    bytes: concat(u32(5), u64(it.length), ...it.map(i32)),
  }),
  strings: (it: readonly string[]): GgufValue => ({
    type: 9,
    bytes: concat(u32(8), u64(it.length), ...it.map(text)),
  }),
  u16: (it: number): GgufValue => ({ type: 2, bytes: Uint8Array.of(it & 255, it >> 8) }),
  /** An array that declares other elements than it has. */
  array: (type: number, count: number | bigint, bytes: Uint8Array = zeros(0)): GgufValue => ({
    type: 9,
    bytes: concat(u32(type), u64(count), bytes),
  }),
};

export type GgufPairs = readonly (readonly [key: string | Uint8Array, value: GgufValue])[];

/** One entry of the list: dimensions as the file has them, the fastest first. */
export interface GgufInfo {
  readonly name: string | Uint8Array;
  readonly dims: readonly (number | bigint)[];
  readonly type: number;
  readonly offset: number | bigint;
}

export interface GgufFile {
  readonly version?: number;
  /** Where they differ from what there is. */
  readonly tensorCount?: number | bigint;
  readonly keyCount?: number | bigint;
  readonly pairs?: GgufPairs;
  readonly infos?: readonly GgufInfo[];
  readonly data?: Uint8Array;
  readonly alignment?: number;
}

/** Puts a file together as it is told, sound or not. */
export function assembleGguf(file: GgufFile): Uint8Array {
  const { version = 3, pairs = [], infos = [], data = new Uint8Array(), alignment = 32 } = file;
  const header = concat(
    encoder.encode('GGUF'),
    u32(version),
    u64(file.tensorCount ?? infos.length),
    u64(file.keyCount ?? pairs.length),
    ...pairs.map(([key, { type, bytes }]) => concat(text(key), u32(type), bytes)),
    ...infos.map(({ name, dims, type, offset }) =>
      concat(text(name), u32(dims.length), ...dims.map(u64), u32(type), u64(offset)),
    ),
  );
  return concat(header, new Uint8Array(padding(header.length, alignment)), data);
}

function padding(length: number, alignment: number): number {
  return (alignment - (length % alignment)) % alignment;
}

/** Bytes that a tensor takes. */
export function ggufSize({ dtype, shape }: GgufTensor): number {
  return byteLengthOf(dtype, elementCount(shape));
}

/** A sound file. */
export function buildGguf(tensors: readonly GgufTensor[], pairs: GgufPairs = [], alignment = 32): Uint8Array {
  const infos: GgufInfo[] = [];
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of tensors) {
    const { name, dtype, shape, data } = tensor;
    const type = TYPES.get(dtype);
    if (type === undefined) throw new Error(`tests write no ${dtype}`);
    infos.push({ name, dims: [...shape].reverse(), type, offset });
    const size = ggufSize(tensor);
    const bytes = new Uint8Array(size + padding(size, alignment));
    if (data !== undefined) bytes.set(data);
    parts.push(bytes);
    offset += bytes.length;
  }
  return assembleGguf({ pairs, infos, data: concat(...parts), alignment });
}

const zeros = (length: number) => new Uint8Array(length);
const latin = Uint8Array.of(0x67, 0x72, 0xfc, 0x6e);
const ARCH = ['general.architecture', value.string('sd1')] as const;
/** 8 bytes at 0, 16 bytes at 32. */
const A: GgufInfo = { name: 'a', dims: [2, 2], type: 1, offset: 0 };
const B: GgufInfo = { name: 'b', dims: [4], type: 0, offset: 32 };
const SOUND: GgufFile = { pairs: [ARCH], infos: [A, B], data: zeros(64) };
const other = (changes: GgufFile) => assembleGguf({ ...SOUND, ...changes });
const withA = (changes: Partial<GgufInfo>) => other({ infos: [{ ...A, ...changes }, B] });
const withKey = (...pairs: GgufPairs) => other({ pairs: [ARCH, ...pairs] });
const noted = (name: string, of: GgufValue) => withKey([`comfy.gguf.orig_shape.${name}`, of]);

/** The sound file that every defect below is a variation of. */
export function soundGguf(): Uint8Array {
  return assembleGguf(SOUND);
}

/** Files with exactly one thing wrong, by the name of that. */
const DEFECTS = {
  'magic-only': () => soundGguf().slice(0, 4),
  'cut-in-counts': () => soundGguf().slice(0, 20),
  'cut-in-key': () => soundGguf().slice(0, 40),
  'cut-in-list': () => soundGguf().slice(0, 100),
  'version-0': () => other({ version: 0 }),
  'version-1': () => other({ version: 1 }),
  'version-4': () => other({ version: 4 }),
  'version-big-endian': () => other({ version: 0x03000000 }),
  'tensors-negative': () => other({ tensorCount: -1 }),
  'tensors-beyond-file': () => other({ tensorCount: 2n ** 40n }),
  'keys-negative': () => other({ keyCount: -1 }),
  'keys-beyond-file': () => other({ keyCount: 2n ** 61n }),
  'key-length-2-64': () => soundGguf().fill(0xff, 24, 32),
  'key-length-over-file': () => soundGguf().with(26, 1),
  'key-empty': () => withKey(['', value.u32(1)]),
  'key-twice': () => withKey(ARCH),
  'key-latin1': () => withKey([latin, value.u32(1)]),
  'value-type-13': () => withKey(['k', { type: 13, bytes: zeros(4) }]),
  'value-latin1': () => withKey(['k', value.string(latin)]),
  'value-bool-2': () => withKey(['k', value.bool(2)]),
  'array-type-13': () => withKey(['k', value.array(13, 1)]),
  'array-nested': () => withKey(['k', value.array(9, 1, value.ints([1]).bytes)]),
  'array-length-2-64': () => withKey(['k', value.array(4, -1n)]),
  'array-over-file': () => withKey(['k', value.array(10, 2 ** 20)]),
  'array-of-strings-over-file': () => withKey(['k', value.array(8, 2 ** 29)]),
  'alignment-13': () => withKey(['general.alignment', value.u32(13)]),
  'alignment-0': () => withKey(['general.alignment', value.u32(0)]),
  'alignment-int32': () => withKey(['general.alignment', value.i32(32)]),
  'alignment-text': () => withKey(['general.alignment', value.string('32')]),
  'name-of-64': () => withA({ name: 'n'.repeat(64) }),
  'name-of-160': () => withA({ name: 'n'.repeat(160) }),
  'name-latin1': () => withA({ name: latin }),
  'name-length-over-2-30': () => soundGguf().fill(0xff, 67, 75),
  'tensor-twice': () => other({ infos: [A, { ...A, offset: 32 }] }),
  'dims-5': () => withA({ dims: [2, 1, 1, 1, 2] }),
  'dims-65': () => withA({ dims: Array.from({ length: 65 }, () => 1) }),
  'dims-2-32': () => soundGguf().fill(0xff, 76, 80),
  'dim-negative': () => withA({ dims: [-2, -2] }),
  'dims-overflow': () => withA({ dims: [2n ** 32n, 2n ** 32n] }),
  'bytes-overflow': () => withA({ dims: [2n ** 52n] }),
  'dim-huge-and-empty': () => withA({ dims: [0, 2n ** 62n] }),
  'type-99': () => withA({ type: 99 }),
  'type-removed': () => withA({ type: 4 }),
  'block-unfilled': () =>
    other({
      infos: [
        { ...A, dims: [33], type: 8 },
        { ...B, offset: 64 },
      ],
      data: zeros(96),
    }),
  'offset-unaligned': () => other({ infos: [A, { ...B, offset: 40 }] }),
  overlap: () => other({ infos: [A, { ...B, offset: 0 }], data: zeros(32) }),
  'empty-inside': () =>
    other({
      infos: [
        { ...A, dims: [32] },
        { ...B, dims: [0] },
      ],
    }),
  'hole-first': () => other({ infos: [{ ...A, offset: 32 }], data: zeros(64) }),
  'hole-between': () => other({ infos: [A, { ...B, offset: 64 }], data: zeros(96) }),
  'out-of-order': () => other({ infos: [{ ...B }, A] }),
  'offset-beyond-file': () =>
    other({
      infos: [
        { ...A, offset: 4096 },
        { ...B, offset: 0 },
      ],
    }),
  'offset-2-64': () => other({ infos: [A, { ...B, offset: 2n ** 64n - 32n }] }),
  'data-cut': () => other({ data: zeros(40) }),
  'data-absent': () => other({ data: zeros(0) }),
  'data-too-long': () => other({ data: zeros(70) }),
  'no-tensors': () => other({ infos: [], data: zeros(0) }),
  'shape-note-type': () => noted('a', value.string('[2, 2]')),
  'shape-note-count': () => noted('a', value.ints([2, 3])),
  'shape-note-negative': () => noted('a', value.ints([-2, -2])),
  'shape-note-unused': () => noted('z', value.ints([2, 2])),
  'file-type-q8-0': () => withKey(['general.file_type', value.u32(7)]),
  'split-2-of-3': () => withKey(['split.no', value.u16(1)], ['split.count', value.u16(3)]),
} as const;

/** The name of one thing that can be wrong with a GGUF file. */
export type GgufDefect = keyof typeof DEFECTS;

export const GGUF_DEFECTS = Object.keys(DEFECTS) as readonly GgufDefect[];

/** A file with that defect. */
export function buildGgufDefect(defect: GgufDefect): Uint8Array {
  return DEFECTS[defect]();
}
