import type { Dtype } from './dtype.ts';
import type { Fault } from './fault.ts';
import type { JsonValue } from './json.ts';

/** One tensor as it lies in a file. Its bytes are little-endian and in C order. */
export interface Tensor {
  /** As the file has it: hostile text, escaped only where it is shown. */
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Index into `Checkpoint.files`. */
  readonly file: number;
  /** First byte in that file. In a faulty file `offset + byteLength` may lie beyond its size. */
  readonly offset: number;
  /** Bytes it takes. */
  readonly byteLength: number;
}

export interface CheckpointFile {
  /** Path relative to what was opened ('' parts joined by `/`). */
  readonly path: string;
  readonly size: number;
  readonly format: 'safetensors';
  /** Bytes before the first tensor's bytes. */
  readonly headerLength: number;
}

/** A JSON file that lies beside the weights: a component's config, a scheduler's, `model_index.json`. */
export interface ConfigFile {
  readonly path: string;
  readonly value: JsonValue;
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
  readonly container: 'safetensors' | 'safetensors-sharded' | 'diffusers-folder' | 'unknown';
  readonly files: readonly CheckpointFile[];
  readonly parts: readonly Part[];
  /** `__metadata__` of the files; of a name given twice, the first file's. */
  readonly metadata: ReadonlyMap<string, string>;
  /** `model_index.json`, and configs of folders without weights (`scheduler/scheduler_config.json`). */
  readonly modelIndex?: ConfigFile;
  readonly schedulerConfig?: ConfigFile;
  /** Everything wrong with the container, in the order of files and bytes. */
  readonly faults: readonly Fault[];
  readonly unchecked: readonly Unchecked[];
}

/** Number of elements. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}
