/** The convolutions of a net of unknown names: what each reads and writes, as far as its weight and its bias tell. */
import type { Tensor } from '../../formats/checkpoint.ts';
import type { NamedTensor } from '../named.ts';

/** One way to read a weight: [out, in, …] is a convolution's, [in, out, …] a transposed one's. */
export interface Reading {
  readonly input: number;
  readonly output: number;
  readonly transposed: boolean;
  /** One filter a channel. */
  readonly depthwise: boolean;
}

export interface Layer {
  /** Module path: the weight's name without `.weight`. */
  readonly name: string;
  readonly path: readonly string[];
  /** Place in the order of the file. */
  readonly at: number;
  readonly kernel: readonly number[];
  /** The readings that its bias allows, the likelier first. */
  readonly readings: readonly Reading[];
}

/** Convolutions of a U-Net of one skip at the least: two on the way down, one below, two on the way up. */
const FEWEST = 5;
/** A net of a thousand convolutions is larger than any U-Net known. Attack: a file of a million small tensors. */
const MOST = 1000;
/** Largest side of a kernel. What is larger is a picture or a table. */
const LARGEST_KERNEL = 31;

const WEIGHT = /\.weight(?:_v)?$/;

/** Names of modules that make their input larger. */
const RAISES = /(?:^|[._])(?:up|transp|deconv|tu(?=[._\d]))/i;

export interface Layers {
  /** In the order of the file, each weight once. */
  readonly list: readonly Layer[];
  /** Axes of a picture: 2, or 3 for volumes. */
  readonly dims: 2 | 3;
}

/** Finds the convolutions; in words why there is no net of them, undefined where there are too few to speak of one. */
export function layersOf(tensors: readonly NamedTensor[]): Layers | string | undefined {
  const byName = new Map(tensors.map((named) => [named.name, named]));
  const names = shortestNames(tensors);
  const byRank = new Map<number, Layer[]>();
  for (const [at, { name, tensor }] of tensors.entries()) {
    const { shape } = tensor;
    if (shape.length < 3 || shape.length > 5 || !WEIGHT.test(name)) continue;
    if (shape.slice(2).some((side) => side > LARGEST_KERNEL)) continue;
    if (names.get(placeOf(tensor)) !== name) continue;
    const path = name.replace(WEIGHT, '').split('.');
    const bias = byName.get(`${path.join('.')}.bias`)?.tensor.shape;
    const readings = readingsOf(path.join('.'), shape, bias, normBehind(tensors[at + 1], byName));
    if (readings.length === 0) continue;
    const layer = { name: path.join('.'), path, at, kernel: shape.slice(2), readings };
    byRank.set(shape.length, [...(byRank.get(shape.length) ?? []), layer]);
  }
  const [[rank, list] = [0, []]] = [...byRank].sort(([, a], [, b]) => b.length - a.length);
  if (list.length < FEWEST) return undefined;
  if (rank === 3) return 'its convolutions have one axis, and nets of sound or text are not rebuilt';
  if (list.length > MOST) return `it has ${list.length} convolutions, and nets of up to ${MOST} are rebuilt`;
  return { list, dims: rank === 5 ? 3 : 2 };
}

function placeOf({ file, offset, byteLength }: Tensor): string {
  return `${file} ${offset} ${byteLength}`;
}

/** One name for the same bytes: a module that two others hold is in the file under both. */
function shortestNames(tensors: readonly NamedTensor[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { name, tensor } of tensors) {
    const known = names.get(placeOf(tensor));
    if (known === undefined || name.length < known.length) names.set(placeOf(tensor), name);
  }
  return names;
}

/** Channels of the norm whose vector stands next in the file. */
function normBehind(
  next: NamedTensor | undefined,
  byName: ReadonlyMap<string, NamedTensor>,
): number | undefined {
  if (next === undefined || next.tensor.shape.length !== 1) return undefined;
  const weight = byName.get(next.name.replace(/\.bias$/, '.weight'));
  return weight?.tensor.shape.length === 1 ? next.tensor.shape[0] : undefined;
}

/** @param next channels of the norm behind it */
function readingsOf(
  name: string,
  shape: readonly number[],
  bias: readonly number[] | undefined,
  next: number | undefined,
): readonly Reading[] {
  const [first = 0, second = 0] = shape;
  // a norm over channels, rows and columns has a bias like its weight
  if (first === 0 || second === 0 || (bias !== undefined && bias.length !== 1)) return [];
  const depthwise = second === 1 && first > 1 && shape.slice(2).some((side) => side > 1);
  const plain: Reading[] = [{ input: second, output: first, transposed: false, depthwise: false }];
  if (depthwise) plain.push({ input: first, output: first, transposed: false, depthwise: true });
  const turned: Reading = { input: first, output: second, transposed: true, depthwise: false };
  const even = isEven(shape.slice(2));
  const raises = RAISES.test(name) && even;
  if (first === second) return raises ? [turned] : plain;
  const written = bias?.[0] ?? (next === first || (next === second && even) ? next : undefined);
  if (written === first) return plain;
  if (written === second) return [turned];
  if (written !== undefined) return [];
  // nothing says which axis is written: what makes larger has an even kernel
  if (raises) return [turned, ...plain];
  return even ? [...plain, turned] : plain;
}

/** Whether a kernel is one that steps by two or four: an even side has no middle. */
export function isEven(kernel: readonly number[]): boolean {
  return kernel.length > 0 && kernel.every((side) => side % 2 === 0);
}
