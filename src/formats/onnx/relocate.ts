/** Gives the files beside a model other names in it: a runtime is then told where they really lie, links resolved. */
import { joined } from '../../bytes/joined.ts';
import { type VarintAt, varintAt } from '../protobuf.ts';
import {
  ATTRIBUTE,
  FUNCTION,
  GRAPH,
  MODEL,
  type MessageSpec,
  NODE,
  SPARSE,
  TENSOR,
  TRAINING,
} from './schema.ts';

type Places = ReadonlyMap<string, string>;

/** The messages inside of each that lead to a tensor. */
const INNER: ReadonlyMap<MessageSpec, ReadonlyMap<string, MessageSpec>> = new Map([
  [
    MODEL,
    new Map([
      ['graph', GRAPH],
      ['functions', FUNCTION],
      ['training_info', TRAINING],
    ]),
  ],
  [
    TRAINING,
    new Map([
      ['initialization', GRAPH],
      ['algorithm', GRAPH],
    ]),
  ],
  [FUNCTION, new Map([['node', NODE]])],
  [
    GRAPH,
    new Map([
      ['node', NODE],
      ['initializer', TENSOR],
      ['sparse_initializer', SPARSE],
    ]),
  ],
  [NODE, new Map([['attribute', ATTRIBUTE]])],
  [
    ATTRIBUTE,
    new Map([
      ['t', TENSOR],
      ['tensors', TENSOR],
      ['g', GRAPH],
      ['graphs', GRAPH],
      ['sparse_tensor', SPARSE],
      ['sparse_tensors', SPARSE],
    ]),
  ],
  [
    SPARSE,
    new Map([
      ['values', TENSOR],
      ['indices', TENSOR],
    ]),
  ],
]);

/**
 * The model with the location of each tensor that lies elsewhere replaced.
 * @param bytes a model that `readOnnx` found no fault in
 * @param places the new location for each old one
 * @throws {RangeError} for a location that has none, and for bytes that are no such model.
 */
export function relocate(bytes: Uint8Array, places: Places): Uint8Array {
  return rewritten(bytes, MODEL, places) ?? bytes;
}

/** A message with what changed inside of it; undefined where nothing did. */
function rewritten(bytes: Uint8Array, spec: MessageSpec, places: Places): Uint8Array | undefined {
  const pieces: Uint8Array[] = [];
  let changed = false;
  for (let at = 0; at < bytes.length; ) {
    const tag = varint(bytes, at);
    const type = tag.value % 8;
    const name = spec.fields.get(Math.floor(tag.value / 8))?.name ?? '';
    if (type === 2) {
      const length = varint(bytes, tag.next);
      const end = length.next + length.value;
      if (end > bytes.length) throw new RangeError('a field is longer than its message');
      const contents = bytes.subarray(length.next, end);
      const next =
        spec === TENSOR && name === 'external_data'
          ? moved(contents, places)
          : inner(contents, spec, name, places);
      if (next === undefined) pieces.push(bytes.subarray(at, end));
      else pieces.push(bytes.subarray(at, tag.next), encoded(next.length), next);
      changed ||= next !== undefined;
      at = end;
    } else {
      const end = type === 0 ? varint(bytes, tag.next).next : tag.next + (type === 1 ? 8 : 4);
      pieces.push(bytes.subarray(at, end));
      at = end;
    }
  }
  return changed ? joined(pieces) : undefined;
}

function inner(
  contents: Uint8Array,
  spec: MessageSpec,
  name: string,
  places: Places,
): Uint8Array | undefined {
  const next = INNER.get(spec)?.get(name);
  return next === undefined ? undefined : rewritten(contents, next, places);
}

const KEY = 0x0a;
const VALUE = 0x12;

/** An entry of `external_data`: the location anew, any other as it is. */
function moved(entry: Uint8Array, places: Places): Uint8Array | undefined {
  let [key, value] = ['', ''];
  for (let at = 0; at < entry.length; ) {
    const length = varint(entry, at + 1);
    const end = length.next + length.value;
    const text = new TextDecoder().decode(entry.subarray(length.next, end));
    if (entry[at] === KEY) key = text;
    if (entry[at] === VALUE) value = text;
    at = end;
  }
  if (key !== 'location') return undefined;
  const place = places.get(value);
  if (place === undefined) throw new RangeError(`no place for ${JSON.stringify(value)}`);
  const [name, text] = [new TextEncoder().encode(key), new TextEncoder().encode(place)];
  return joined([
    Uint8Array.of(KEY),
    encoded(name.length),
    name,
    Uint8Array.of(VALUE),
    encoded(text.length),
    text,
  ]);
}

/** @throws {RangeError} where none ends. */
export function varint(bytes: Uint8Array, from: number): VarintAt {
  const found = varintAt(bytes, from, 10);
  if (found === undefined) throw new RangeError('a number is cut off');
  return found;
}

/** A number as protobuf writes it. */
export function encoded(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  while (left >= 0x80) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  return Uint8Array.of(...bytes, left);
}
