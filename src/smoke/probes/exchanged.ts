/** A net with two of its parts in each other's place, as the weights of one checkpoint. */
import { blocksOf, type Net, type OwnedTensor, type Skip } from '../../topology/net.ts';
import type { Candidate } from '../../values/index.ts';
import type { Piece } from '../compile/index.ts';

/** What tensors are made of, by canonical name. */
export type Pieces = ReadonlyMap<string, readonly Piece[]>;

/** Tensors of a decoder resnet that have a part for what comes from below and one for the skip behind it. */
const JOINED = ['conv1.weight', 'norm1.weight', 'norm1.bias', 'conv_shortcut.weight'];

/**
 * What the tensors of the net are made of once an exchange is done, or undone: it is its own inverse.
 * @returns undefined where tensors do not fit in each other's place
 */
export function exchanged(net: Net, candidate: Candidate): Pieces | undefined {
  const tensors = new Map(
    blocksOf(net).flatMap(({ tensors: own }) => own.map((each) => [each.canonical, each] as const)),
  );
  const pieces =
    candidate.kind === 'blocks'
      ? blocksIn(tensors, candidate.a, candidate.b)
      : candidate.kind === 'skips'
        ? skipsIn(net, tensors, candidate.a, candidate.b)
        : halvesIn(net, tensors, candidate.a);
  return pieces.size === 0 ? undefined : pieces;
}

type Tensors = ReadonlyMap<string, OwnedTensor>;

function blocksIn(tensors: Tensors, a: string, b: string): Pieces {
  const pieces = new Map<string, readonly Piece[]>();
  const put = (to: string, from: string): void => {
    for (const name of tensors.keys()) {
      const canonical = from + name.slice(to.length);
      if (name.startsWith(`${to}.`) && tensors.has(canonical)) pieces.set(name, [{ canonical }]);
    }
  };
  put(a, b);
  put(b, a);
  return pieces;
}

/** The skip's part of each of two resnets goes to the other, as far as tensors have as many rows. */
function skipsIn({ skips }: Net, tensors: Tensors, a: string, b: string): Pieces {
  const [left, right] = [a, b].map((id) => skips.find(({ consumer }) => consumer === id));
  if (left === undefined || right === undefined || left.channels !== right.channels) return new Map();
  const pieces = new Map<string, readonly Piece[]>();
  const put = (own: Skip, other: Skip, leaf: string): void => {
    const [to, from] = [`${own.consumer}.${leaf}`, `${other.consumer}.${leaf}`];
    const [below, skip] = [
      { first: 0, count: own.below },
      { first: other.below, count: other.channels },
    ];
    pieces.set(to, [
      { canonical: to, range: below },
      { canonical: from, range: skip },
    ]);
  };
  for (const leaf of JOINED) {
    const rows = [a, b].map((id) => rowsOf(tensors.get(`${id}.${leaf}`)));
    if (rows[0] === undefined || rows[0] !== rows[1]) continue;
    put(left, right, leaf);
    put(right, left, leaf);
  }
  return pieces;
}

/** Rows of a weight; 1 for a vector. */
function rowsOf(owned: OwnedTensor | undefined): number | undefined {
  if (owned === undefined) return undefined;
  const { shape } = owned.tensor;
  return shape.length > 1 ? shape[0] : 1;
}

/** The skip's part of a resnet stands in front of what comes from below. */
function halvesIn({ skips }: Net, tensors: Tensors, a: string): Pieces {
  const skip = skips.find(({ consumer }) => consumer === a);
  if (skip === undefined || skip.below !== skip.channels) return new Map();
  const { below: half } = skip;
  return new Map(
    JOINED.map((leaf) => `${a}.${leaf}`)
      .filter((name) => tensors.has(name))
      .map((canonical) => [
        canonical,
        [
          { canonical, range: { first: half, count: half } },
          { canonical, range: { first: 0, count: half } },
        ],
      ]),
  );
}
