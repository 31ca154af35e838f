import type { RunEvidence } from '../rules/run-evidence.ts';

/** What a smoke run tells, as plain data: it crosses from the process that ran to the one that prints. */

/** One choice, and who made it. */
export interface ToldFact {
  readonly name: string;
  readonly value: string | number;
  readonly known: string;
  readonly from: string;
}

/** The machine's part that the net ran on. */
export interface ToldDevice {
  /** `cpu`, `webgpu` … */
  readonly provider: string;
  /** The adapter's own name, where it can be had. */
  readonly adapter?: string;
  /** True for a processor that plays a GPU; absent where nothing tells. */
  readonly software?: boolean;
  /** Why it is not the one that was wanted first. */
  readonly fallback?: string;
}

interface ToldPrompt {
  /** The text encoder, in words. */
  readonly encoder: string;
  readonly prompt: string;
  readonly negative: string;
  /** Which of its layers the net reads, and who says so. */
  readonly reads: string;
}

export interface SmokePlanReport {
  /** As it was named. */
  readonly path: string;
  /** `Stable Diffusion 1 U-Net · 859.5 M` */
  readonly title: string;
  readonly prompts: readonly ToldPrompt[];
  readonly facts: readonly ToldFact[];
  /** What could not be followed or was stood in for, in sentences. */
  readonly notes: readonly string[];
}

export interface SmokePicture {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3], sRGB. */
  readonly rgb: Uint8Array;
  /** `decoded by the file's autoencoder`, or what kind of preview it is. */
  readonly label: string;
}

/** A whole run, from noise to a picture. */
export interface DrawnPicture {
  readonly picture: SmokePicture;
  readonly latent: {
    readonly channels: number;
    readonly height: number;
    readonly width: number;
    readonly mean: number;
    readonly deviation: number;
  };
  /** Milliseconds. */
  readonly times: {
    readonly text: number;
    readonly load: number;
    readonly net: number;
    readonly decode: number;
  };
  /** Calls of the net. */
  readonly calls: number;
}

export interface SmokeReport extends SmokePlanReport {
  readonly device: ToldDevice;
  /** What the probes found; absent where they were not asked for. */
  readonly verdict?: RunEvidence;
  /** Absent where no picture was asked for, or the net gives none. */
  readonly drawn?: DrawnPicture;
  /** Most memory that the run held, in bytes. */
  readonly peakBytes: number;
}
