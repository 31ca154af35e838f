/** A tensor's bytes as everything above wants them: little-endian and in C order, however they lie in the file. */
import { MAX_STRIDED_BYTES } from '../bytes/limits.ts';
import { type ByteSource, ReadError } from '../bytes/source.ts';
import { elementCount, type Tensor, type TensorLayout } from './checkpoint.ts';
import { blockOf, isBlock } from './dtype.ts';
import { isFarMore } from './layout.ts';

/** Bytes of a piece where the caller does not say. */
const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * All bytes of a tensor, `byteLength` of them. For one larger than memory allows use `tensorPieces`.
 * @throws {ReadError} when they lie beyond the source, or would be more than 1 GiB made out of fewer.
 */
export async function readTensor(source: ByteSource, tensor: Tensor): Promise<Uint8Array> {
  const { layout, offset, byteLength } = tensor;
  if (layout === undefined) return source.read(offset, byteLength);
  // a few shared elements can stand for any number of them
  refuseBeyond(source, byteLength);
  const out = new Uint8Array(byteLength);
  let at = 0;
  for await (const piece of tensorPieces(source, tensor)) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/**
 * A tensor's bytes in pieces of at most `pieceBytes`, each a whole number of elements or blocks. One in C order is read
 * piece by piece; of any other all that it lies in is held at once.
 * @throws {ReadError} when they lie beyond the source, or are spread over more than 1 GiB of it.
 */
export async function* tensorPieces(
  source: ByteSource,
  tensor: Tensor,
  pieceBytes: number = PIECE_BYTES,
): AsyncGenerator<Uint8Array> {
  const { layout, offset, byteLength, shape } = tensor;
  const elements = elementCount(shape);
  if (elements === 0 || byteLength === 0) return;
  if (isExpanded(tensor)) {
    const reason = `tensor ${JSON.stringify(tensor.name)} shows ${byteLength} bytes that are not stored`;
    throw new ReadError(source.name, 'budget', reason);
  }
  const size = byteLength / elements;
  // what shares bytes stays together: the elements of a block, or those of a byte
  const unit = isBlock(tensor.dtype) ? blockOf(tensor.dtype).bytes : Math.max(1, size);
  const step = Math.max(unit, Math.floor(pieceBytes / unit) * unit);
  if (layout === undefined) {
    for (let at = 0; at < byteLength; at += step) {
      yield await source.read(offset + at, Math.min(step, byteLength - at));
    }
    return;
  }
  refuseBeyond(source, layout.extent);
  const stored = await source.read(offset, layout.extent);
  const bytes = layout.varints === true ? unpacked(source, stored, elements, size) : stored;
  // a complex number is two numbers, each in the other order
  const walk = new StridedWalk(shape, layout, size, tensor.dtype === 'C64' ? size / 2 : size);
  for (let at = 0; at < byteLength; at += step) {
    const piece = new Uint8Array(Math.min(step, byteLength - at));
    walk.gather(bytes, piece);
    yield piece;
  }
}

/** Whether a tensor shows far more bytes than are stored for it: to go through them would take for ever. */
export function isExpanded({ byteLength, layout }: Tensor): boolean {
  return layout !== undefined && isFarMore(byteLength, layout.extent);
}

/** Protobuf's numbers as elements of `size` bytes, little-endian: of each as many bits as an element has. */
function unpacked(source: ByteSource, stored: Uint8Array, elements: number, size: number): Uint8Array {
  refuseBeyond(source, elements * size);
  const bytes = new Uint8Array(elements * size);
  const view = new DataView(new ArrayBuffer(8));
  let at = 0;
  for (let element = 0; element < elements; element += 1) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = stored[at];
      if (byte === undefined) throw new ReadError(source.name, 'short', 'it holds fewer numbers than it did');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    view.setBigUint64(0, BigInt.asUintN(64, value), true);
    for (let index = 0; index < size; index += 1) bytes[element * size + index] = view.getUint8(index);
  }
  return bytes;
}

function refuseBeyond(source: ByteSource, bytes: number): void {
  if (bytes <= MAX_STRIDED_BYTES) return;
  const reason = `${bytes} bytes of one tensor would be held at once, ${MAX_STRIDED_BYTES} are allowed`;
  throw new ReadError(source.name, 'budget', reason);
}

/** Goes through elements in C order, wherever their strides put them. */
class StridedWalk {
  readonly #shape: readonly number[];
  readonly #steps: readonly number[];
  readonly #size: number;
  /** Exclusive-or of a byte's place within its element: turns each unit of 2, 4 or 8 bytes around. */
  readonly #swap: number;
  readonly #index: number[];
  /** Of the element that comes next, in bytes from the first. */
  #at = 0;

  constructor(shape: readonly number[], { strides, bigEndian }: TensorLayout, size: number, unit: number) {
    this.#shape = shape;
    this.#steps = strides.map((stride) => stride * size);
    this.#size = size;
    this.#swap = bigEndian === true ? unit - 1 : 0;
    this.#index = shape.map(() => 0);
  }

  /** Fills `piece` with the elements that come next. */
  gather(bytes: Uint8Array, piece: Uint8Array): void {
    const size = this.#size;
    for (let to = 0; to < piece.length; to += size) {
      const from = this.#at;
      for (let byte = 0; byte < size; byte += 1) {
        piece[to + byte] = bytes[from + (byte ^ this.#swap)] as number;
      }
      this.#advance();
    }
  }

  #advance(): void {
    for (let axis = this.#shape.length - 1; axis >= 0; axis -= 1) {
      const step = this.#steps[axis] as number;
      const index = (this.#index[axis] as number) + 1;
      if (index < (this.#shape[axis] as number)) {
        this.#index[axis] = index;
        this.#at += step;
        return;
      }
      this.#at -= step * (index - 1);
      this.#index[axis] = 0;
    }
  }
}
