/** From a TensorProto to a tensor: its dtype and shape, and where its numbers lie, each held against the others. */
import { elementCount, type Tensor, type TensorLayout } from '../checkpoint.ts';
import { byteLengthOf, type Dtype } from '../dtype.ts';
import type { ByteRange } from '../place.ts';
import type { ExternalData } from './external.ts';
import { BROKEN, type TensorFault } from './faults.ts';
import type { DataField, RawTensor } from './tensor.ts';
import { elementType } from './types.ts';
import type { Varint } from './wire.ts';
import type { Walker } from './walker.ts';

/** Where numbers are that cannot be had: behind the end of the model's own file. */
type Nowhere = Pick<Tensor, 'file' | 'offset'>;

/** Places the tensors of one file. */
export class Placer {
  readonly #walker: Walker;
  readonly #external: ExternalData;
  readonly #file: number;

  constructor(walker: Walker, external: ExternalData, file: number) {
    this.#walker = walker;
    this.#external = external;
    this.#file = file;
  }

  /**
   * The tensor; undefined where dtype or shape cannot be said, or its numbers are none that are read. One whose
   * bytes are not there is placed behind the end of the model's file.
   */
  async place(raw: RawTensor): Promise<Tensor | undefined> {
    const { name, message } = raw;
    const type = elementType(Number(raw.type));
    if (type === undefined) {
      this.#add({ kind: 'onnx-data-type', tensor: name, type: countOf(raw.type) }, message);
      return undefined;
    }
    const shape = this.#shape(raw);
    if (shape === undefined) return undefined;
    if (!this.#checkFields(raw, shape)) return undefined;
    const { dtype } = type;
    if (dtype === undefined || raw.segmented) {
      const what = raw.segmented ? 'a part of a tensor' : type.name;
      this.#walker.faults.add({ kind: 'tensor-not-read', file: this.#walker.file, tensor: name, what });
      return undefined;
    }
    const byteLength = byteLengthOf(dtype, elementCount(shape));
    if (!Number.isSafeInteger(byteLength)) {
      this.#add({ kind: 'onnx-shape-overflow', tensor: name, shape: shape.map(String) }, message);
      return undefined;
    }
    const known = { name, dtype, shape, byteLength };
    const nowhere: Nowhere = { file: this.#file, offset: this.#walker.size };
    if (raw.isExternal) return { ...known, ...nowhere, ...(await this.#outside(raw, known)) };
    const [entry] = raw.data;
    if (entry === undefined) return { ...known, file: this.#file, offset: message.offset };
    return { ...known, ...nowhere, ...this.#inside(raw, known, type.field, entry) };
  }

  async #outside(
    raw: RawTensor,
    { dtype, shape, byteLength }: Pick<Tensor, 'dtype' | 'shape' | 'byteLength'>,
  ): Promise<Nowhere | undefined> {
    const found = await this.#external.place(raw, byteLength);
    if (found === undefined) return undefined;
    const { file, offset, length } = found;
    if (length !== byteLength) {
      this.#size(raw, dtype, shape, 'bytes', byteLength, length);
      return undefined;
    }
    return { file, offset };
  }

  /** Numbers in the model's own file. */
  #inside(
    raw: RawTensor,
    { dtype, shape, byteLength }: Pick<Tensor, 'dtype' | 'shape' | 'byteLength'>,
    field: string,
    [key, data]: readonly [key: string, data: DataField],
  ): (Nowhere & { readonly layout?: TensorLayout }) | undefined {
    const { offset, length, count, whole } = data;
    if (key === 'raw_data') {
      if (length === byteLength) return { file: this.#file, offset };
      this.#size(raw, dtype, shape, 'bytes', byteLength, length);
      return undefined;
    }
    if (key !== field) {
      this.#add({ kind: 'onnx-data-field', tensor: raw.name, field: key, dtype }, raw.message);
      return undefined;
    }
    const elements = elementCount(shape);
    const expected = dtype === 'C64' ? 2 * elements : elements;
    if (count !== expected) {
      this.#size(raw, dtype, shape, 'numbers', expected, count);
      return undefined;
    }
    if (!whole) {
      const what = 'numbers in several places';
      this.#walker.faults.add({ kind: 'tensor-not-read', file: this.#walker.file, tensor: raw.name, what });
      return undefined;
    }
    // floats stand as they are; whole numbers, and halves as their bits, as numbers of any length
    if (key === 'float_data' || key === 'double_data') return { file: this.#file, offset };
    const layout = { strides: stridesOf(shape), extent: length, varints: true } as const;
    return { file: this.#file, offset, layout };
  }

  /** The shape; undefined, and a fault, where it cannot be one. */
  #shape({ name: tensor, dims, message }: RawTensor): readonly number[] | undefined {
    const shape = dims.map(String);
    if (dims.some((dim) => dim < 0)) {
      this.#add({ kind: 'onnx-dimension', tensor, shape }, message);
      return undefined;
    }
    const sizes = dims.map(Number);
    // one that is empty may be as long as it likes along the other axes
    const product = sizes.reduce((sum, size) => sum * Math.max(1, size), 1);
    if (Number.isSafeInteger(product * 8)) return sizes;
    this.#add({ kind: 'onnx-shape-overflow', tensor, shape }, message);
    return undefined;
  }

  /** Whether the numbers stand in one field, or in none where there are none. */
  #checkFields(
    { name: tensor, data, isExternal, external, message }: RawTensor,
    shape: readonly number[],
  ): boolean {
    const fields = [...data.keys(), ...(isExternal ? ['external_data'] : [])];
    if (fields.length > 1) {
      this.#add({ kind: 'onnx-data-fields', tensor, fields }, message);
      return false;
    }
    if (fields.length === 1 || shape.includes(0)) return true;
    // places in another file that the tensor does not say it lies in
    if (external.length > 0)
      this.#add({ kind: 'onnx-data-fields', tensor, fields: ['external_data'] }, message);
    else this.#add({ kind: 'onnx-data-missing', tensor, shape }, message);
    return false;
  }

  #size(
    { name: tensor, message }: RawTensor,
    dtype: Dtype,
    shape: readonly number[],
    unit: 'bytes' | 'numbers',
    expected: number,
    actual: number,
  ): void {
    this.#add({ kind: 'onnx-data-size', tensor, dtype, shape, unit, expected, actual }, message);
  }

  #add(fault: TensorFault, bytes: ByteRange): void {
    this.#walker.faults.add({ ...fault, file: this.#walker.file, bytes, ...BROKEN });
  }
}

/** Of elements one after another. */
function stridesOf(shape: readonly number[]): readonly number[] {
  let step = 1;
  return shape
    .toReversed()
    .map((dim) => {
      const stride = step;
      step *= dim;
      return stride;
    })
    .toReversed();
}

function countOf(value: Varint): number | string {
  return typeof value === 'number' ? value : value.toString();
}
