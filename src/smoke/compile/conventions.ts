/** How a net computes, where no shape tells. */
export interface Conventions {
  /** The cosine half of a timestep's sinusoid stands before the sine half. */
  readonly flipSinToCos: boolean;
  /** Frequencies fall to 1/10000 at index `half − freqShift`. */
  readonly freqShift: number;
  readonly normGroups: number;
  /** Of the group norms in resnets, plain attentions and the head. Transformers have 1e-6 everywhere. */
  readonly normEps: number;
  /** Rows and columns of zeros before the picture where it is halved; behind it there is always one. */
  readonly downsamplePadding: 0 | 1;
  /** What a class embedding reads: a vector, one number as a sinusoid, or a vector that it adds as it is. */
  readonly classInput: 'vector' | 'timestep' | 'identity';
  /** How the vector that `add_embedding` reads is put together; absent where that is not known. */
  readonly addedTime?: AddedTime;
  readonly activations: Activations;
  readonly outScale: OutScale;
  /** Of the attention that pools a text into the time embedding. */
  readonly poolHeads: number;
  /** How random Fourier features are made, in a net that has their frequencies. */
  readonly fourier: Fourier;
  /** The sample is taken from 0 … 1 to −1 … 1 first. */
  readonly centerInput: boolean;
}

/** Pooled text, then `ids` numbers (sizes and crops) as sinusoids `width` wide each; or these first. */
export interface AddedTime {
  readonly width: number;
  readonly ids: number;
  readonly idsFirst?: boolean;
}

/** Functions between layers, by the names that diffusers' configs have for them; `swish` is `silu`. */
export type Activation = 'silu' | 'gelu' | 'relu' | 'mish';

/** Which of them stand where. */
export interface Activations {
  /** In resnets. */
  readonly resnet: Activation;
  /** Before the last convolution. */
  readonly head: Activation;
  /** Between the two layers of the time embedding, and of a class embedding that reads a sinusoid. */
  readonly time: Activation;
  /** Behind those of the time embedding. */
  readonly afterTime?: Activation;
  /** Of the sum of all embeddings. */
  readonly embedding?: Activation;
  /** Of that sum once more in each resnet, before its projection. */
  readonly projected?: Activation;
}

/** What the outputs of blocks are divided by. */
export interface OutScale {
  readonly resnets: number;
  /** Resnets of the middle. */
  readonly middle: number;
  readonly middleAttention: number;
}

/** `sin` and `cos` of 2π · frequency · time. */
export interface Fourier {
  /** Of the timestep's logarithm. */
  readonly logarithm: boolean;
  readonly cosineFirst: boolean;
  /** The net's output is divided by the timestep. */
  readonly divides: boolean;
}

/** diffusers' UNet2DConditionModel with `time_embedding_type: fourier`. */
export const CONDITIONAL_FOURIER: Fourier = { logarithm: false, cosineFirst: true, divides: false };

/** diffusers' UNet2DModel with it; the nets of score_sde. */
export const SCORE_FOURIER: Fourier = { logarithm: true, cosineFirst: false, divides: true };
