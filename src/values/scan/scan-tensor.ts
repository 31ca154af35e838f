import type { ByteSource } from '../../bytes/source.ts';
import { elementCount, type Tensor } from '../../formats/checkpoint.ts';
import { canDecode, decodeFloats } from '../../formats/decode.ts';
import { bitsOf, blockOf, type Dtype, isBlock, isFloat, type PlainDtype } from '../../formats/dtype.ts';
import { tensorPieces } from '../../formats/read-tensor.ts';
import { smallFloats } from '../../formats/small-float.ts';
import { ContentHash } from './content-hash.ts';
import { ChannelWatch, type DeadChannels } from './rows.ts';
import type { StretchIndex } from './stretches.ts';
import { CodeTally, FloatTally, type Outliers, outliersOf, type Tally, type Tallying } from './tally.ts';
import { type ZeroRun, ZeroRunWatch } from './zero-run.ts';

/** Bytes read at once, and bytes that go through all counters while they are near the processor. */
const PIECE_BYTES = 4 * 1024 * 1024;
const STEP_BYTES = 128 * 1024;

/** Tensors of fewer elements are decoded: a table of 65 536 counts would take longer to go through. */
const FEW = 32_768;

/** Where one element lies. */
interface ElementPlace {
  /** In C order. */
  readonly index: number;
  /** In its file; absent where the elements do not lie one after another in C order. */
  readonly offset?: number;
}

/** What one pass over a tensor's values tells. */
export interface TensorScan {
  readonly tally: Tally;
  /** Equal for tensors of equal bytes in C order. */
  readonly hash: string;
  readonly zeroRun?: ZeroRun;
  readonly dead?: DeadChannels;
  /** A few numbers that are far larger than all others. */
  readonly outliers?: Outliers & { readonly first: ElementPlace };
  /** The first NaN or infinity. */
  readonly firstNotFinite?: ElementPlace;
}

/**
 * Reads a tensor once, in pieces of at most 4 MiB, and counts. A second time only as far as the first number that is to
 * be pointed at. Where the dtype has no plain numbers, undefined.
 * @param told called after each piece with the bytes that were read
 * @param stretches is given the bytes too
 * @throws {ReadError} when the bytes cannot be had.
 */
export async function scanTensor(
  source: ByteSource,
  tensor: Tensor,
  told: (bytes: number) => void = () => {},
  stretches?: StretchIndex,
): Promise<TensorScan | undefined> {
  const elements = elementCount(tensor.shape);
  if (!canScan(tensor) || elements === 0) return undefined;
  const tallying = tallyingOf(tensor, elements);
  stretches?.begin(tensor);
  const hash = new ContentHash();
  const zeroRun = new ZeroRunWatch();
  const rows = rowsOf(tensor);
  const watch = rows === undefined ? undefined : new ChannelWatch(rows.inputs, rows.taps, rows.size);
  const unit = pieceUnit(tensor.dtype, rows);
  const pieceBytes = Math.floor(PIECE_BYTES / unit) * unit;
  for await (const given of tensorPieces(source, tensor, pieceBytes)) {
    // typed views want their own alignment; bytes that lie in memory may lie anywhere
    const piece = given.byteOffset % 8 === 0 ? given : given.slice();
    for (let at = 0; at < piece.length; at += STEP_BYTES) {
      const step = piece.subarray(at, at + STEP_BYTES);
      hash.add(step);
      zeroRun.add(step);
      stretches?.add(step);
      if (!isBlock(tensor.dtype)) tallying.add(step);
    }
    if (isBlock(tensor.dtype)) tallying.add(piece);
    watch?.add(piece);
    told(piece.length);
  }
  const tally = tallying.finish();
  const run = zeroRun.finish();
  const outliers = outliersOf(tally);
  const firstNotFinite =
    tally.nan + tally.infinite > 0
      ? await first(source, tensor, (value) => !Number.isFinite(value))
      : undefined;
  const firstOutlier =
    outliers === undefined
      ? undefined
      : await first(source, tensor, (value) => Math.abs(value) >= outliers.from && Number.isFinite(value));
  return {
    tally,
    hash: hash.finish(),
    ...(run === undefined ? {} : { zeroRun: run }),
    ...(watch === undefined ? {} : { dead: watch.finish() }),
    ...(outliers === undefined || firstOutlier === undefined
      ? {}
      : { outliers: { ...outliers, first: firstOutlier } }),
    ...(firstNotFinite === undefined ? {} : { firstNotFinite }),
  };
}

/** Whether the values of a tensor can be looked at. */
export function canScan({ dtype }: Tensor): boolean {
  return canDecode(dtype);
}

function tallyingOf({ dtype }: Tensor, elements: number): Tallying {
  if (dtype === 'F32') return new FloatTally();
  if (elements >= FEW && !isBlock(dtype)) {
    const values = codesOf(dtype);
    if (values !== undefined) return new CodeTally({ dtype, values });
  }
  const tally = new FloatTally();
  return {
    add: (bytes) => tally.floats(decodeFloats(bytes, dtype)),
    finish: () => tally.finish(),
  };
}

let brains: Float32Array | undefined;

function codesOf(dtype: PlainDtype): Float32Array | undefined {
  if (dtype !== 'BF16') return smallFloats(dtype);
  // a bfloat16 is the upper half of a float32
  brains ??= new Float32Array(Uint32Array.from({ length: 65_536 }, (_, code) => code << 16).buffer);
  return brains;
}

/** A float matrix whose rows can be told apart in its bytes. */
interface Rows {
  readonly inputs: number;
  readonly taps: number;
  /** Bytes of an element. */
  readonly size: number;
}

function rowsOf({ dtype, shape }: Tensor): Rows | undefined {
  const [outputs = 0, inputs = 0, ...kernel] = shape;
  if (shape.length < 2 || outputs < 2 || isBlock(dtype) || !isFloat(dtype)) return undefined;
  const size = bitsOf(dtype) / 8;
  const taps = elementCount(kernel);
  const rows = { inputs, taps, size };
  return Number.isInteger(size) && pieceUnit(dtype, rows) <= PIECE_BYTES ? rows : undefined;
}

/** Least number of bytes that is whole rows, whole stretches of 1 KiB and whole blocks. */
function pieceUnit(dtype: Dtype, rows: Rows | undefined): number {
  const unit = leastMultiple(isBlock(dtype) ? blockOf(dtype).bytes : 8, 1024);
  return rows === undefined ? unit : leastMultiple(unit, rows.inputs * rows.taps * rows.size);
}

function leastMultiple(a: number, b: number): number {
  const divisor = (x: number, y: number): number => (y === 0 ? x : divisor(y, x % y));
  return (a / divisor(a, b)) * b;
}

async function first(
  source: ByteSource,
  tensor: Tensor,
  wanted: (value: number) => boolean,
): Promise<ElementPlace | undefined> {
  let before = 0;
  for await (const piece of tensorPieces(source, tensor)) {
    const values = decodeFloats(piece, tensor.dtype);
    const at = values.findIndex(wanted);
    if (at >= 0) {
      const index = before + at;
      const plain = tensor.layout === undefined && !isBlock(tensor.dtype);
      const size = tensor.byteLength / elementCount(tensor.shape);
      return plain ? { index, offset: tensor.offset + index * size } : { index };
    }
    before += values.length;
  }
  return undefined;
}
