import type { Dtype } from './dtype.ts';
import type { Fault } from './fault.ts';
import type { Graph } from './graph.ts';
import type { JsonValue } from './json.ts';
import type { PickleReport } from './pytorch/pickle-report.ts';
import type { RecordSum } from './record-sums.ts';

/** How elements lie that are not little-endian and in C order one after another. */
export interface TensorLayout {
  /** Elements from one to the next along each axis; 0 where all of an axis are the same one. */
  readonly strides: readonly number[];
  /** Bytes from the first element to the end of the last; less than `byteLength` where elements are shared. */
  readonly extent: number;
  /** Each element's bytes are in the other order. */
  readonly bigEndian?: true;
  /** Elements stand as protobuf's numbers of any length, each with the element's bits. */
  readonly varints?: true;
}

/** One tensor as it lies in a file. Where it has no `layout`, its bytes are little-endian and in C order. */
export interface Tensor {
  /** As the file has it: hostile text, escaped only where it is shown. */
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Index into `Checkpoint.files`. */
  readonly file: number;
  /** First byte in that file. In a faulty file `offset + byteLength` may lie beyond its size. */
  readonly offset: number;
  /** Bytes it takes in C order. */
  readonly byteLength: number;
  /** Absent where the bytes can be used as they lie; `readTensor` puts the others in order. */
  readonly layout?: TensorLayout;
}

export interface CheckpointFile {
  /** Path relative to what was opened ('' parts joined by `/`). */
  readonly path: string;
  readonly size: number;
  readonly format: 'safetensors' | 'gguf' | 'pytorch' | 'onnx' | 'dduf' | 'tza';
  /** Bytes before the first tensor's bytes. */
  readonly headerLength: number;
}

/** A JSON file that lies beside the weights: a component's config, a scheduler's, `model_index.json`. */
export interface ConfigFile {
  readonly path: string;
  readonly value: JsonValue;
}

/** A YAML of the same name beside a single file, by which some programs read it: `model.yaml` for `model.ckpt`. */
export interface Sidecar {
  readonly path: string;
  readonly text: string;
}

/**
 * A set of weights that belong together: the whole of a single file, or one component folder of a
 * diffusers folder (`unet`, `vae`, `text_encoder_2` …).
 */
export interface Part {
  /** The component folder's name; '' for a single file or a lone component. */
  readonly name: string;
  readonly tensors: readonly Tensor[];
  /** Indices into `Checkpoint.files`. */
  readonly files: readonly number[];
  /** `config.json` beside the weights. */
  readonly config?: ConfigFile;
  /** The graph that computes with the tensors, where the file carries it. */
  readonly graph?: Graph;
  /** `fp16` for `….fp16.safetensors`: which of several sets of weights this is. */
  readonly variant?: string;
}

/** Something that was there and was not looked into, and why. Exit 0 never hides one of these. */
export interface Unchecked {
  readonly path: string;
  readonly reason: string;
}

/** What a reader made of a file or folder. Everything above this floor starts here. */
export interface Checkpoint {
  /** What the user named. */
  readonly path: string;
  /** `unknown`: nothing could be read; `faults` and `unchecked` say why. */
  readonly container:
    | CheckpointFile['format']
    | 'safetensors-sharded'
    | 'pytorch-sharded'
    | 'diffusers-folder'
    | 'unknown';
  readonly files: readonly CheckpointFile[];
  readonly parts: readonly Part[];
  /** `__metadata__` of the files, GGUF's typed values as text; of a name given twice, the first file's. */
  readonly metadata: ReadonlyMap<string, string>;
  /** `model_index.json`, and configs of folders without weights (`scheduler/scheduler_config.json`). */
  readonly modelIndex?: ConfigFile;
  readonly schedulerConfig?: ConfigFile;
  readonly sidecar?: Sidecar;
  /** Everything wrong with the container, in the order of files and bytes. */
  readonly faults: readonly Fault[];
  readonly unchecked: readonly Unchecked[];
  /** What the pickles among the files would do when Python loads them; absent where there are none. */
  readonly pickles?: readonly PickleReport[];
  /** Sums that the files keep of the bytes of tensors; absent where there are none. Nothing was held to them yet. */
  readonly sums?: readonly RecordSum[];
}

/** Whether it is a diffusers pipeline with a folder for each part, on the disk or in one file. */
export function isPipeline({ container }: Checkpoint): boolean {
  return container === 'diffusers-folder' || container === 'dduf';
}

/** Number of elements. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}
