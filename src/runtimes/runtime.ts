import type { KeyFacts } from '../components/key-facts.ts';
import type { Checkpoint, ConfigFile } from '../formats/checkpoint.ts';
import type { KnownScheduleId } from '../schedule/fingerprint.ts';
import type { SetupFields, SetupPrediction } from '../setup/setup.ts';
import type { HeadRule } from '../topology/families/family.ts';

/** The programs whose reading of a checkpoint is known. */
export type RuntimeId =
  | 'comfyui'
  | 'diffusers-file'
  | 'diffusers-folder'
  | 'a1111'
  | 'forge'
  | 'stable-diffusion.cpp'
  | 'invokeai'
  | 'sd-scripts';

/** What a program is given. */
export interface Subject {
  /** A whole file, or a model in folders as diffusers writes it. */
  readonly container: 'file' | 'folder';
  /** Every tensor of a file; of a folder nothing. */
  readonly keys: KeyFacts;
  /** The tensors of a folder's parts, by the part's name: `unet`, `text_encoder` …; of a file nothing. */
  readonly parts: ReadonlyMap<string, KeyFacts>;
  /** Configs of a folder, and what diffusers makes of all of them. */
  readonly unetConfig?: ConfigFile;
  readonly scheduler?: ConfigFile;
  readonly modelIndex?: ConfigFile;
  readonly configured?: SetupFields;
  /**
   * The standard deviation of a tensor's numbers, not corrected for the sample's size, by its name in the file; undefined
   * where the numbers were not read.
   */
  readonly deviation?: (name: string) => number | undefined;
}

/** Everything that a program settles for a net and no shape tells. */
export interface AssumedValues {
  readonly prediction_type: SetupPrediction;
  readonly schedule: KnownScheduleId;
  readonly zero_terminal_snr: boolean;
  /** What the latent is multiplied by. */
  readonly vae_scale: number;
  /** Which layer of the text encoder is read: 1 the last, 2 the one before. */
  readonly clip_skip: number;
  /** Ids of the text encoders, as components are called, with commas. */
  readonly text_encoder: string;
  /** Width of the text that the net reads. */
  readonly cross_attention_dim: number;
  readonly attention_heads: HeadRule;
  /** How attentions enter and leave: `linear` layers or convolutions of one pixel. */
  readonly projection: 'linear' | 'conv';
  /** Whether attention is computed in float32 whatever the weights are. */
  readonly upcast_attention: boolean;
  /** Side of the picture that it starts with, in pixels. */
  readonly resolution: number;
}

/** One thing that a program assumes. */
export interface Assumed<T> {
  /** Absent where it is decided by what was not looked at here: the numbers of a tensor, a run of the net. */
  readonly value?: T;
  /** What in the file decides it, or that nothing does. */
  readonly because: string;
  /** The file and function of the program. */
  readonly from: string;
}

export type Assumptions = { readonly [Key in keyof AssumedValues]?: Assumed<AssumedValues[Key]> };

/** Every assumption, in the order of the table. */
export const ASSUMPTION_KEYS = [
  'prediction_type',
  'schedule',
  'zero_terminal_snr',
  'vae_scale',
  'clip_skip',
  'text_encoder',
  'cross_attention_dim',
  'attention_heads',
  'projection',
  'upcast_attention',
  'resolution',
] as const satisfies readonly (keyof AssumedValues)[];

/** What a program makes of a checkpoint. */
export type Decision =
  | {
      readonly kind: 'identified';
      /** In the program's own word: `SDXL`, `v1`, `VERSION_SD2`. */
      readonly as: string;
      /** What it looked at, in its order, in words. */
      readonly evidence: readonly string[];
      /** Families that the program means by this word; empty where it means whatever fits. */
      readonly families: readonly string[];
      /** Nothing in the file spoke for it: it is what the program takes a file for that fits nothing else. */
      readonly leftOver?: true;
      readonly assumes: Assumptions;
    }
  | {
      /** The program reads nothing off the file: its user says what it is. */
      readonly kind: 'told';
      readonly as: string;
      readonly evidence: readonly string[];
      readonly assumes: Assumptions;
    }
  | {
      /** The program gives up, aloud. */
      readonly kind: 'refused';
      readonly reason: string;
      readonly evidence: readonly string[];
    };

/** A program that runs checkpoints. One file each, one line in the registry. */
export interface Runtime {
  readonly id: RuntimeId;
  readonly title: string;
  /** The release or commit whose source this is, with its date. */
  readonly version: string;
  /** The public repository. */
  readonly repository: string;
  /** Whether the program's own code was run to check this, or its source only read. */
  readonly checked: 'replayed' | 'read';
  /** Why it does not open a container that others open; the reason alone is told then. */
  readonly unopened?: Readonly<Partial<Record<Checkpoint['container'], string>>>;
  /** What it makes of a checkpoint; undefined where it is not a program for such files at all. */
  decide(subject: Subject): Decision | undefined;
}
