import type { Dim, ElementType } from './graph.ts';

/** A tensor that crosses the graph's border. Sizes that may differ from run to run have names. */
export interface GraphInput {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly Dim[];
}

/** A net as an ONNX model in memory whose weights stay in the checkpoint's files. */
export interface CompiledGraph {
  /** A serialised ModelProto. */
  readonly model: Uint8Array;
  /**
   * In diffusers' words: `sample` [batch, channels, height, width], `timestep` [batch], and what else the net reads:
   * `encoder_hidden_states`, `class_labels`, `text_embeds`, `time_ids`, `add_embeds`, `image_embeds`, `timestep_cond`.
   */
  readonly inputs: readonly GraphInput[];
  /** `out_sample`, and `taps` where they were asked for. */
  readonly outputs: readonly GraphInput[];
  /** Height and width of the latent must be multiples of this. */
  readonly divisor: number;
  /** Blocks whose activations `taps` measures, one row each: largest magnitude, mean, standard deviation. */
  readonly taps: readonly string[];
  /** Paths of the files that hold the weights, relative to the folder that the runtime is given. */
  readonly externalFiles: readonly string[];
}
