/** Which tensors of a U-Net there are to damage, by what they do in it, and changes that many damages share. */
import type { BlockKind } from '../../../src/topology/net.ts';
import type { MemoryNet, Values } from '../../../test/values/memory-net.ts';
import { type Edit, unetEdit } from '../edit.ts';
import type { Subject } from '../subject.ts';

/** The U-Net as the damages of the wiring's tests want it. */
export function memoryNet(subject: Subject): MemoryNet {
  const values = new Map(subject.names.map((name) => [name, subject.floats(name)]));
  return { net: subject.net, values, read: async (tensor) => subject.bytes(tensor) };
}

/** An edit of the tensors that are other ones than before; undefined where none is. */
export function changed(subject: Subject, before: Values, after: Values | undefined): Edit | undefined {
  const all = [...(after ?? [])].filter(([name, floats]) => floats !== before.get(name));
  return all.length === 0 ? undefined : unetEdit(subject, new Map(all));
}

/** An edit that changes each of the tensors; undefined where there are none. */
export function each(
  subject: Subject,
  names: readonly string[],
  change: (floats: Float32Array, name: string) => Float32Array,
): Edit | undefined {
  if (names.length === 0) return undefined;
  return unetEdit(subject, new Map(names.map((name) => [name, change(subject.floats(name), name)])));
}

export function idsOf(subject: Subject, kind: BlockKind): readonly string[] {
  return subject.blocks.filter((block) => block.kind === kind).map(({ id }) => id);
}

/** Convolutions with a kernel larger than one pixel, without the first and the last, and without transposed ones. */
export function convolutions(subject: Subject): readonly string[] {
  return subject.names.filter((name) => {
    const shape = subject.shape(name);
    const bias = name.replace(/weight$/, 'bias');
    const rows = subject.has(bias) ? subject.shape(bias)[0] : shape[0];
    return shape.length === 4 && (shape[2] ?? 1) > 1 && rows === shape[0] && !name.startsWith('conv_');
  });
}

/** Matrices and convolutions. */
export function weights(subject: Subject): readonly string[] {
  return subject.names.filter((name) => !isOfNorm(subject.shape(name)));
}

/** Shapes of gains and biases: one number a channel, or one a channel and pixel. */
function isOfNorm({ length }: readonly number[]): boolean {
  return length === 1 || length === 3;
}

/** Weights inside of the net: its first and last convolution and its embeddings left out. */
export function innerWeights(subject: Subject): readonly string[] {
  const inner = new Set(
    subject.blocks.filter(({ kind }) => kind !== 'conv' && kind !== 'embedding').map(({ id }) => id),
  );
  return weights(subject).filter((name) => [...inner].some((id) => name.startsWith(`${id}.`)));
}

/** Attentions by what stands before `.to_q`. */
export function attentions(subject: Subject): readonly string[] {
  return subject.names.filter((name) => name.endsWith('.to_q.weight')).map((name) => name.slice(0, -12));
}

/** Attentions of pixels to each other: queries and keys read the same. */
export function selfAttentions(subject: Subject): readonly string[] {
  return attentions(subject).filter((at) => !at.endsWith('attn2') && sameShape(subject, at, 'to_q', 'to_k'));
}

export function sameShape(subject: Subject, at: string, a: string, b: string): boolean {
  const [left, right] = [`${at}.${a}.weight`, `${at}.${b}.weight`];
  return subject.has(left) && subject.has(right) && `${subject.shape(left)}` === `${subject.shape(right)}`;
}

/** Gains of norms, by what stands before `.weight`. */
export function norms(subject: Subject): readonly string[] {
  return subject.names
    .filter((name) => name.endsWith('.weight') && isOfNorm(subject.shape(name)))
    .map((name) => name.slice(0, -'.weight'.length));
}

/** Root of the mean square. */
export function spread(floats: Float32Array): number {
  let sum = 0;
  for (const value of floats) sum += value * value;
  return Math.sqrt(sum / floats.length);
}

/** Standard normal numbers. */
export function normals(draw: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
}

/** Rows and columns exchanged, with the kernel's positions kept in their order. */
export function transposed(floats: Float32Array, rows: number, columns: number, taps = 1): Float32Array {
  const turned = new Float32Array(floats.length);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      for (let tap = 0; tap < taps; tap += 1)
        turned[(column * rows + row) * taps + tap] = floats[(row * columns + column) * taps + tap] as number;
  return turned;
}

/** Rows in another order. */
export function reordered(floats: Float32Array, order: readonly number[]): Float32Array {
  const run = floats.length / order.length;
  const moved = new Float32Array(floats.length);
  for (const [to, from] of order.entries())
    moved.set(floats.subarray(from * run, (from + 1) * run), to * run);
  return moved;
}
