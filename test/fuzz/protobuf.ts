/** Damage to protocol buffers that keeps their lengths true, so that readers come past the first field. */
import { concat } from '../build/bytes.ts';
import { varint } from '../build/onnx.ts';
import { EDGES } from './bytes.ts';
import type { Random } from './random.ts';

interface Field {
  readonly number: number;
  readonly wire: number;
  readonly value: bigint | Uint8Array | readonly Field[];
}

const MAX_DEPTH = 6;

/** The fields, as far as the bytes are some; undefined where they are none. */
function parse(bytes: Uint8Array, depth: number): readonly Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const readVarint = (): bigint | undefined => {
    let value = 0n;
    for (let shift = 0n; shift < 70n && at < bytes.length; shift += 7n) {
      const byte = bytes[at] as number;
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const key = readVarint();
    if (key === undefined || key >> 3n === 0n) return undefined;
    const [number, wire] = [Number(key >> 3n), Number(key & 7n)];
    if (wire === 0) {
      const value = readVarint();
      if (value === undefined) return undefined;
      fields.push({ number, wire, value });
    } else if (wire === 1 || wire === 5 || wire === 2) {
      const length = wire === 2 ? Number(readVarint() ?? -1n) : wire === 1 ? 8 : 4;
      if (length < 0 || at + length > bytes.length) return undefined;
      const value = bytes.subarray(at, at + length);
      const inner = wire === 2 && length > 1 && depth < MAX_DEPTH ? parse(value, depth + 1) : undefined;
      fields.push({ number, wire, value: inner ?? value });
      at += length;
    } else return undefined;
  }
  return fields;
}

function write(fields: readonly Field[]): Uint8Array {
  return concat(
    ...fields.map(({ number, wire, value }) => {
      const key = varint((BigInt(number) << 3n) | BigInt(wire));
      if (typeof value === 'bigint') return concat(key, varint(value));
      const bytes = value instanceof Uint8Array ? value : write(value);
      return wire === 2 ? concat(key, varint(BigInt(bytes.length)), bytes) : concat(key, bytes);
    }),
  );
}

/** One field changed, left out, doubled, moved or wrapped; undefined where the bytes are no protocol buffer. */
export function damageProtobuf(bytes: Uint8Array, random: Random): Uint8Array | undefined {
  let fields = parse(bytes, 0);
  if (fields === undefined) return undefined;
  const times = 1 + random.small(5);
  for (let i = 0; i < times; i += 1) fields = damaged(fields, random);
  return write(fields);
}

function damaged(fields: readonly Field[], random: Random): readonly Field[] {
  if (fields.length === 0) return fields;
  const at = random.below(fields.length);
  const field = fields[at] as Field;
  const { value } = field;
  const replace = (...by: readonly Field[]) => fields.toSpliced(at, 1, ...by);
  // most of what can go wrong lies deeper
  if (!(value instanceof Uint8Array) && typeof value !== 'bigint' && !random.oneIn(4)) {
    return replace({ ...field, value: damaged(value, random) });
  }
  switch (random.below(7)) {
    case 0:
      return replace();
    case 1:
      return replace(field, field);
    case 2:
      return replace({ ...field, number: random.pick([1, 2, 5, 7, 8, 9, 13, 14, 20, 2 ** 20]) });
    case 3:
      return fields.toSpliced(random.below(fields.length), 0, field);
    case 4: {
      let inner: Field = field;
      const depth = random.oneIn(20) ? random.pick([120, 2000]) : 3;
      for (let level = 0; level < depth; level += 1)
        inner = { number: field.number, wire: 2, value: [inner] };
      // a tree of that depth is written without recursion
      return replace({ ...field, wire: 2, value: depth > 200 ? nested(field, depth) : write([inner]) });
    }
    default:
      if (typeof value === 'bigint') return replace({ ...field, value: random.pick(EDGES) });
      return replace({
        ...field,
        wire: 2,
        value: random.oneIn(3) ? random.bytes(random.small(64)) : bent(value, random),
      });
  }
}

function nested({ number }: Field, depth: number): Uint8Array {
  let bytes = new Uint8Array(0);
  for (let level = 0; level < depth; level += 1)
    bytes = new Uint8Array(write([{ number, wire: 2, value: bytes }]));
  return bytes;
}

function bent(value: Uint8Array | readonly Field[], random: Random): Uint8Array {
  const bytes = value instanceof Uint8Array ? value : write(value);
  if (bytes.length === 0) return random.bytes(3);
  return bytes.with(random.below(bytes.length), random.below(256));
}
