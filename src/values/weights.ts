import type { ByteSource } from '../bytes/source.ts';
import { elementCount, type Tensor } from '../formats/checkpoint.ts';
import { canDecode, decodeFloats } from '../formats/decode.ts';
import { blockOf, isBlock } from '../formats/dtype.ts';
import { Elements, elementsOf } from '../formats/elements.ts';
import { readTensor } from '../formats/read-tensor.ts';
import { type Block, blocksOf, type Net } from '../topology/net.ts';

/** Part of a tensor's bytes, in C order: `from` up to `to`, not included. */
export interface TensorRange {
  readonly from: number;
  readonly to: number;
}

/** How the bytes of a tensor are had: all of them, or those of a range. */
export type ReadTensor = (tensor: Tensor, range?: TensorRange) => Promise<Uint8Array>;

/**
 * Reads from a checkpoint's files no more than is asked for. A tensor that does not lie in C order can only be had whole:
 * it is kept until another such is read, for its rows are asked for piece by piece.
 * @param open gives a file by its index
 */
export function tensorReader(open: (file: number) => Promise<ByteSource>): ReadTensor {
  let last: { readonly tensor: Tensor; readonly bytes: Uint8Array } | undefined;
  return async (tensor, range) => {
    const source = await open(tensor.file);
    if (tensor.layout !== undefined) {
      if (last?.tensor !== tensor) last = { tensor, bytes: await readTensor(source, tensor) };
      return range === undefined ? last.bytes : last.bytes.subarray(range.from, range.to);
    }
    if (range === undefined) return readTensor(source, tensor);
    return source.read(tensor.offset + range.from, range.to - range.from);
  };
}

/** A weight as a matrix: one row for each output channel, and `inputs` runs of `taps` numbers in each row. */
export interface Matrix {
  readonly rows: number;
  readonly inputs: number;
  /** Kernel positions: 9 for 3×3, 1 for a linear layer. */
  readonly taps: number;
  /** Rows `from` up to `to` (not included) as float32. */
  slice(from: number, to: number): Promise<Float32Array>;
  /** The same, of which only what is asked for is decoded. */
  elements(from: number, to: number): Promise<Elements>;
}

/** A net's tensors by canonical name, read and decoded row by row where they are asked for. */
export class NetWeights {
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #read: ReadTensor;

  constructor(net: Net, read: ReadTensor) {
    const owned = blocksOf(net).flatMap(({ tensors }: Block) => tensors);
    this.#tensors = new Map(owned.map(({ canonical, tensor }) => [canonical, tensor]));
    this.#read = read;
  }

  /** Whether a tensor is there, as long as its shape says, and in numbers that can be read. */
  has(canonical: string): boolean {
    return this.shape(canonical) !== undefined;
  }

  /** Its shape, where `has` holds. */
  shape(canonical: string): readonly number[] | undefined {
    const tensor = this.#tensors.get(canonical);
    if (tensor === undefined || !canDecode(tensor.dtype)) return undefined;
    return tensor.byteLength > 0 && elementCount(tensor.shape) > 0 ? tensor.shape : undefined;
  }

  /** As it lies in its file. */
  tensor(canonical: string): Tensor | undefined {
    return this.#tensors.get(canonical);
  }

  /** All elements. Meant for vectors: norms and biases. */
  async floats(canonical: string): Promise<Float32Array | undefined> {
    if (!this.has(canonical)) return undefined;
    const tensor = this.#tensors.get(canonical) as Tensor;
    return decodeFloats(await this.#read(tensor), tensor.dtype);
  }

  /** The `weight` of a layer with at least two axes. */
  async matrix(layer: string): Promise<Matrix | undefined> {
    const canonical = `${layer}.weight`;
    const shape = this.shape(canonical);
    if (shape === undefined || shape.length < 2) return undefined;
    const [rows = 0, inputs = 0, ...kernel] = shape;
    const tensor = this.#tensors.get(canonical) as Tensor;
    // elements of a row, and of what can be decoded by itself: a block of a quantised tensor may go on into the next row
    const row = elementCount(shape) / rows;
    const unit = isBlock(tensor.dtype)
      ? blockOf(tensor.dtype)
      : { elements: row, bytes: tensor.byteLength / rows };
    if (!Number.isInteger(unit.bytes)) return undefined;
    const slice = async (from: number, to: number): Promise<Float32Array> => {
      const first = Math.floor((from * row) / unit.elements);
      const end = Math.ceil((to * row) / unit.elements);
      const bytes = await this.#read(tensor, { from: first * unit.bytes, to: end * unit.bytes });
      const floats = decodeFloats(bytes, tensor.dtype);
      return floats.subarray(from * row - first * unit.elements, to * row - first * unit.elements);
    };
    return {
      rows,
      inputs,
      taps: elementCount(kernel),
      slice,
      elements: async (from, to) =>
        isBlock(tensor.dtype)
          ? new Elements(await slice(from, to))
          : elementsOf(
              await this.#read(tensor, { from: from * unit.bytes, to: to * unit.bytes }),
              tensor.dtype,
            ),
    };
  }
}
