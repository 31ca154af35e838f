import { type CheckpointFile, elementCount, type Tensor } from '../../formats/checkpoint.ts';
import { canDecode } from '../../formats/decode.ts';
import { byteLengthOf, type Dtype } from '../../formats/dtype.ts';
import type { OwnedTensor } from '../../topology/net.ts';
import type { ConvertedTensor } from './compiled.ts';
import type { ElementType, GraphBuilder, Value } from './graph.ts';
import { UnsupportedNetError } from './unsupported.ts';

/** What the runtime has to know of a file: where it lies in the folder it is given, and how long it is. */
export type WeightFile = Pick<CheckpointFile, 'path' | 'size'>;

/** How weights are read that are not plain floats. */
export interface WeightOptions {
  /** What a quantised weight is multiplied by: `weightScales` of the components finds it. */
  readonly scales?: ReadonlyMap<Tensor, Tensor>;
  /** Where converted tensors stand. Without it a net that needs any is refused. */
  readonly converted?: ConversionOptions;
  /** Tensors that are made of others, by canonical name: as if somebody had put these in their place. */
  readonly pieces?: ReadonlyMap<string, readonly Piece[]>;
}

/** Input channels of a tensor (a vector's elements): `count` of them from `first` on, all where these are absent. */
export interface Piece {
  readonly canonical: string;
  readonly range?: { readonly first: number; readonly count: number };
}

export interface ConversionOptions {
  /** The path of their file, relative to the folder that the runtime is given; parts joined by `/`. */
  readonly location: string;
}

/** Dtypes that ONNX has too. The runtime casts each of them to float32 on the CPU, once when it loads. */
const ELEMENT_TYPES: ReadonlyMap<Dtype, ElementType> = new Map([
  ['F32', 'FLOAT'],
  ['F16', 'FLOAT16'],
  ['BF16', 'BFLOAT16'],
  ['F64', 'DOUBLE'],
  ['F8_E4M3', 'FLOAT8E4M3FN'],
  ['F8_E4M3FNUZ', 'FLOAT8E4M3FNUZ'],
  ['F8_E5M2', 'FLOAT8E5M2'],
  ['F8_E5M2FNUZ', 'FLOAT8E5M2FNUZ'],
  ['BOOL', 'BOOL'],
  ['I8', 'INT8'],
  ['U8', 'UINT8'],
  ['I16', 'INT16'],
  ['U16', 'UINT16'],
  ['I32', 'INT32'],
  ['U32', 'UINT32'],
  ['I64', 'INT64'],
  ['U64', 'UINT64'],
] as const);

/** A page, which mapped data should start at. Source: ONNX's notes on external data. */
const ALIGNMENT = 4096;

/**
 * A component's tensors by canonical name, put into the graph where a layer asks for them. The bytes stay in the
 * checkpoint: tensors of other dtypes than float32 are declared as they are and cast in the graph, so that the net
 * computes in float32 whatever its file. Those that ONNX has no dtype for, and those that do not lie in C order, are
 * listed to be converted.
 */
export class Weights {
  readonly #graph: GraphBuilder;
  readonly #files: readonly WeightFile[];
  readonly #options: WeightOptions;
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #placed = new Map<string, Value>();
  readonly #locations = new Set<string>();
  readonly #converted = new Map<Tensor, ConvertedTensor>();
  #end = 0;

  constructor(
    graph: GraphBuilder,
    owned: readonly OwnedTensor[],
    files: readonly WeightFile[],
    options: WeightOptions = {},
  ) {
    this.#graph = graph;
    this.#files = files;
    this.#options = options;
    this.#tensors = new Map(owned.map(({ canonical, tensor }) => [canonical, tensor]));
  }

  /** Paths of the checkpoint's files that the graph reads from. */
  get locations(): readonly string[] {
    return [...this.#locations].sort();
  }

  /** What the graph reads from the file of converted tensors, by offset. */
  get converted(): readonly ConvertedTensor[] {
    return [...this.#converted.values()];
  }

  has(canonical: string): boolean {
    return this.#tensors.has(canonical);
  }

  shape(canonical: string): readonly number[] {
    return this.#tensor(canonical).shape;
  }

  /** A tensor in float32, in its own shape or in another of as many elements. */
  value(canonical: string, dims: readonly number[] = this.shape(canonical)): Value {
    const key = `${canonical}:[${dims}]`;
    const had = this.#placed.get(key);
    if (had !== undefined) return had;
    const made = this.#made(canonical, key, dims);
    this.#placed.set(key, made);
    return made;
  }

  #made(canonical: string, key: string, dims: readonly number[]): Value {
    const pieces = this.#options.pieces?.get(canonical);
    if (pieces === undefined) return this.#place(canonical, key, dims);
    // where the inputs of a weight stand, or all that there is of a vector
    const axis = this.shape(canonical).length > 1 ? 1 : 0;
    const values = pieces.map(({ canonical: from, range }) => {
      const own = dims.with(axis, this.shape(from)[axis] ?? 0);
      const whole = this.#place(from, `${from}:[${own}]`, own);
      if (range === undefined) return whole;
      const bounds = [range.first, range.first + range.count, axis].map((each) => this.#graph.ints([each]));
      return this.#graph.node('Slice', [whole, ...bounds]);
    });
    const [only] = values;
    if (values.length === 1 && only !== undefined) return only;
    return this.#graph.node('Concat', values, { axis: { int: axis } });
  }

  #place(canonical: string, key: string, dims: readonly number[]): Value {
    const tensor = this.#tensor(canonical);
    const value = this.#floats(canonical, tensor, key, dims);
    const scale = this.#options.scales?.get(tensor);
    if (scale === undefined) return value;
    const factor = this.#floats(
      `the scale of ${canonical}`,
      scale,
      `${key}*`,
      scaleDims(canonical, scale, dims),
    );
    return this.#graph.node('Mul', [value, factor]);
  }

  /** The numbers of a tensor, before any scale. */
  #floats(what: string, tensor: Tensor, key: string, dims: readonly number[]): Value {
    const { shape, dtype, offset, byteLength, layout } = tensor;
    const file = this.#files[tensor.file];
    if (file === undefined || offset + (layout?.extent ?? byteLength) > file.size) {
      throw new UnsupportedNetError(`the bytes of ${what} lie beyond the end of its file`);
    }
    const elements = elementCount(dims);
    const type = layout === undefined ? ELEMENT_TYPES.get(dtype) : undefined;
    const fits = type === undefined || byteLengthOf(dtype, elements) === byteLength;
    if (elements !== elementCount(shape) || !fits) {
      throw new UnsupportedNetError(
        `${what} is [${shape.join(', ')}] in ${byteLength} bytes where [${dims.join(', ')}] is needed`,
      );
    }
    if (type === undefined) return this.#convert(what, tensor, key, dims);
    this.#locations.add(file.path);
    const value = this.#graph.external(key, type, dims, { location: file.path, offset, byteLength });
    return type === 'FLOAT' ? value : this.#graph.cast(value, 'FLOAT');
  }

  #convert(what: string, tensor: Tensor, key: string, dims: readonly number[]): Value {
    const location = this.#options.converted?.location;
    if (!canDecode(tensor.dtype)) {
      throw new UnsupportedNetError(`${what} is stored as ${tensor.dtype}, which cannot be decoded`);
    }
    if (location === undefined) {
      throw new UnsupportedNetError(
        tensor.layout === undefined
          ? `${what} is stored as ${tensor.dtype}, which has to be converted to be run`
          : `${what} does not lie in C order, so it has to be converted to be run`,
      );
    }
    let converted = this.#converted.get(tensor);
    if (converted === undefined) {
      const offset = Math.ceil(this.#end / ALIGNMENT) * ALIGNMENT;
      converted = { tensor, offset, byteLength: 4 * elementCount(dims), type: 'FLOAT' };
      this.#converted.set(tensor, converted);
      this.#end = offset + converted.byteLength;
    }
    const { offset, byteLength, type } = converted;
    return this.#graph.external(key, type, dims, { location, offset, byteLength });
  }

  #tensor(canonical: string): Tensor {
    const tensor = this.#tensors.get(canonical);
    if (tensor === undefined) throw new UnsupportedNetError(`${canonical} is missing`);
    return tensor;
  }
}

/** One number for a whole weight, or one for each of its rows. */
function scaleDims(canonical: string, { shape }: Tensor, dims: readonly number[]): readonly number[] {
  const elements = elementCount(shape);
  if (elements === 1) return [1];
  if (elements === dims[0]) return [elements, ...dims.slice(1).map(() => 1)];
  throw new UnsupportedNetError(
    `the scale of ${canonical} is [${shape.join(', ')}] for a weight of [${dims.join(', ')}]`,
  );
}
