/** Writes PyTorch checkpoints of every container, out of tensors. */
import { contiguous, type TorchTensor } from './torch-tensor.ts';
import { concat, u64 } from './bytes.ts';
import { call, global, persistent, pickle, type Pickled, tuple } from './pickle.ts';
import { buildZip, type ZipEntrySpec, type ZipOptions } from './zip.ts';

export interface TorchOptions {
  readonly bigEndian?: boolean;
  /** What is pickled, given the tensors: a plain dictionary of them where absent. */
  readonly root?: (tensors: ReadonlyMap<string, Pickled>) => Pickled;
  readonly top?: string;
  readonly zip?: ZipOptions;
  /** Changes the entries before they are written. */
  readonly entries?: (entries: ZipEntrySpec[]) => ZipEntrySpec[];
}

const STORAGES = new Map([
  ['F64', 'DoubleStorage'],
  ['F32', 'FloatStorage'],
  ['F16', 'HalfStorage'],
  ['BF16', 'BFloat16Storage'],
  ['I64', 'LongStorage'],
  ['I32', 'IntStorage'],
  ['I16', 'ShortStorage'],
  ['I8', 'CharStorage'],
  ['U8', 'ByteStorage'],
  ['BOOL', 'BoolStorage'],
]);

/** A tensor as `_rebuild_tensor_v2` has it. */
export function rebuilt(tensor: TorchTensor, key: string, view: readonly Pickled[] = []): Pickled {
  const { dtype, shape, strides = contiguous(shape), offset = 0, data, itemSize } = tensor;
  const count = data.length / itemSize;
  const storage = tuple(
    'storage',
    global('torch', STORAGES.get(dtype) ?? dtype),
    key,
    'cpu',
    tensor.count ?? count,
    ...view,
  );
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    persistent(storage),
    offset,
    tuple(...shape),
    tuple(...strides),
    false,
    call(global('collections', 'OrderedDict')),
  );
}

/** `view`: what stacked pickles say behind a storage, of what it is a view. */
function rootOf(tensors: readonly TorchTensor[], { root }: TorchOptions, view?: readonly Pickled[]): Pickled {
  const keys = keysOf(tensors);
  const named = new Map<string, Pickled>(
    tensors.map((tensor) => [tensor.name, rebuilt(tensor, keys.get(tensor.data) as string, view)]),
  );
  return root?.(named) ?? named;
}

/** Tensors with the same bytes share a storage. */
function keysOf(tensors: readonly TorchTensor[]): ReadonlyMap<Uint8Array, string> {
  const keys = new Map<Uint8Array, string>();
  for (const { data } of tensors) if (!keys.has(data)) keys.set(data, String(keys.size));
  return keys;
}

function turned(data: Uint8Array, size: number): Uint8Array {
  return data.map((_, at) => data[at - (at % size) + (size - 1 - (at % size))] as number);
}

const encoder = new TextEncoder();

/** A zip, as torch has written them since 1.6. */
export function buildTorchZip(tensors: readonly TorchTensor[], options: TorchOptions = {}): Uint8Array {
  const { top = 'archive', bigEndian = false } = options;
  const itemSizes = new Map(tensors.map(({ data, itemSize }) => [data, itemSize]));
  const entries: ZipEntrySpec[] = [
    { name: `${top}/data.pkl`, data: pickle(rootOf(tensors, options)) },
    { name: `${top}/byteorder`, data: encoder.encode(bigEndian ? 'big' : 'little') },
    ...[...keysOf(tensors)].map(([data, key]) => ({
      name: `${top}/data/${key}`,
      data: bigEndian ? turned(data, itemSizes.get(data) ?? 1) : data,
    })),
    { name: `${top}/version`, data: encoder.encode('3\n') },
  ];
  return buildZip(options.entries?.(entries) ?? entries, options.zip);
}

const MAGIC = 0x1950a86a20f9469cfc6cn;

/** Stacked pickles, as torch wrote them before 1.6. */
export function buildLegacy(tensors: readonly TorchTensor[], options: TorchOptions = {}): Uint8Array {
  const { bigEndian = false } = options;
  const keys = [...keysOf(tensors)];
  const system = new Map<Pickled, Pickled>([
    ['protocol_version', 1001],
    ['little_endian', !bigEndian],
  ]);
  const itemSizes = new Map(tensors.map(({ data, itemSize }) => [data, itemSize]));
  return concat(
    concat([0x80, 2, 0x8a, 10], longBytes(MAGIC), [0x2e]),
    pickle(1001),
    pickle(system),
    pickle(rootOf(tensors, options, [null])),
    pickle(keys.map(([, key]) => key)),
    ...keys.map(([data]) => {
      const size = itemSizes.get(data) ?? 1;
      return concat(u64(data.length / size), bigEndian ? turned(data, size) : data);
    }),
  );
}

function longBytes(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 10 }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
}

export interface TarFile {
  readonly name: string;
  readonly data: Uint8Array;
  readonly type?: string;
}

/** A tar archive. */
export function buildTar(files: readonly TarFile[]): Uint8Array {
  const blocks = files.map(({ name, data, type = '0' }) => {
    const header = new Uint8Array(512);
    const put = (text: string, at: number) => header.set(encoder.encode(text), at);
    put(name, 0);
    put('0000644\0', 100);
    put(`${data.length.toString(8).padStart(11, '0')}\0`, 124);
    put('        ', 148);
    put(type, 156);
    put('ustar', 257);
    put('00', 263);
    const sum = header.reduce((total, byte) => total + byte, 0);
    put(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return concat(header, data, new Uint8Array((512 - (data.length % 512)) % 512));
  });
  return concat(...blocks, new Uint8Array(1024));
}

/** A checkpoint in a tar, as torch 0.1.1 wrote them. */
export function tarFiles(tensors: readonly TorchTensor[]): TarFile[] {
  const keys = keysOf(tensors);
  const storages = [...keys].map(([data, key]) => {
    const { dtype, itemSize } = tensors.find((tensor) => tensor.data === data) as TorchTensor;
    const head = tuple(Number(key), 'cpu', global('torch', STORAGES.get(dtype) ?? dtype));
    return concat(pickle(head), u64(data.length / itemSize), data);
  });
  const records = tensors.map((tensor, index) => {
    const { shape, strides = contiguous(shape), offset = 0, data } = tensor;
    const head = tuple(100 + index, Number(keys.get(data)), global('torch', 'FloatTensor'));
    return concat(
      pickle(head),
      concat([shape.length, 0, 0, 0, 0, 0, 0, 0]),
      ...[...shape, ...strides, offset].map((value) => u64(value)),
    );
  });
  const root = new Map<Pickled, Pickled>(tensors.map(({ name }, index) => [name, persistent(100 + index)]));
  return [
    { name: 'sys_info', data: pickle(new Map<Pickled, Pickled>([['little_endian', true]])) },
    { name: 'pickle', data: pickle(root) },
    { name: 'storages', data: concat(pickle(storages.length), ...storages, pickle([])) },
    { name: 'tensors', data: concat(pickle(records.length), ...records) },
  ];
}
