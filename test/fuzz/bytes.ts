/** Damage that knows nothing of a format: flipped bits, lying numbers, cuts, copies and splices. */
import { concat } from '../build/bytes.ts';
import type { Random } from './random.ts';

/** Numbers at which readers go wrong: the ends of types, and their neighbours. */
export const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  7n,
  8n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_fffen,
  0xffff_ffffn,
  0x1_0000_0000n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 61n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 32n,
  2n ** 64n - 1n,
];

/** Inputs stay small, so that there can be many of them; what grows with size has inputs of its own. */
const MOST = 96 * 1024;

type Damage = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const DAMAGE: readonly (readonly [what: string, damage: Damage])[] = [
  ['bit', (bytes, random) => changed(bytes, random, (byte) => byte ^ (1 << random.below(8)))],
  ['byte', (bytes, random) => changed(bytes, random, () => random.below(256))],
  ['edge byte', (bytes, random) => changed(bytes, random, () => random.pick([0, 1, 0x7f, 0x80, 0xff]))],
  ['number', number],
  ['sum', (bytes, random) => changed(bytes, random, (byte) => byte + random.pick([1, -1, 8, -8, 32]))],
  ['cut', (bytes, random) => bytes.slice(0, random.below(bytes.length + 1))],
  ['behead', (bytes, random) => bytes.slice(random.below(bytes.length + 1))],
  ['delete', (bytes, random) => spliced(bytes, random, new Uint8Array(0))],
  ['insert', (bytes, random) => inserted(bytes, random, random.bytes(1 + random.below(16)))],
  ['zeros', (bytes, random) => spliced(bytes, random, new Uint8Array(random.small(64)))],
  ['copy', (bytes, random) => inserted(bytes, random, piece(bytes, random))],
  ['repeat', (bytes, random) => inserted(bytes, random, repeated(piece(bytes, random, 64), random))],
  ['splice', (bytes, random, other) => spliced(bytes, random, piece(other, random))],
  ['append', (bytes, _, other) => concat(bytes, other)],
  ['prepend', (bytes, _, other) => concat(other, bytes)],
  ['swap', swapped],
];

/** Damages bytes once or a few times; `other` is another file to take pieces of. */
export function damageBytes(
  bytes: Uint8Array,
  random: Random,
  other: Uint8Array,
): { readonly what: string; readonly bytes: Uint8Array } {
  const names: string[] = [];
  let out = bytes;
  const times = 1 + random.small(6);
  for (let i = 0; i < times && out.length > 0; i += 1) {
    const [what, damage] = random.pick(DAMAGE);
    names.push(what);
    out = damage(out, random, other).slice(0, MOST);
  }
  return { what: names.join(', '), bytes: out };
}

function changed(bytes: Uint8Array, random: Random, change: (byte: number) => number): Uint8Array {
  const at = place(bytes, random);
  return bytes.with(at, change(bytes[at] as number) & 0xff);
}

/** Headers come first and directories last: damage there tells more than damage in the data. */
function place(bytes: Uint8Array, random: Random): number {
  const near = Math.min(bytes.length, 512);
  switch (random.below(4)) {
    case 0:
      return random.below(near);
    case 1:
      return bytes.length - 1 - random.below(near);
    default:
      return random.below(bytes.length);
  }
}

/** A number of 2, 4 or 8 bytes written over what stands there. */
function number(bytes: Uint8Array, random: Random): Uint8Array {
  const out = bytes.slice();
  const edge = random.oneIn(4)
    ? BigInt(random.pick([bytes.length, bytes.length - 1, bytes.length + 1, 2 * bytes.length]))
    : random.pick(EDGES);
  const width = random.pick([2, 4, 8]);
  const at = place(bytes, random);
  for (let i = 0; i < width && at + i < out.length; i += 1)
    out[at + i] = Number((edge >> BigInt(8 * i)) & 0xffn);
  return out;
}

function piece(bytes: Uint8Array, random: Random, most = 2048): Uint8Array {
  const from = random.below(bytes.length);
  return bytes.slice(from, from + 1 + random.small(most));
}

function repeated(bytes: Uint8Array, random: Random): Uint8Array {
  const times = 1 + random.below(random.pick([4, 64, 512]));
  return concat(...Array.from({ length: times }, () => bytes));
}

function inserted(bytes: Uint8Array, random: Random, put: Uint8Array): Uint8Array {
  const at = place(bytes, random);
  return concat(bytes.subarray(0, at), put, bytes.subarray(at));
}

function spliced(bytes: Uint8Array, random: Random, put: Uint8Array): Uint8Array {
  const at = place(bytes, random);
  return concat(bytes.subarray(0, at), put, bytes.subarray(at + 1 + random.small(256)));
}

function swapped(bytes: Uint8Array, random: Random): Uint8Array {
  const out = bytes.slice();
  const length = 1 + random.small(64);
  const [a, b] = [place(bytes, random), place(bytes, random)];
  out.set(bytes.subarray(a, Math.min(a + length, out.length - b + a)), b);
  out.set(bytes.subarray(b, Math.min(b + length, out.length - a + b)), a);
  return out;
}
