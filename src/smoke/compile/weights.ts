import { type CheckpointFile, elementCount, type Tensor } from '../../formats/checkpoint.ts';
import { bitsOf, type Dtype } from '../../formats/dtype.ts';
import type { OwnedTensor } from '../../topology/net.ts';
import type { ElementType, GraphBuilder, Value } from './graph.ts';
import { UnsupportedNetError } from './unsupported.ts';

/** What the runtime has to know of a file: where it lies in the folder it is given, and how long it is. */
export type WeightFile = Pick<CheckpointFile, 'path' | 'size'>;

/** Dtypes that ONNX has too. */
const ELEMENT_TYPES: ReadonlyMap<Dtype, ElementType> = new Map([
  ['F32', 'FLOAT'],
  ['F16', 'FLOAT16'],
  ['BF16', 'BFLOAT16'],
] as const);

/**
 * A component's tensors by canonical name, put into the graph where a layer asks for them. The bytes stay in the
 * checkpoint: half-precision tensors are declared as they are and cast to float32 in the graph, which the
 * runtime does once when it loads, so that the net computes in float32 whatever its file.
 */
export class Weights {
  readonly #graph: GraphBuilder;
  readonly #files: readonly WeightFile[];
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #placed = new Map<string, Value>();
  readonly #locations = new Set<string>();

  constructor(graph: GraphBuilder, owned: readonly OwnedTensor[], files: readonly WeightFile[]) {
    this.#graph = graph;
    this.#files = files;
    this.#tensors = new Map(owned.map(({ canonical, tensor }) => [canonical, tensor]));
  }

  /** Paths of the files that the graph reads from. */
  get locations(): readonly string[] {
    return [...this.#locations].sort();
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
    const made = this.#place(canonical, key, dims);
    this.#placed.set(key, made);
    return made;
  }

  #place(canonical: string, key: string, dims: readonly number[]): Value {
    const tensor = this.#tensor(canonical);
    const type = ELEMENT_TYPES.get(tensor.dtype);
    if (type === undefined) {
      throw new UnsupportedNetError(
        `${canonical} is stored as ${tensor.dtype}: only F32, F16 and BF16 weights can be run`,
      );
    }
    const elements = elementCount(dims);
    if (
      elements !== elementCount(tensor.shape) ||
      elements * bitsOf(tensor.dtype) !== tensor.byteLength * 8
    ) {
      throw new UnsupportedNetError(
        `${canonical} is [${tensor.shape.join(', ')}] in ${tensor.byteLength} bytes where [${dims.join(', ')}] is needed`,
      );
    }
    const file = this.#files[tensor.file];
    if (file === undefined || tensor.offset + tensor.byteLength > file.size) {
      throw new UnsupportedNetError(`the bytes of ${canonical} lie beyond the end of its file`);
    }
    this.#locations.add(file.path);
    const { offset, byteLength } = tensor;
    const value = this.#graph.external(key, type, dims, { location: file.path, offset, byteLength });
    return type === 'FLOAT' ? value : this.#graph.cast(value, 'FLOAT');
  }

  #tensor(canonical: string): Tensor {
    const tensor = this.#tensors.get(canonical);
    if (tensor === undefined) throw new UnsupportedNetError(`${canonical} is missing`);
    return tensor;
  }
}
