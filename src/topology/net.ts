import { elementCount, type Tensor } from '../formats/checkpoint.ts';

/**
 * How a fact is known. `measured`: from shapes. `declared`: a config or metadata says so.
 * `convention`: not in the file, what every runtime assumes. `probed`: read off the weights.
 */
export type Known = 'measured' | 'declared' | 'convention' | 'probed';

/** A value and how it is known. */
export interface Fact<T> {
  readonly value: T;
  readonly known: Known;
  /** Who says so: a tensor, a config key, the runtimes that share the convention. */
  readonly from: string;
}

/** A tensor and the place in the net that owns it. */
export interface OwnedTensor {
  /** The diffusers module path: `down_blocks.0.resnets.1.conv1.weight`. */
  readonly canonical: string;
  readonly tensor: Tensor;
}

export type BlockKind =
  | 'conv' // conv_in, conv_out with its norm
  | 'embedding' // time, class, added conditioning, projections of the text
  | 'resnet'
  | 'attention' // group norm, q, k, v, out: one head set over pixels
  | 'transformer' // norm, proj_in, transformer_blocks, proj_out
  | 'downsample'
  | 'upsample';

/** The attention inside a block of kind `attention` or `transformer`. */
export interface AttentionFacts {
  /** Number of transformer blocks; 1 for a plain attention. */
  readonly depth: number;
  /** Width of the text (or image) that it attends to; absent when it only attends to itself. */
  readonly crossAttentionDim?: number;
  /** True where the first attention reads the text too, so that pixels never see each other. */
  readonly onlyCrossAttention: boolean;
  readonly heads?: Fact<number>;
  /** `linear` for [c, c] projections, `conv` for [c, c, 1, 1]. */
  readonly projection?: 'linear' | 'conv';
}

export interface Block {
  /** Canonical module path: `up_blocks.1.resnets.2`. */
  readonly id: string;
  /** The same block in the file's own words: `output_blocks.5.0`. */
  readonly fileId: string;
  readonly kind: BlockKind;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Spatial divisor of its input: 1 at the latent's own size, 8 where it is an eighth. */
  readonly divisor: number;
  /** Spatial divisor of its output. */
  readonly outDivisor: number;
  /** True when it also mixes over frames (video nets). */
  readonly temporal: boolean;
  readonly attention?: AttentionFacts;
  readonly tensors: readonly OwnedTensor[];
  readonly parameters: number;
}

/** `down_blocks.1`, `mid_block`, `up_blocks.0`: the blocks at one level. */
export interface Stage {
  readonly id: string;
  /** 0 is the level of the latent itself. */
  readonly level: number;
  /** Channels that leave the stage. */
  readonly channels: number;
  /** Spatial divisor at which its resnets work. */
  readonly divisor: number;
  readonly blocks: readonly Block[];
}

/** A skip connection, and whether it fits. */
export interface Skip {
  /** Block whose output is kept: `conv_in`, a resnet, its attention, or a downsampler. */
  readonly producer: string;
  /** Decoder resnet that reads it. */
  readonly consumer: string;
  /** Channels the producer writes. */
  readonly channels: number;
  /** Channels that come from below. */
  readonly below: number;
  /** Width that the consumer's weights expect: `below + channels` for a sound net. */
  readonly expects: number;
  /** Spatial divisor of the producer's output and of the consumer's input. */
  readonly divisor: number;
  readonly consumerDivisor: number;
  readonly join: 'concat' | 'add';
  readonly holds: boolean;
}

/** What the net is fed beside the latent. */
export interface Conditioning {
  /** Width of the time embedding. */
  readonly timeEmbedDim?: Fact<number>;
  /** Width of the sinusoid that enters it. */
  readonly timeInputDim?: Fact<number>;
  readonly crossAttentionDim?: Fact<number>;
  /** Width of `add_embedding` / vector `label_emb`: pooled text and time ids together. */
  readonly addedWidth?: Fact<number>;
  /** Rows of a class embedding table. */
  readonly classes?: Fact<number>;
  /** Width of a guidance embedding (latent consistency models). */
  readonly guidanceDim?: Fact<number>;
  /** Width of the text before `encoder_hid_proj`. */
  readonly encoderHidDim?: Fact<number>;
}

/** The family a net belongs to, told by shapes. */
export interface FamilyMatch {
  /** `sd1`, `sdxl-refiner` …, or `custom`. */
  readonly id: string;
  /** `Stable Diffusion 1`, or `custom, SD1 grammar`. */
  readonly title: string;
  /** `measured` by shapes; `declared` where only evidence beside the net tells it from its equals. */
  readonly known: Known;
  readonly from: string;
  /** Other families with the same shapes: only evidence beyond shapes can tell. */
  readonly sameShapes: readonly string[];
  /** For a custom net: the nearest family and where it differs. */
  readonly nearest?: {
    readonly id: string;
    readonly title: string;
    readonly differs: readonly FamilyDifference[];
  };
}

/** One thing that a net and a family do not share. */
export interface FamilyDifference {
  /** By the field's own name: `cross_attention_dim`. */
  readonly field: string;
  /** What the net has and what the family has, in words. */
  readonly found: string;
  readonly expected: string;
}

/** A U-Net rebuilt from its tensors: the one picture that drawing, checking, diffing and running read. */
export interface Net {
  readonly family: FamilyMatch;
  /** `ldm` or `diffusers`: the names the file uses. */
  readonly dialect: string;
  /** 2 for pictures, 3 for video. */
  readonly spatialDims: 2 | 3;
  /** Absent, as the next two, when no tensor of a damaged file tells it. */
  readonly inChannels?: Fact<number>;
  readonly outChannels?: Fact<number>;
  /** Width of the outermost level: `model_channels`, `block_out_channels[0]`. */
  readonly modelChannels?: Fact<number>;
  readonly conditioning: Conditioning;
  /** Time, class, added and text-projection embeddings. */
  readonly embeddings: readonly Block[];
  /** `conv_in`. */
  readonly stem: Block;
  /** From the outermost level down. */
  readonly encoder: readonly Stage[];
  readonly middle?: Stage;
  /** From the deepest level up. */
  readonly decoder: readonly Stage[];
  /** `conv_norm_out` and `conv_out`. */
  readonly head: Block;
  /** In the order in which the decoder takes them. */
  readonly skips: readonly Skip[];
  readonly parameters: number;
}

/** How many numbers tensors hold together. */
export function parametersOf(tensors: readonly Pick<OwnedTensor, 'tensor'>[]): number {
  return tensors.reduce((sum, { tensor }) => sum + elementCount(tensor.shape), 0);
}

/** All blocks, each once, from the embeddings through encoder, middle and decoder to the head. */
export function blocksOf(net: Net): readonly Block[] {
  return [
    ...net.embeddings,
    net.stem,
    ...net.encoder.flatMap((stage) => stage.blocks),
    ...(net.middle?.blocks ?? []),
    ...net.decoder.flatMap((stage) => stage.blocks),
    net.head,
  ];
}
