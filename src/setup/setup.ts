/** What a checkpoint is to run with, or was trained with, in one form whatever program wrote it down. */
import type { BetaSchedule } from '../schedule/betas.ts';
import type { TIMESTEP_SPACINGS } from '../schedule/spacing.ts';
import type { Fact, Known } from '../topology/net.ts';

/** What the net is taken to predict, and in which scaling. */
export type SetupPrediction = 'epsilon' | 'v_prediction' | 'sample' | 'edm' | 'edm_v_prediction' | 'flow';

/** Precisions by the names of PyTorch. */
export type SetupDtype = 'float32' | 'float16' | 'bfloat16' | 'float8_e4m3fn' | 'float8_e5m2';

/** A file that changes the net, and how strongly. */
export interface SetupLora {
  readonly name: string;
  readonly strength: number;
  /** On the text encoder, where it differs. */
  readonly strength_text?: number;
}

export interface SetupControlNet {
  readonly name: string;
  readonly strength: number;
  /** Part of the steps, from 0 to 1, at which it begins and ends. */
  readonly start?: number;
  readonly end?: number;
}

/** A text encoder; `id` as components are called: `clip-l`, `openclip-h`, `openclip-g`, `t5` … or `unknown`. */
export interface SetupTextEncoder {
  readonly id: string;
  readonly name?: string;
  /** Layers that it is built with. */
  readonly layers?: number;
  readonly width?: number;
}

/** Every field of a setup, by diffusers' names where it has one. Sizes are pixels. */
export interface SetupValues {
  readonly prediction_type: SetupPrediction;
  readonly num_train_timesteps: number;
  readonly beta_schedule: BetaSchedule;
  readonly beta_start: number;
  readonly beta_end: number;
  readonly trained_betas: readonly number[];
  readonly rescale_betas_zero_snr: boolean;
  readonly timestep_spacing: (typeof TIMESTEP_SPACINGS)[number];
  readonly steps_offset: number;
  readonly set_alpha_to_one: boolean;
  readonly clip_sample: boolean;
  /** Ends of the noise levels, and the deviation of the data, of EDM nets. */
  readonly sigma_min: number;
  readonly sigma_max: number;
  readonly sigma_data: number;
  /** The sampler in its program's word: `PNDMScheduler`, `euler`, `DPM++ 2M`. */
  readonly sampler: string;
  /** How the noise levels are laid out, in its program's word: `karras`, `simple`, `Karras`. */
  readonly scheduler: string;
  readonly steps: number;
  /** Classifier-free guidance; 1 is none. */
  readonly guidance: number;
  readonly guidance_rescale: number;
  readonly resolution: { readonly width: number; readonly height: number };
  /** Which layer of CLIP is read: 1 the last, 2 the one before. */
  readonly clip_skip: number;
  readonly text_encoders: readonly SetupTextEncoder[];
  /** The checkpoint's file, as the program names it. */
  readonly model: string;
  /** The autoencoder's file, where it is not that of the checkpoint. */
  readonly vae: string;
  readonly vae_scale: number;
  readonly vae_dtype: SetupDtype;
  /** Whether the autoencoder is run in float32 whatever its own precision. */
  readonly vae_upcast: boolean;
  readonly unet_dtype: SetupDtype;
  readonly controlnets: readonly SetupControlNet[];
  readonly loras: readonly SetupLora[];
}

/** A value with who says so: in words, and as a place. */
export interface Told<T> extends Fact<T> {
  /** The file that it stands in; for a default, the file that leaves it out. */
  readonly file: string;
  /** JSON pointer inside it, or the key of a text; '' for a default. */
  readonly pointer: string;
}

export type SetupFields = { readonly [Key in keyof SetupValues]?: Told<SetupValues[Key]> };

/** The programs whose setups are read. */
export type SetupProgram = 'diffusers' | 'comfyui' | 'a1111' | 'ldm' | 'training' | 'ungarble';

export interface Setup {
  /** Of what it was read, and of several in one file which: `flow.json, node 3`. */
  readonly name: string;
  readonly program: SetupProgram;
  readonly fields: SetupFields;
  /** What stands there and was not followed, in sentences. */
  readonly notes: readonly string[];
}

/** What a noise schedule is made of. */
export const SCHEDULE_KEYS = [
  'num_train_timesteps',
  'beta_schedule',
  'beta_start',
  'beta_end',
  'trained_betas',
  'rescale_betas_zero_snr',
] as const satisfies readonly (keyof SetupValues)[];

/** Every field, in the order of the page. */
export const SETUP_KEYS = [
  'prediction_type',
  ...SCHEDULE_KEYS,
  'timestep_spacing',
  'steps_offset',
  'set_alpha_to_one',
  'clip_sample',
  'sigma_min',
  'sigma_max',
  'sigma_data',
  'sampler',
  'scheduler',
  'steps',
  'guidance',
  'guidance_rescale',
  'resolution',
  'clip_skip',
  'text_encoders',
  'model',
  'vae',
  'vae_scale',
  'vae_dtype',
  'vae_upcast',
  'unet_dtype',
  'controlnets',
  'loras',
] as const satisfies readonly (keyof SetupValues)[];

/** Puts a setup together. A field that is told twice keeps the last, except by a default. */
export class SetupBuilder {
  readonly notes: string[] = [];
  readonly #file: string;
  readonly #fields = new Map<keyof SetupValues, Told<unknown>>();

  constructor(file: string) {
    this.#file = file;
  }

  /** What the file says. An undefined value says nothing. */
  says<K extends keyof SetupValues>(
    key: K,
    value: SetupValues[K] | undefined,
    pointer: string,
    from = `${this.#file} ${pointer}`,
  ): this {
    return value === undefined ? this : this.#put(key, value, 'declared', from, pointer);
  }

  /** What its program takes where the file says nothing. */
  assumes<K extends keyof SetupValues>(key: K, value: SetupValues[K] | undefined, from: string): this {
    if (value === undefined || this.#fields.has(key)) return this;
    return this.#put(key, value, 'convention', from, '');
  }

  note(text: string): void {
    // a workflow of thousands of unknown nodes is told by its first ones
    if (this.notes.length < MOST_NOTES && !this.notes.includes(text)) this.notes.push(text);
  }

  has(key: keyof SetupValues): boolean {
    return this.#fields.has(key);
  }

  value<K extends keyof SetupValues>(key: K): SetupValues[K] | undefined {
    // what is under a key was put there with that key's type
    return this.#fields.get(key)?.value as SetupValues[K] | undefined;
  }

  build(name: string, program: SetupProgram): Setup {
    const told = SETUP_KEYS.flatMap((key) => {
      const fact = this.#fields.get(key);
      return fact === undefined ? [] : [[key, fact] as const];
    });
    return { name, program, fields: Object.fromEntries(told) as SetupFields, notes: this.notes };
  }

  #put(key: keyof SetupValues, value: unknown, known: Known, from: string, pointer: string): this {
    this.#fields.set(key, { value, known, from, file: this.#file, pointer });
    return this;
  }
}

const MOST_NOTES = 50;
