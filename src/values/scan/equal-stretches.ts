import type { Component } from '../../components/component.ts';
import { elementCount, type Tensor } from '../../formats/checkpoint.ts';
import { isFloat } from '../../formats/dtype.ts';
import type { ReadTensor } from '../weights.ts';
import { NO_WEIGHTS, type Placed } from './roles.ts';
import { type Alike, MOST_DISTANCES, type StretchIndex } from './stretches.ts';

/** A stretch of bytes that stands in two places, where no copy of a tensor, a block or rows explains it. */
export interface EqualStretch {
  readonly first: StretchPlace;
  readonly second: StretchPlace;
  /** Bytes; where it goes on over several tensors, from its first to its last. */
  readonly length: number;
}

export interface StretchPlace {
  readonly component: Component;
  readonly tensor: Tensor;
  /** From the tensor's first byte. */
  readonly offset: number;
}

/** A stretch inside of two tensors. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

/** Shorter stretches are not told. */
const LEAST_BYTES = 512;

/** Stretches with less between them, at one distance in the file, are one: the vectors between two matrices. */
const NEAR = 16_384;

/** Of a tensor that holds so much of another one, in whole rows, the rows are copies. */
const COPIED = 0.5;

/** Fewer elements are no row: kernels of a convolution. */
const ROW = 64;

/** What is read of a pair of stretches at once, and of all of them together. */
const PIECE = 65_536;
const MOST_READ = 256 * 1024 * 1024;

/** More are no news. */
const MOST_TOLD = 1000;

/**
 * Matrices whose bytes lie in the file as they are, of weights: what is looked through for equal stretches. Each with its
 * component.
 */
export function trackedMatrices(components: readonly Component[]): ReadonlyMap<Tensor, Component> {
  const tracked = new Map<Tensor, Component>();
  for (const component of components) {
    if (NO_WEIGHTS.has(component.kind)) continue;
    for (const { tensor } of component.tensors) {
      const { dtype, shape, layout } = tensor;
      const numbers = isFloat(dtype) || dtype === 'I8' || dtype === 'U8';
      if (shape.length >= 2 && layout === undefined && numbers) tracked.set(tensor, component);
    }
  }
  return tracked;
}

/**
 * Of tensors that share something those stretches that are no copies. Copies are: equal tensors, what lies at one offset of
 * two tensors, and rows of one length. In nets rows are copies only where they are half of a tensor; in tables of words
 * and in grammars that are not known any number of rows may be made equal.
 * @param tracked every tensor that the index was given
 * @param hashes of whole tensors
 * @throws {ReadError} when the bytes cannot be had.
 */
export async function equalStretches(
  index: StretchIndex,
  tracked: ReadonlyMap<Tensor, Component>,
  placed: ReadonlyMap<Tensor, Placed>,
  hashes: (tensor: Tensor) => string | undefined,
  read: ReadTensor,
): Promise<readonly EqualStretch[]> {
  const placeOf = (tensor: Tensor, offset: number): StretchPlace => ({
    component: tracked.get(tensor) as Component,
    tensor,
    offset,
  });
  const told: EqualStretch[] = [];
  const budget = { left: MOST_READ };
  for (const alike of index.alike) {
    const { first, second, marks, at } = alike;
    const smaller = Math.min(first.byteLength, second.byteLength);
    if (hashes(first) === hashes(second) && first !== second) continue;
    const everywhere = at.size >= MOST_DISTANCES;
    const many = everywhere || marks * index.spacing >= COPIED * smaller;
    if (many && [...at.keys()].every((distance) => inRows(first, second, distance))) continue;
    const runs = await runsOf(alike, read, budget);
    const shared = runs.reduce((sum, { length }) => sum + length, 0);
    const copied = everywhere || shared >= COPIED * smaller;
    const net = [first, second].every((tensor) => placed.get(tensor)?.component.net !== undefined);
    for (const { from, to, length } of runs) {
      if (length < LEAST_BYTES || ((copied || !net) && isRows(first, second, { from, to, length }))) continue;
      told.push({ first: placeOf(first, from), second: placeOf(second, to), length });
    }
    if (told.length >= MOST_TOLD || budget.left <= 0) break;
  }
  return joined(told);
}

/** Whether so far apart a number lies in the same column of both. */
function inRows(first: Tensor, second: Tensor, distance: number): boolean {
  const row = rowBytes(first);
  return row === rowBytes(second) && distance % row === 0;
}

/** Whether a stretch is rows of one tensor in another, or begins and ends where rows do in both. */
function isRows(first: Tensor, second: Tensor, { from, to, length }: Run): boolean {
  if (inRows(first, second, to - from)) return true;
  const [a, b] = [rowBytes(first), rowBytes(second)];
  return from % a === 0 && to % b === 0 && ((from + length) % a === 0 || (to + length) % b === 0);
}

/** Bytes of the last axes that have elements enough for a row. */
function rowBytes({ shape, byteLength }: Tensor): number {
  let row = 1;
  for (let axis = shape.length - 1; axis > 0 && row < ROW; axis -= 1) row *= shape[axis] as number;
  return (byteLength / elementCount(shape)) * row;
}

/** The stretches that two tensors share, each as long as it is. */
async function runsOf(
  { first, second, at }: Alike,
  read: ReadTensor,
  budget: { left: number },
): Promise<readonly Run[]> {
  const runs: Run[] = [];
  for (const places of at.values()) {
    const here: Run[] = [];
    for (const [from, to] of places) {
      if (here.some((run) => from >= run.from && from < run.from + run.length)) continue;
      if (budget.left <= 0) break;
      const ahead = await same(first, from, second, to, 1, read);
      const behind = await same(first, from, second, to, -1, read);
      budget.left -= 2 * (ahead + behind + PIECE);
      here.push({ from: from - behind, to: to - behind, length: ahead + behind });
    }
    runs.push(...here);
  }
  return runs;
}

/** Equal bytes from two places on, ahead or back. */
async function same(
  first: Tensor,
  from: number,
  second: Tensor,
  to: number,
  way: 1 | -1,
  read: ReadTensor,
): Promise<number> {
  const most = way === 1 ? Math.min(first.byteLength - from, second.byteLength - to) : Math.min(from, to);
  let count = 0;
  while (count < most) {
    const length = Math.min(PIECE, most - count);
    const [a, b] = [from, to].map((place) =>
      way === 1
        ? { from: place + count, to: place + count + length }
        : { from: place - count - length, to: place - count },
    ) as [{ from: number; to: number }, { from: number; to: number }];
    const one = await read(first, a);
    const other = await read(second, b);
    let equal = 0;
    while (equal < length) {
      const byte = way === 1 ? equal : length - 1 - equal;
      if (one[byte] !== other[byte]) return count + equal;
      equal += 1;
    }
    count += length;
  }
  return count;
}

/** Stretches that go on in the next tensors, as one. */
function joined(all: readonly EqualStretch[]): readonly EqualStretch[] {
  const sorted = [...all].sort(
    (a, b) => a.second.tensor.file - b.second.tensor.file || inFile(a.second) - inFile(b.second),
  );
  const out: EqualStretch[] = [];
  for (const stretch of sorted) {
    const last = out.at(-1);
    if (last === undefined || !goesOn(last, stretch)) out.push(stretch);
    else
      out[out.length - 1] = {
        ...last,
        length: inFile(stretch.second) + stretch.length - inFile(last.second),
      };
  }
  return out;
}

function goesOn(last: EqualStretch, next: EqualStretch): boolean {
  const files =
    last.first.tensor.file === next.first.tensor.file && last.second.tensor.file === next.second.tensor.file;
  const distance = inFile(last.second) - inFile(last.first);
  return (
    files &&
    inFile(next.second) - inFile(next.first) === distance &&
    inFile(next.second) - inFile(last.second) - last.length < NEAR
  );
}

function inFile({ tensor, offset }: StretchPlace): number {
  return tensor.offset + offset;
}
