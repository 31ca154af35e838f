/** The net as the probes see it: samples and timesteps in, outputs out. */

/** One latent that the net is asked about. */
export interface Question {
  /** [channels · height · width], as the net is fed it: of unit variance where it is pure noise. */
  readonly sample: Float32Array;
  readonly timestep: number;
  /** Which of the subject's conditions it is fed; the first where absent. */
  readonly condition?: number;
}

/** A net, or a function that stands for one. */
export interface Subject {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Training timesteps: the last is one less. */
  readonly timesteps: number;
  /** The output for each question, as many numbers as its sample has, in their order. */
  ask(questions: readonly Question[]): Promise<readonly Float32Array[]>;
}

/** An output, and what the last convolution made it of. */
export interface Look {
  readonly output: Float32Array;
  /** [its channels · height · width] */
  readonly features: Float32Array;
}

/** A net that can be looked into. */
export interface OpenSubject extends Subject {
  look(questions: readonly Question[]): Promise<readonly Look[]>;
}

/** Numbers of one latent. */
export function lengthOf({ channels, height, width }: Subject): number {
  return channels * height * width;
}
