import { elementCount, type Tensor } from '../formats/checkpoint.ts';
import { decodeFloats } from '../formats/decode.ts';
import type { ConvertedTensor } from './compile/index.ts';

/** Where the bytes come from and where they go; both are given a bounded piece at a time. */
export interface Conversion {
  /** A tensor's bytes, little-endian and in C order, in whole elements or blocks: `tensorPieces` gives them. */
  pieces(tensor: Tensor): AsyncIterable<Uint8Array>;
  /** Takes the next bytes of the file. They are not changed after that. */
  write(bytes: Uint8Array): Promise<void>;
}

/** Bytes that the file of converted tensors takes. */
export function convertedBytes(tensors: readonly ConvertedTensor[]): number {
  return Math.max(0, ...tensors.map(({ offset, byteLength }) => offset + byteLength));
}

/**
 * Writes the file that a compiled graph reads its converted tensors from: float32, little-endian, each at its offset,
 * with zeros between. No more is held at once than a piece and its numbers.
 * @throws {RangeError} when what is read of a tensor does not hold as many numbers as its shape has.
 */
export async function convert(tensors: readonly ConvertedTensor[], through: Conversion): Promise<void> {
  let end = 0;
  for (const { tensor, offset, byteLength } of tensors) {
    if (offset > end) await through.write(new Uint8Array(offset - end));
    await convertTensor(tensor, through);
    end = offset + byteLength;
  }
}

async function convertTensor(tensor: Tensor, { pieces, write }: Conversion): Promise<void> {
  const { name, shape, dtype } = tensor;
  const elements = elementCount(shape);
  let had = 0;
  for await (const piece of pieces(tensor)) {
    const floats = decodeFloats(piece, dtype);
    had += floats.length;
    if (had > elements) break;
    await write(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength));
  }
  if (had !== elements) throw new RangeError(`${name}: ${had} numbers where ${elements} are needed`);
}
