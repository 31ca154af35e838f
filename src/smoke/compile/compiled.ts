import type { Tensor } from '../../formats/checkpoint.ts';
import type { Dtype } from '../../formats/dtype.ts';
import type { Dim, ElementType } from './graph.ts';

/** A tensor that crosses the graph's border. Sizes that may differ from run to run have names. */
export interface GraphInput {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly Dim[];
}

/**
 * A tensor that the runtime cannot read where it lies (quantised, or not in C order): its numbers have to stand as float32 in a file
 * made for that.
 */
export interface ConvertedTensor {
  readonly tensor: Tensor;
  /** First byte in that file, a multiple of 4096. */
  readonly offset: number;
  readonly byteLength: number;
  readonly type: 'FLOAT';
}

/** An input or output as the graph has it. */
export interface OwnPort {
  readonly name: string;
  readonly dtype: Dtype;
  /** It has no axes: one number. */
  readonly scalar: boolean;
}

/** A net as an ONNX model in memory whose weights stay in the checkpoint's files. */
export interface CompiledGraph {
  /** A serialised ModelProto. */
  readonly model: Uint8Array;
  /**
   * In diffusers' words: `sample` [batch, channels, height, width], `timestep` [batch], and what else the net reads:
   * `encoder_hidden_states`, `class_labels`, `text_embeds`, `time_ids`, `add_embeds`, `image_embeds`,
   * `timestep_cond`, `hint`.
   * Those of autoencoders and text encoders stand where these are compiled.
   */
  readonly inputs: readonly GraphInput[];
  /** `out_sample`, and `taps`, `scores`, `features`, `given.N` and `weights.N` where they were asked for. */
  readonly outputs: readonly GraphInput[];
  /** Height and width of what enters, a latent or a picture, must be multiples of this. */
  readonly divisor: number;
  /** Blocks whose activations `taps` measures, one row each: largest magnitude, mean, standard deviation. */
  readonly taps: readonly string[];
  /** Blocks with attention, of which `scores` has the largest magnitude of q·kᵀ, over some of the queries. */
  readonly scores: readonly string[];
  /**
   * Layers (canonical names), the N-th of which has how what it reads varies together in `given.N` and its own weights in
   * `weights.N`; see `Moments`.
   */
  readonly moments: readonly string[];
  /** Paths of the files that hold the weights, relative to the folder that the runtime is given. */
  readonly externalFiles: readonly string[];
  /** How the graph itself has its inputs, by their names above, and its output; absent where it was compiled here. */
  readonly own?: { readonly inputs: ReadonlyMap<string, OwnPort>; readonly output: OwnPort };
  /** What must stand in the file named for converted tensors, in the order of its bytes; empty where none are. */
  readonly converted: readonly ConvertedTensor[];
}
