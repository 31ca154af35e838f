/** Damages and sound changes of nets, each making a new set of values. */
import { type MemoryNet, shapeOf, type Values } from './memory-net.ts';

/** A repeatable stream of numbers in 0..1 (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function permutation(size: number, draw: () => number): readonly number[] {
  const order = Array.from({ length: size }, (_, index) => index);
  for (let index = size - 1; index > 0; index -= 1) {
    const other = Math.floor(draw() * (index + 1));
    [order[index], order[other]] = [order[other] as number, order[index] as number];
  }
  return order;
}

function map(values: Values, change: (floats: Float32Array, name: string) => Float32Array): Values {
  return new Map([...values].map(([name, floats]) => [name, change(floats, name)]));
}

/** Two blocks of one shape in each other's place. */
export function swapBlocks({ values }: MemoryNet, a: string, b: string): Values {
  return map(values, (floats, name) => {
    const from = name.startsWith(`${a}.`)
      ? b + name.slice(a.length)
      : name.startsWith(`${b}.`)
        ? a + name.slice(b.length)
        : name;
    return values.get(from) ?? floats;
  });
}

/** Pairs of tensors of one shape in each other's place. */
export function exchangeTensors(
  { values }: MemoryNet,
  pairs: readonly (readonly [string, string])[],
): Values {
  const other = new Map(pairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  return map(values, (floats, name) => values.get(other.get(name) ?? name) ?? floats);
}

/** Square matrices with rows and columns exchanged. */
export function transposeSquares(net: MemoryNet, names: readonly string[]): Values {
  return map(net.values, (floats, name) => {
    if (!names.includes(name)) return floats;
    const size = Math.sqrt(floats.length);
    return Float32Array.from(floats, (_, at) => floats[(at % size) * size + Math.floor(at / size)] as number);
  });
}

/** Kernels of 3×3 with rows and columns exchanged. */
export function transposeKernels({ values }: MemoryNet, names: readonly string[]): Values {
  return map(values, (floats, name) => {
    if (!names.includes(name)) return floats;
    const place = (tap: number): number => (tap % 3) * 3 + Math.floor(tap / 3);
    return floats.map((_, at) => floats[at - (at % 9) + place(at % 9)] as number);
  });
}

/** Two halves of the rows of a tensor exchanged. */
export function turnRows({ values }: MemoryNet, names: readonly string[]): Values {
  return map(values, (floats, name) => {
    if (!names.includes(name)) return floats;
    const half = floats.length / 2;
    return Float32Array.from(floats, (_, at) => floats[(at + half) % floats.length] as number);
  });
}

/** One block out of another net of the same shapes. */
export function graft({ values }: MemoryNet, donor: MemoryNet, block: string): Values {
  return map(values, (floats, name) =>
    name.startsWith(`${block}.`) ? (donor.values.get(name) ?? floats) : floats,
  );
}

/** The output channels of a layer in another order, its bias with them. */
export function permuteOutputs(net: MemoryNet, layer: string, draw: () => number): Values {
  const order = permutation(shapeOf(net, `${layer}.weight`)[0] ?? 0, draw);
  return map(net.values, (floats, name) => {
    if (name !== `${layer}.weight` && name !== `${layer}.bias`) return floats;
    const run = floats.length / order.length;
    const moved = new Float32Array(floats.length);
    for (const [to, from] of order.entries())
      moved.set(floats.subarray(from * run, (from + 1) * run), to * run);
    return moved;
  });
}

/** One number a channel, or one a channel and pixel, as norms over both have. */
function isVector({ length }: readonly number[]): boolean {
  return length === 1 || length === 3;
}

/** Input channels `first` … of each of some layers and vectors exchanged with as many from `second` on. */
function exchangeInputs(
  net: MemoryNet,
  names: readonly string[],
  first: number,
  second: number,
  count: number,
) {
  return map(net.values, (floats, name) => {
    if (!names.includes(name)) return floats;
    const shape = shapeOf(net, name);
    const inputs = isVector(shape) ? shape[0] : shape[1];
    const rows = isVector(shape) ? 1 : (shape[0] ?? 1);
    const run = floats.length / rows / (inputs ?? 1);
    const moved = floats.slice();
    for (let row = 0; row < rows; row += 1) {
      const at = row * (inputs ?? 1);
      const [a, b] = [(at + first) * run, (at + second) * run];
      moved.set(floats.subarray(b, b + count * run), a);
      moved.set(floats.subarray(a, a + count * run), b);
    }
    return moved;
  });
}

/** A decoder resnet's two inputs, of one width, in the wrong order. */
export function turnHalves(net: MemoryNet, resnet: string): Values {
  const width = (shapeOf(net, `${resnet}.conv1.weight`)[1] ?? 0) / 2;
  const names = ['conv1.weight', 'norm1.weight', 'norm1.bias', 'conv_shortcut.weight'];
  return exchangeInputs(
    net,
    names.map((name) => `${resnet}.${name}`),
    0,
    width,
    width,
  );
}

/** Two decoder resnets with their skip halves (the last `count` inputs) exchanged. */
export function swapSkips(net: MemoryNet, a: string, b: string, count: number): Values {
  const leaves = ['conv1.weight', 'norm1.weight', 'norm1.bias', 'conv_shortcut.weight'];
  const taken = new Map<string, Float32Array>();
  for (const leaf of leaves) {
    const halves = [a, b].map((id) => skipHalf(net, `${id}.${leaf}`, count));
    const [left, right] = halves;
    if (left === undefined || right === undefined || left.rows !== right.rows) continue;
    taken.set(`${a}.${leaf}`, left.with(right.half));
    taken.set(`${b}.${leaf}`, right.with(left.half));
  }
  return map(net.values, (floats, name) => taken.get(name) ?? floats);
}

function skipHalf(net: MemoryNet, name: string, count: number) {
  const floats = net.values.get(name);
  if (floats === undefined) return undefined;
  const shape = shapeOf(net, name);
  const rows = isVector(shape) ? 1 : (shape[0] ?? 1);
  const inputs = (isVector(shape) ? shape[0] : shape[1]) ?? 1;
  const run = floats.length / rows / inputs;
  const [from, length] = [(inputs - count) * run, count * run];
  const at = (row: number): number => row * inputs * run + from;
  const half = Array.from({ length: rows }, (_, row) => floats.slice(at(row), at(row) + length));
  return {
    rows,
    half,
    with(other: readonly Float32Array[]): Float32Array {
      const moved = floats.slice();
      for (const [row, part] of other.entries()) moved.set(part, at(row));
      return moved;
    },
  };
}

/** Each number as the nearest of a float with so many bits of exponent and mantissa (no infinities). */
export function rounded({ values }: MemoryNet, exponent: number, mantissa: number): Values {
  const least = 2 - 2 ** (exponent - 1);
  return map(values, (floats) =>
    floats.map((value) => {
      if (value === 0) return 0;
      const power = Math.max(least, Math.floor(Math.log2(Math.abs(value))));
      const step = 2 ** (power - mantissa);
      return Math.round(value / step) * step;
    }),
  );
}

/** Gaussian noise of a share of each weight tensor's own spread. */
export function noisy({ values }: MemoryNet, share: number, draw: () => number): Values {
  return map(values, (floats, name) => {
    if (!name.endsWith('.weight') || floats.length < 2) return floats;
    let square = 0;
    for (const value of floats) square += value * value;
    const spread = share * Math.sqrt(square / floats.length);
    return floats.map(
      (value) => value + spread * Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw()),
    );
  });
}
