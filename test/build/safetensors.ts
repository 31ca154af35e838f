/**
 * Writes safetensors files: sound ones out of a list of tensors, and ones with one named defect each. No broken
 * file is stored; each test says which defect it wants.
 */
import { elementCount } from '../../src/formats/checkpoint.ts';
import { byteLengthOf, type PlainDtype } from '../../src/formats/dtype.ts';

export interface TensorSpec {
  readonly name: string;
  readonly dtype?: PlainDtype;
  readonly shape: readonly number[];
  /** Its bytes; zeros where absent. */
  readonly data?: Uint8Array;
}

export interface FileOptions {
  readonly metadata?: ReadonlyMap<string, string> | Readonly<Record<string, string>>;
}

const encoder = new TextEncoder();

/** Bytes that a tensor takes. */
export function sizeOf({ dtype = 'F32', shape }: TensorSpec): number {
  return byteLengthOf(dtype, elementCount(shape));
}

/** Puts header text and data together; the header is padded with spaces to a multiple of 8 unless told not to. */
export function assemble(header: string | Uint8Array, data: Uint8Array, pad = true): Uint8Array {
  const text = typeof header === 'string' ? encoder.encode(header) : header;
  const length = pad ? Math.ceil(text.length / 8) * 8 : text.length;
  const bytes = new Uint8Array(8 + length + data.length);
  bytes.fill(0x20, 8, 8 + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + length);
  return bytes;
}

/** A header entry: `"name":{…}`. */
export function entry(
  name: string,
  dtype: string,
  shape: readonly (number | bigint | string)[],
  begin: number | string,
  end: number | string,
  more = '',
): string {
  const fields = `"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]${more}`;
  return `${JSON.stringify(name)}:{${fields}}`;
}

/** A sound file. */
export function buildSafetensors(tensors: readonly TensorSpec[], options: FileOptions = {}): Uint8Array {
  const members: string[] = [];
  if (options.metadata !== undefined) {
    const pairs = options.metadata instanceof Map ? options.metadata : Object.entries(options.metadata);
    const written = [...pairs].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    members.push(`"__metadata__":{${written.join(',')}}`);
  }
  const total = tensors.reduce((sum, tensor) => sum + sizeOf(tensor), 0);
  const data = new Uint8Array(total);
  let offset = 0;
  for (const tensor of tensors) {
    const { name, dtype = 'F32', shape } = tensor;
    const end = offset + sizeOf(tensor);
    members.push(entry(name, dtype, shape, offset, end));
    if (tensor.data !== undefined) data.set(tensor.data, offset);
    offset = end;
  }
  return assemble(`{${members.join(',')}}`, data);
}

const zeros = (length: number) => new Uint8Array(length);
const A = entry('a', 'F16', [2, 2], 0, 8);
const B = entry('b', 'F16', [4], 8, 16);
const withA = (fields: string, data = 16) => assemble(`{"a":${fields},${B}}`, zeros(data));
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const latin = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** The sound file that every defect below is a variation of: two tensors of 8 bytes each. */
export function soundFile(): Uint8Array {
  return assemble(`{${A},${B}}`, zeros(16));
}

/** Files with exactly one thing wrong, by the name of that. */
const DEFECTS = {
  'empty-file': () => zeros(0),
  'seven-bytes': () => zeros(7),
  'header-length-over-limit': () => assemble(`{${A}}`, zeros(8)).with(4, 1),
  'header-length-over-2-64': () => assemble(`{${A}}`, zeros(8)).fill(0xff, 0, 8),
  'header-length-over-file': () => assemble('{}', zeros(0)).with(1, 0x10),
  'header-of-no-bytes': () => zeros(8),
  'header-latin1': () => assemble(latin(`{${entry('\xe9', 'U8', [1], 0, 1)}}`), zeros(1)),
  'header-surrogate-bytes': () => assemble(latin(`{${entry('\xed\xa0\x80', 'U8', [1], 0, 1)}}`), zeros(1)),
  'header-latin1-outside-string': () => assemble(latin(`{${A},${B}}\xff`), zeros(16)),
  'header-text': () => assemble('not json', zeros(0)),
  'header-array': () => assemble('[]', zeros(0)),
  'header-bom': () => assemble(`\ufeff{${A},${B}}`, zeros(16)),
  'header-nul-padding': () => assemble(`{${A},${B}}\0\0`, zeros(16)),
  'header-second-object': () => assemble(`{${A},${B}}{}`, zeros(16)),
  'header-trailing-comma': () => assemble(`{${A},${B},}`, zeros(16)),
  'header-control-character': () => assemble(`{"a\n":${A.slice(4)},${B}}`, zeros(16)),
  'header-lone-surrogate': () => assemble(`{"\\ud800":${A.slice(4)},${B}}`, zeros(16)),
  'header-bad-escape': () => assemble(`{"\\x41":${A.slice(4)},${B}}`, zeros(16)),
  'header-unclosed': () => assemble(`{${A},${B}`, zeros(16)),
  'header-leading-zero': () => assemble(`{${entry('a', 'U8', ['02'], 0, 2)}}`, zeros(2)),
  'header-number-out-of-range': () =>
    assemble(`{${entry('a', 'F16', [2, 2], 0, 8, ',"x":1e999')},${B}}`, zeros(16)),
  'header-too-deep': () =>
    assemble(`{${entry('a', 'F16', [2, 2], 0, 8, `,"x":${nested(126)}`)},${B}}`, zeros(16)),
  'header-leading-whitespace': () => assemble(` \n{${A},${B}}`, zeros(16)),
  'header-tab-padding': () => assemble(`{${A},${B}}\t`, zeros(16)),
  'header-unpadded': () => assemble(`{${A},${B}} `.padEnd(121), zeros(16), false),
  'metadata-null': () => assemble(`{"__metadata__":null,${A},${B}}`, zeros(16)),
  'metadata-array': () => assemble(`{"__metadata__":[],${A},${B}}`, zeros(16)),
  'metadata-number': () => assemble(`{"__metadata__":{"step":1},${A},${B}}`, zeros(16)),
  'metadata-twice': () => assemble(`{"__metadata__":{},"\\u005f_metadata__":{},${A},${B}}`, zeros(16)),
  'metadata-key-twice': () => assemble(`{"__metadata__":{"k":"1","k":"2"},${A},${B}}`, zeros(16)),
  'entry-string': () => withA('"F16"'),
  'entry-short-array': () => withA('["F16",[2,2]]'),
  'entry-array': () => withA('["F16",[2,2],[0,8]]'),
  'dtype-missing': () => withA('{"shape":[2,2],"data_offsets":[0,8]}'),
  'shape-missing': () => withA('{"dtype":"F16","data_offsets":[0,8]}'),
  'offsets-missing': () => withA('{"dtype":"F16","shape":[2,2]}'),
  'dtype-twice': () => withA('{"dtype":"F16","dtype":"F16","shape":[2,2],"data_offsets":[0,8]}'),
  'dtype-number': () => withA('{"dtype":16,"shape":[2,2],"data_offsets":[0,8]}'),
  'dtype-unknown': () => withA('{"dtype":"F17","shape":[2,2],"data_offsets":[0,8]}'),
  'dtype-object': () => withA('{"dtype":{"F16":null},"shape":[2,2],"data_offsets":[0,8]}'),
  'dtype-object-of-two': () => withA('{"dtype":{"F16":null,"U8":null},"shape":[2,2],"data_offsets":[0,8]}'),
  'shape-null': () => withA('{"dtype":"F16","shape":null,"data_offsets":[0,8]}'),
  'offsets-of-three': () => withA('{"dtype":"F16","shape":[2,2],"data_offsets":[0,8,8]}'),
  'offsets-object': () => withA('{"dtype":"F16","shape":[2,2],"data_offsets":{"0":0,"1":8}}'),
  'dim-2.0': () => withA('{"dtype":"F16","shape":[2.0,2],"data_offsets":[0,8]}'),
  'dim-2e0': () => withA('{"dtype":"F16","shape":[2e0,2],"data_offsets":[0,8]}'),
  'dim-minus-0': () => withA('{"dtype":"F16","shape":[-0],"data_offsets":[0,8]}'),
  'dim-minus-1': () => withA('{"dtype":"F16","shape":[-1,2],"data_offsets":[0,8]}'),
  'dim-2-64': () => withA('{"dtype":"F16","shape":[18446744073709551616],"data_offsets":[0,8]}'),
  'dim-text': () => withA('{"dtype":"F16","shape":["2",2],"data_offsets":[0,8]}'),
  'offset-negative': () => withA('{"dtype":"F16","shape":[2,2],"data_offsets":[-8,8]}'),
  'field-unknown': () => withA('{"dtype":"F16","shape":[2,2],"data_offsets":[0,8],"strides":[2,1]}'),
  'field-unknown-twice': () => withA('{"dtype":"F16","shape":[2,2],"data_offsets":[0,8],"x":1,"x":2}'),
  'name-twice-same-range': () => assemble(`{${entry('a', 'I16', [4], 0, 8)},${A},${B}}`, zeros(16)),
  'name-twice-other-range': () => assemble(`{${A},${B},${entry('a', 'F16', [4], 16, 24)}}`, zeros(24)),
  'name-twice-within': () => assemble(`{${entry('a', 'F16', [2], 0, 4)},${A},${B}}`, zeros(16)),
  'offsets-reversed': () => withA('{"dtype":"F16","shape":[0],"data_offsets":[8,0]}'),
  'hole-first': () => assemble(`{${entry('a', 'F16', [4], 8, 16)}}`, zeros(16)),
  'hole-between': () => assemble(`{${A},${entry('b', 'F16', [2], 12, 16)}}`, zeros(16)),
  overlap: () => assemble(`{${A},${entry('b', 'F16', [5], 6, 16)}}`, zeros(16)),
  'overlap-equal': () => assemble(`{${A},${entry('b', 'F16', [4], 0, 8)}}`, zeros(8)),
  'empty-tensor-inside': () => assemble(`{${A},${B},${entry('c', 'F16', [0], 4, 4)}}`, zeros(16)),
  'end-beyond-file': () => assemble(`{${A},${entry('b', 'F16', [4], 8, 999)}}`, zeros(16)),
  'end-beyond-2-53': () => assemble(`{${A},${entry('b', 'F16', [4], 8, '18446744073709551615')}}`, zeros(16)),
  'data-cut': () => assemble(`{${A},${B}}`, zeros(14)),
  'data-absent': () => assemble(`{${A},${B}}`, zeros(0)),
  'data-too-long': () => assemble(`{${A},${B}}`, zeros(21)),
  'dims-overflow': () => assemble(`{${entry('a', 'U8', [2n ** 63n, 2n ** 63n, 0], 0, 0)}}`, zeros(0)),
  'bits-overflow': () => assemble(`{${entry('a', 'F16', [2n ** 62n], 0, 8)}}`, zeros(8)),
  'sub-byte-odd': () => assemble(`{${entry('a', 'F4', [3], 0, 2)}}`, zeros(2)),
  'shape-too-small': () => withA('{"dtype":"F16","shape":[2,1],"data_offsets":[0,8]}'),
  'shape-too-large': () => withA('{"dtype":"F32","shape":[2,2],"data_offsets":[0,8]}'),
  'tensor-unaligned': () =>
    assemble(`{${entry('a', 'U8', [1], 0, 1)},${entry('b', 'F32', [1], 1, 5)}}`, zeros(5)),
  'no-tensors': () => assemble('{"__metadata__":{"format":"pt"}}', zeros(0)),
  'dim-huge-and-empty': () =>
    assemble(
      `{${entry('a', 'U8', [0, 2n ** 63n, 2n ** 63n], 0, 0)},${entry('b', 'U8', [1], 0, 1)}}`,
      zeros(1),
    ),
  'rank-65': () =>
    assemble(
      `{${entry(
        'a',
        'U8',
        Array.from({ length: 65 }, () => 1),
        0,
        1,
      )}}`,
      zeros(1),
    ),
} as const;

/** The name of one thing that can be wrong with a safetensors file. */
export type Defect = keyof typeof DEFECTS;

export const DEFECT_NAMES = Object.keys(DEFECTS) as readonly Defect[];

/** A file with that defect. */
export function buildDefect(defect: Defect): Uint8Array {
  return DEFECTS[defect]();
}
