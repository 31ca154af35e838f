/**
 * The numbers of `fixtures/smoke/make/draw.py`, drawn again: weights and inputs of the golden nets are not stored.
 * Weights are whole numbers of at most eight bits times a power of two, which F32, F16 and BF16 all hold exactly.
 */

/** FNV-1a over the UTF-8 bytes, 32 bits. */
function fnv1a(name: string): number {
  let key = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) key = Math.imul(key ^ byte, 0x01000193);
  return key;
}

/** `count` numbers of 32 bits: a counter through the finaliser of MurmurHash3. */
function bits(name: string, count: number): Uint32Array {
  const key = fnv1a(name);
  const drawn = new Uint32Array(count);
  for (let index = 0; index < count; index += 1) {
    let h = key + Math.imul(index, 0x9e3779b9);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    drawn[index] = h ^ (h >>> 16);
  }
  return drawn;
}

const product = (shape: readonly number[]): number => shape.reduce((all, dim) => all * dim, 1);

/** A tensor of the net: gains about 1, small biases, matrices that keep the variance of what they read. */
export function drawWeight(name: string, shape: readonly number[]): Float32Array {
  const scale = 2 ** Math.round(Math.log2(74 * Math.sqrt(product(shape.slice(1)))));
  const number = (h: number): number => {
    const n = (h >>> 24) - 128;
    if (name.endsWith('bias')) return n / 1024;
    return shape.length === 1 ? (128 + (n >> 2)) / 128 : n / scale;
  };
  const drawn = bits(name, product(shape));
  return new Float32Array(drawn.length).map((_, index) => number(drawn[index] as number));
}

/** An input: multiples of 2^-22 in [-2, 2). */
export function drawSignal(name: string, shape: readonly number[]): Float32Array {
  const drawn = bits(name, product(shape));
  return new Float32Array(drawn.length).map((_, index) => ((drawn[index] as number) >>> 8) / 2 ** 22 - 2);
}

/** Bytes of float32 numbers in another dtype that holds them exactly. */
export function encode(values: Float32Array, dtype: 'F32' | 'F16' | 'BF16'): Uint8Array {
  if (dtype === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const half = dtype === 'F16' ? toHalf : (word: number): number => word >>> 16;
  const halves = new Uint16Array(words.length).map((_, index) => half(words[index] as number));
  return new Uint8Array(halves.buffer);
}

/** float32 bits to float16 bits, of a number that both hold as a normal one. */
function toHalf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  if ((word & 0x7fffffff) === 0) return sign;
  const exponent = ((word >>> 23) & 0xff) - 127 + 15;
  if (exponent < 1 || exponent > 30 || (word & 0x1fff) !== 0) throw new RangeError('not exact in float16');
  return sign | (exponent << 10) | ((word >>> 13) & 0x3ff);
}
