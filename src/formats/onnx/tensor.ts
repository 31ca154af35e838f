/** A TensorProto as it stands in the file: what it says of itself, and where its numbers are. None of them are kept. */
import { MAX_NAME_LENGTH, MAX_RANK } from '../../bytes/limits.ts';
import type { ByteRange } from '../place.ts';
import { ENTRY, TENSOR } from './schema.ts';
import { type Varint, type Field, signed, WireStop } from './wire.ts';
import type { Walker } from './walker.ts';

/** Numbers in one of the fields for them. */
export interface DataField {
  readonly offset: number;
  readonly length: number;
  /** Numbers in it; bytes for `raw_data`. */
  readonly count: number;
  /** They stand in one place. */
  readonly whole: boolean;
}

/** A key and a value of `external_data`. */
type ExternalEntry = readonly [key: string, value: string];

export interface RawTensor {
  readonly name: string;
  /** Signed, as the format has them. */
  readonly dims: readonly Varint[];
  /** By `TensorProto.DataType`. */
  readonly type: Varint;
  readonly data: ReadonlyMap<string, DataField>;
  readonly external: readonly ExternalEntry[];
  readonly isExternal: boolean;
  /** Only a part of a tensor: a field that no program writes. */
  readonly segmented: boolean;
  /** The whole message. */
  readonly message: ByteRange;
}

/** Keys of `external_data`: the format has five. */
const MOST_ENTRIES = 64;

/** Value of `data_location` for numbers in another file. */
const EXTERNAL = 1;

/** Bytes that a number takes in the fields of numbers of one size. */
const SIZES: ReadonlyMap<string, number> = new Map([
  ['float_data', 4],
  ['double_data', 8],
]);

/** Reads the tensor in a field; undefined when it is broken, or has more dimensions than any has. */
export async function readTensorProto(
  walker: Walker,
  { offset, length }: Readonly<Field>,
): Promise<RawTensor | undefined> {
  const message = { offset, length };
  let name = '';
  let type: Varint = 0;
  let location: Varint = 0;
  let segmented = false;
  let rank = 0;
  const dims: Varint[] = [];
  const data = new Map<string, DataField>();
  const external: ExternalEntry[] = [];
  const whole = await walker.inner(TENSOR, message, async (field, key) => {
    switch (key) {
      case 'dims': {
        const numbers = await walker.numbers(field, MAX_RANK);
        rank += numbers?.length ?? MAX_RANK + 1;
        if (rank <= MAX_RANK) dims.push(...(numbers ?? []).map(signed));
        break;
      }
      case 'data_type':
        type = field.value;
        break;
      case 'data_location':
        location = field.value;
        break;
      case 'segment':
        segmented = true;
        break;
      case 'name':
        name = (await walker.text(field, 'the name of a tensor')) ?? '';
        break;
      case 'external_data':
        if (external.length < MOST_ENTRIES) external.push(await readEntry(walker, field));
        break;
      default:
        data.set(key, joined(data.get(key), await dataField(walker, field, key)));
    }
  });
  if (rank > MAX_RANK) {
    const limit = { what: 'dimensions of a tensor', limit: MAX_RANK, actual: rank };
    walker.faults.add({ kind: 'limit-exceeded', file: walker.file, bytes: message, tensor: name, ...limit });
    walker.complete = false;
    return undefined;
  }
  if (!whole) return undefined;
  return { name, dims, type, data, external, isExternal: location === EXTERNAL, segmented, message };
}

/** A key and a value, as metadata and the places of external data are written. */
export async function readEntry(
  walker: Walker,
  field: Readonly<Field>,
  limit: number = MAX_NAME_LENGTH,
): Promise<readonly [key: string, value: string]> {
  let key = '';
  let value = '';
  await walker.inner(ENTRY, { offset: field.offset, length: field.length }, async (inner, name) => {
    if (name === 'key') key = (await walker.text(inner, 'a key')) ?? '';
    else value = (await walker.text(inner, 'a value of the metadata', limit)) ?? '';
  });
  return [key, value];
}

async function dataField(walker: Walker, field: Readonly<Field>, key: string): Promise<DataField> {
  const { offset, length, type } = field;
  if (key === 'raw_data') return { offset, length, count: length, whole: true };
  // a number that stands alone, and a text
  if (type !== 2 || key === 'string_data') return { offset, length, count: 1, whole: true };
  const size = SIZES.get(key);
  if (size === undefined)
    return { offset, length, count: await walker.countNumbers({ offset, length }), whole: true };
  if (length % size !== 0) throw new WireStop('packed-uneven', offset);
  return { offset, length, count: length / size, whole: true };
}

function joined(first: DataField | undefined, next: DataField): DataField {
  if (first === undefined || first.length === 0) return next;
  const empty = next.length === 0;
  return { ...first, count: first.count + next.count, whole: first.whole && empty };
}

/** The numbers of a tensor that has at most `limit` and keeps them itself; undefined for any other. */
export async function smallNumbers(
  walker: Walker,
  { type, dims, data, isExternal }: RawTensor,
  limit: number,
): Promise<readonly number[] | undefined> {
  const decode = DECODERS.get(Number(type));
  const elements = dims.reduce<number>((product, dim) => product * Number(dim), 1);
  const [entry] = data;
  if (decode === undefined || isExternal || data.size !== 1 || entry === undefined) return undefined;
  const [field, { offset, length, whole }] = entry;
  if (!whole || elements > limit || length > limit * 10) return undefined;
  if (field === 'raw_data') {
    if (length !== elements * decode.size) return undefined;
    const bytes = await walker.bytes({ offset, length });
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    return Array.from({ length: elements }, (_, index) => decode.at(view, index * decode.size));
  }
  if (field !== decode.field) return undefined;
  if (field === 'float_data') {
    const bytes = await walker.bytes({ offset, length });
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    return Array.from({ length: Math.floor(length / 4) }, (_, index) => view.getFloat32(index * 4, true));
  }
  const packed = { number: 0, type: 2, at: offset, offset, length, value: 0 } as const;
  return (await walker.numbers(packed, limit))?.map((value) => Number(signed(value)));
}

interface Decoder {
  readonly field: string;
  readonly size: number;
  at(view: DataView, offset: number): number;
}

/** Of shapes, axes and scales: FLOAT, INT32, INT64. */
const DECODERS: ReadonlyMap<number, Decoder> = new Map<number, Decoder>([
  [1, { field: 'float_data', size: 4, at: (view, offset) => view.getFloat32(offset, true) }],
  [6, { field: 'int32_data', size: 4, at: (view, offset) => view.getInt32(offset, true) }],
  [7, { field: 'int64_data', size: 8, at: (view, offset) => Number(view.getBigInt64(offset, true)) }],
]);
