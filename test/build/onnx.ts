/**
 * Writes ONNX models: protobuf fields by hand, sound models out of tensors, and models with one named defect each. No
 * broken file is stored; each test says which defect it wants.
 */
import { elementCount } from '../../src/formats/checkpoint.ts';
import { byteLengthOf, type PlainDtype } from '../../src/formats/dtype.ts';
import { concat } from './bytes.ts';

const encoder = new TextEncoder();

export type Field = Uint8Array;
type Bytes = Uint8Array | string;

export function varint(value: number | bigint): Uint8Array {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  do {
    const more = left > 0x7fn;
    bytes.push(Number(left & 0x7fn) | (more ? 0x80 : 0));
    left >>= 7n;
  } while (left > 0n);
  return Uint8Array.from(bytes);
}

/** Fields of each wire type. */
export const int = (field: number, value: number | bigint): Field => concat(varint(field * 8), varint(value));
export const len = (field: number, contents: Bytes): Field => {
  const bytes = typeof contents === 'string' ? encoder.encode(contents) : contents;
  return concat(varint(field * 8 + 2), varint(bytes.length), bytes);
};
export const float = (field: number, value: number): Field =>
  concat(varint(field * 8 + 5), new Uint8Array(Float32Array.of(value).buffer));

const entry = (key: string, value: string): Uint8Array => concat(len(1, key), len(2, value));

/** Numbers of `TensorProto.DataType`. */
const TYPES: ReadonlyMap<PlainDtype, number> = new Map([
  ['F32', 1],
  ['U8', 2],
  ['I8', 3],
  ['U16', 4],
  ['I16', 5],
  ['I32', 6],
  ['I64', 7],
  ['BOOL', 9],
  ['F16', 10],
  ['F64', 11],
  ['U32', 12],
  ['U64', 13],
  ['C64', 14],
  ['BF16', 16],
  ['F8_E4M3', 17],
  ['F8_E4M3FNUZ', 18],
  ['F8_E5M2', 19],
  ['F8_E5M2FNUZ', 20],
  ['F8_E8M0', 24],
]);

export const ONNX_DTYPES = [...TYPES.keys()];

export interface OnnxTensor {
  readonly name: string;
  readonly dtype: PlainDtype;
  readonly shape: readonly number[];
  /** Its bytes; zeros where absent. */
  readonly data?: Uint8Array;
  /** Where they lie, in place of bytes of its own. */
  readonly external?: Readonly<Record<string, string>>;
}

/** A TensorProto whose numbers stand as bytes, or in another file. */
function tensorProto({ name, dtype, shape, data, external }: OnnxTensor): Uint8Array {
  const bytes = data ?? new Uint8Array(byteLengthOf(dtype, elementCount(shape)));
  const place =
    external === undefined
      ? [len(9, bytes)]
      : [...Object.entries(external).map(([key, value]) => len(13, entry(key, value))), int(14, 1)];
  return concat(...shape.map((dim) => int(1, dim)), int(2, TYPES.get(dtype) ?? 0), len(8, name), ...place);
}

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  /** AttributeProtos. */
  readonly attributes?: readonly Uint8Array[];
  /** By key, as exporters note where a node comes from. */
  readonly notes?: Readonly<Record<string, string>>;
}

function nodeProto({ op, inputs, outputs, name, domain, attributes, notes }: OnnxNode): Uint8Array {
  return concat(
    ...inputs.map((value) => len(1, value)),
    ...outputs.map((value) => len(2, value)),
    ...(name === undefined ? [] : [len(3, name)]),
    len(4, op),
    ...(attributes ?? []).map((attribute) => len(5, attribute)),
    ...(domain === undefined ? [] : [len(7, domain)]),
    ...Object.entries(notes ?? {}).map(([key, value]) => len(9, entry(key, value))),
  );
}

export const ints = (name: string, values: readonly number[]): Uint8Array =>
  concat(len(1, name), ...values.map((value) => int(8, value)), int(20, 7));

const valueInfo = (name: string, dims: readonly (number | string)[], type = 1): Uint8Array => {
  const shape = dims.map((dim) => len(1, typeof dim === 'number' ? int(1, dim) : len(2, dim)));
  return concat(len(1, name), len(2, len(1, concat(int(1, type), len(2, concat(...shape))))));
};

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  readonly inputs: readonly (readonly [name: string, dims: readonly (number | string)[]])[];
  readonly outputs: readonly (readonly [name: string, dims: readonly (number | string)[]])[];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The fields of a sound graph. */
export function graphFields({ nodes, tensors, inputs, outputs }: OnnxGraph): Field[] {
  return [
    ...nodes.map((node) => len(1, nodeProto(node))),
    len(2, 'main_graph'),
    ...tensors.map((tensor) => len(5, tensorProto(tensor))),
    ...inputs.map(([name, dims]) => len(11, valueInfo(name, dims))),
    ...outputs.map(([name, dims]) => len(12, valueInfo(name, dims))),
  ];
}

const VERSION = int(1, 9);
const OPSET = len(8, concat(len(1, ''), int(2, 18)));

/** A ModelProto around fields of a graph. */
export function model(graph: readonly Field[], more: readonly Field[] = []): Uint8Array {
  return concat(VERSION, len(2, 'tests'), len(7, concat(...graph)), OPSET, ...more);
}

export function buildOnnx(graph: OnnxGraph): Uint8Array {
  const metadata = Object.entries(graph.metadata ?? {}).map(([key, value]) => len(14, entry(key, value)));
  return model(graphFields(graph), metadata);
}

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

const W: OnnxTensor = { name: 'w', dtype: 'F32', shape: [2, 2], data: floats(1, 2, 3, 4) };
const B: OnnxTensor = { name: 'b', dtype: 'F16', shape: [2] };

const SOUND: OnnxGraph = {
  nodes: [
    { op: 'MatMul', inputs: ['x', 'w'], outputs: ['h'], name: '/first/MatMul' },
    { op: 'Add', inputs: ['h', 'b'], outputs: ['y'], name: '/first/Add' },
  ],
  tensors: [W, B],
  inputs: [['x', ['batch', 2]]],
  outputs: [['y', ['batch', 2]]],
  metadata: { author: 'tests' },
};

export function soundOnnx(): Uint8Array {
  return buildOnnx(SOUND);
}

const external = (places: Readonly<Record<string, string>>, name = 'w'): OnnxTensor => ({
  ...W,
  name,
  external: places,
});
const withTensors = (...tensors: OnnxTensor[]): Uint8Array =>
  buildOnnx({
    ...SOUND,
    tensors: [...tensors, ...[W, B].filter((one) => tensors.every((each) => each.name !== one.name))],
  });
/** The tensor w out of fields. */
const withProto = (...fields: Field[]): Uint8Array =>
  model([...graphFields({ ...SOUND, tensors: [B] }), len(5, concat(...fields))]);
const dimsAndType = [int(1, 2), int(1, 2), int(2, 1), len(8, 'w')];
const withNodes = (...nodes: OnnxNode[]): Uint8Array =>
  buildOnnx({ ...SOUND, nodes: [...SOUND.nodes, ...nodes] });

/** Graphs inside nodes inside graphs. */
function nested(depth: number): Uint8Array {
  let graph = concat(len(2, 'deepest'));
  for (let index = 0; index < depth; index += 1) {
    const attribute = concat(len(1, 'body'), len(6, graph), int(20, 5));
    graph = len(1, concat(len(2, `out${index}`), len(4, 'Loop'), len(5, attribute)));
  }
  return graph;
}

/** The model's bytes with its last field cut. */
const cut = (bytes: Uint8Array, by: number): Uint8Array => bytes.subarray(0, bytes.length - by);
const headless = (...fields: Field[]): Uint8Array => concat(...fields, len(7, concat(...graphFields(SOUND))));

/** What lies beside every model that `defect` makes: 64 bytes. */
export const DATA_FILE = ['weights.bin', new Uint8Array(64)] as const;

const DEFECTS = {
  'graph-cut': () => cut(concat(VERSION, OPSET, len(7, concat(...graphFields(SOUND)))), 20),
  'tag-zero': () => model([...graphFields(SOUND), Uint8Array.of(0, 0)]),
  'group-field': () => model([...graphFields(SOUND), Uint8Array.of(0x1b)]),
  'varint-of-11': () => model([...graphFields(SOUND), concat(varint(9 * 8), new Uint8Array(11).fill(0x80))]),
  'length-over-parent': () => model([...graphFields(SOUND), Uint8Array.of(0x2a, 0x7f, 1)]),
  'length-2-62': () => model([...graphFields(SOUND), concat(varint(5 * 8 + 2), varint(2n ** 62n))]),
  'packed-uneven': () => withProto(...dimsAndType, len(4, new Uint8Array(15))),
  'name-as-number': () => model([...graphFields(SOUND), int(2, 7)]),
  'graph-twice': () => model([], [len(7, concat(...graphFields(SOUND)))]),
  'raw-data-twice': () => withProto(...dimsAndType, len(9, floats(1, 2, 3, 4)), len(9, floats(5, 6, 7, 8))),
  'version-99': () => headless(int(1, 99), OPSET),
  'opset-none': () => headless(VERSION),
  'opset-twice': () => headless(VERSION, OPSET, OPSET),
  'no-graph': () => concat(VERSION, OPSET),
  'input-unmade': () => withNodes({ op: 'Relu', inputs: ['nowhere'], outputs: ['z'] }),
  'output-unmade': () => buildOnnx({ ...SOUND, outputs: [['z', [2]]] }),
  'node-early': () => buildOnnx({ ...SOUND, nodes: SOUND.nodes.toReversed() }),
  'value-twice': () => withNodes({ op: 'Relu', inputs: ['x'], outputs: ['y'] }),
  'foreign-domain': () =>
    concat(
      withNodes({ op: 'Warp', domain: 'com.example', inputs: ['x'], outputs: ['z'] }),
      len(8, concat(len(1, 'com.example'), int(2, 1))),
    ),
  // all of it is the domain, whatever it begins with
  'foreign-domain-spaced': () =>
    concat(
      withNodes({ op: 'Warp', domain: 'com.microsoft x', inputs: ['x'], outputs: ['z'] }),
      len(8, concat(len(1, 'com.microsoft x'), int(2, 1))),
    ),
  'tensor-unnamed': () => model([...graphFields(SOUND), len(5, tensorProto({ ...W, name: '' }))]),
  'tensor-twice': () => model([...graphFields(SOUND), len(5, tensorProto(W))]),
  'type-none': () => withProto(int(1, 2), len(8, 'w'), len(9, floats(1, 2))),
  'type-99': () => withProto(int(1, 2), int(2, 99), len(8, 'w'), len(9, floats(1, 2))),
  'type-text': () => withProto(int(1, 1), int(2, 8), len(8, 'w'), len(6, 'word')),
  'type-uint4': () => withProto(int(1, 2), int(2, 21), len(8, 'w'), len(9, Uint8Array.of(1))),
  'dim-negative': () => withProto(int(1, -2), int(2, 1), len(8, 'w'), len(9, '')),
  'dims-overflow': () => withProto(int(1, 2 ** 40), int(1, 2 ** 40), int(2, 1), len(8, 'w'), len(9, '')),
  'dims-65': () =>
    withProto(...Array.from({ length: 65 }, () => int(1, 1)), int(2, 1), len(8, 'w'), len(9, floats(1))),
  'data-none': () => withProto(...dimsAndType),
  'data-in-two-fields': () =>
    withProto(...dimsAndType, len(9, floats(1, 2, 3, 4)), len(4, floats(1, 2, 3, 4))),
  'data-in-wrong-field': () => withProto(...dimsAndType, len(7, Uint8Array.of(1, 2, 3, 4))),
  'raw-too-short': () => withTensors({ ...W, data: floats(1, 2, 3) }),
  'raw-too-long': () => withTensors({ ...W, data: floats(1, 2, 3, 4, 5) }),
  'floats-too-few': () => withProto(...dimsAndType, len(4, floats(1, 2, 3))),
  'external-not-said': () => withProto(...dimsAndType, len(13, entry('location', DATA_FILE[0]))),
  'external-parent': () => withTensors(external({ location: '../weights.bin' })),
  'external-within': () => withTensors(external({ location: 'a/../../weights.bin' })),
  'external-absolute': () => withTensors(external({ location: '/etc/passwd' })),
  'external-drive': () => withTensors(external({ location: 'C:\\weights.bin' })),
  'external-address': () => withTensors(external({ location: 'https://example.org/weights.bin' })),
  'external-absent': () => withTensors(external({ location: 'other.bin' })),
  'external-no-location': () => withTensors(external({ offset: '0' })),
  'external-location-twice': () =>
    withProto(...dimsAndType, len(13, entry('location', 'a')), len(13, entry('location', 'b')), int(14, 1)),
  'external-offset-word': () =>
    withTensors(external({ location: DATA_FILE[0], offset: '1e1', length: '16' })),
  'external-offset-negative': () =>
    withTensors(external({ location: DATA_FILE[0], offset: '-1', length: '16' })),
  'external-beyond': () => withTensors(external({ location: DATA_FILE[0], offset: '56', length: '16' })),
  'external-beyond-unsaid': () => withTensors(external({ location: DATA_FILE[0], offset: '56' })),
  'external-length-short': () => withTensors(external({ location: DATA_FILE[0], length: '8' })),
  'external-key-odd': () => withTensors(external({ location: DATA_FILE[0], length: '16', mode: 'x' })),
  'external-overlap': () =>
    withTensors(
      external({ location: DATA_FILE[0], offset: '0', length: '16' }),
      external({ location: DATA_FILE[0], offset: '8', length: '16' }, 'v'),
    ),
  'external-shared': () =>
    withTensors(
      external({ location: DATA_FILE[0], offset: '0', length: '16' }),
      external({ location: DATA_FILE[0], offset: '0', length: '16' }, 'v'),
    ),
  'external-in-constant': () => {
    const value = tensorProto(external({ location: '../weights.bin' }));
    const attribute = concat(len(1, 'value'), len(5, value), int(20, 4));
    return withNodes({ op: 'Constant', inputs: [], outputs: ['c'], attributes: [attribute] });
  },
  'name-latin1': () =>
    model([
      ...graphFields(SOUND),
      len(5, concat(int(1, 1), int(2, 2), len(8, Uint8Array.of(0x61, 0xe9)), len(9, 'x'))),
    ]),
  'metadata-twice': () => model(graphFields(SOUND), [len(14, entry('a', '1')), len(14, entry('a', '2'))]),
  'no-tensors': () =>
    buildOnnx({ ...SOUND, nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }], tensors: [] }),
  'nested-deep': () => model([...graphFields(SOUND), nested(60)]),
} as const satisfies Readonly<Record<string, () => Uint8Array>>;

export type OnnxDefect = keyof typeof DEFECTS;

export const ONNX_DEFECTS = Object.keys(DEFECTS) as OnnxDefect[];

export function buildOnnxDefect(defect: OnnxDefect): Uint8Array {
  return DEFECTS[defect]();
}
