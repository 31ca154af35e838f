/** Writes pickles: values as torch.save would, and opcodes by name for those that nothing would write. */
import { OP } from '../../src/formats/pytorch/pickle-opcodes.ts';
import { concat, u32, u64 } from './bytes.ts';

/** What a test wants pickled. */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Pickled[]
  | ReadonlyMap<Pickled, Pickled>
  | Node;

interface Node {
  readonly write: readonly (number | string | Uint8Array)[];
}

const encoder = new TextEncoder();

/** A name that the pickle imports. */
export function global(module: string, name: string): Node {
  return { write: [OP.GLOBAL, `${module}\n${name}\n`] };
}

/** A call of a name. */
export function call(callee: Pickled, ...args: readonly Pickled[]): Node {
  return { write: [bytesOf(callee), bytesOf(tuple(...args)), OP.REDUCE] };
}

export function tuple(...items: readonly Pickled[]): Node {
  return { write: [OP.MARK, ...items.map(bytesOf), OP.TUPLE] };
}

export function persistent(id: Pickled): Node {
  return { write: [bytesOf(id), OP.BINPERSID] };
}

/** The object with BUILD's state. */
export function built(object: Pickled, state: Pickled): Node {
  return { write: [bytesOf(object), bytesOf(state), OP.BUILD] };
}

function bytesOf(value: Pickled): Uint8Array {
  if (value === null) return Uint8Array.of(OP.NONE);
  switch (typeof value) {
    case 'boolean':
      return Uint8Array.of(value ? OP.NEWTRUE : OP.NEWFALSE);
    case 'string': {
      const text = encoder.encode(value);
      return concat([OP.BINUNICODE], u32(text.length), text);
    }
    case 'bigint':
      return concat([OP.LONG1, 8], u64(value));
    case 'number': {
      if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return concat([OP.BININT], u32(value >>> 0));
      if (Number.isInteger(value)) return concat([OP.LONG1, 8], u64(value));
      const bytes = new Uint8Array(9).fill(OP.BINFLOAT, 0, 1);
      new DataView(bytes.buffer).setFloat64(1, value, false);
      return bytes;
    }
    default:
  }
  if (value instanceof Map) {
    const pairs = [...value].flatMap(([key, one]) => [bytesOf(key), bytesOf(one)]);
    return concat([OP.EMPTY_DICT, OP.MARK], ...pairs, [OP.SETITEMS]);
  }
  if ('write' in value) {
    return concat(...value.write.map((part) => (typeof part === 'number' ? [part] : part)));
  }
  return concat([OP.EMPTY_LIST, OP.MARK], ...(value as readonly Pickled[]).map(bytesOf), [OP.APPENDS]);
}

/** One pickle of protocol 2. */
export function pickle(value: Pickled): Uint8Array {
  return concat([OP.PROTO, 2], bytesOf(value), [OP.STOP]);
}

/** Opcodes and their arguments, as they come. */
export function raw(...parts: readonly (number | string | Uint8Array)[]): Uint8Array {
  return concat(...parts.map((part) => (typeof part === 'number' ? [part] : part)));
}
