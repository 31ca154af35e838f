/** A lock file: everything that training and inference must agree on, so that a change of it is seen. */
import type { Component } from '../components/component.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { type AlphaSettings, usedBetas } from '../schedule/alphas.ts';
import { blocksOf, type Net } from '../topology/net.ts';
import { SCHEDULE_KEYS, type Setup, type SetupFields, type SetupValues } from './setup.ts';
import { folderSetup, scheduleOf, trainedSetup } from './trained.ts';

export const LOCK_FORMAT = 'ungarble/lock@1';

/** The fields that a lock holds: what training and inference must agree on, not how a picture is drawn. */
export const LOCK_KEYS = [
  'prediction_type',
  ...SCHEDULE_KEYS,
  'timestep_spacing',
  'steps_offset',
  'set_alpha_to_one',
  'clip_sample',
  'sigma_min',
  'sigma_max',
  'sigma_data',
  'resolution',
  'clip_skip',
  'vae_scale',
] as const satisfies readonly (keyof SetupValues)[];

/** A text encoder by what its header says: names, dtypes and shapes, no values. */
export interface EncoderIdentity {
  readonly id: string;
  /** Its folder or the prefix of its names. */
  readonly where: string;
  readonly tensors: number;
  readonly header_sha256: string;
}

/** What a model is, whatever file it lies in. */
export interface Identity {
  /** SHA-256 over canonical names and shapes of the net: the same in every dialect and dtype. */
  readonly topology_sha256?: string;
  readonly text_encoders: readonly EncoderIdentity[];
}

export interface Lock {
  /** Path of the lock file. */
  readonly path: string;
  readonly setup: Setup;
  /** SHA-256 over the betas as float32, little-endian; absent where there is no schedule of betas. */
  readonly betas_sha256?: string;
  readonly identity: Identity;
}

/** What a lock holds of a model and of the setup that it is run with. The setup's word counts over the model's. */
function lockFields(
  checkpoint: Checkpoint,
  components: readonly Component[],
  net: Net,
  setup: Setup | undefined,
): SetupFields {
  const trained = trainedSetup(checkpoint, net).fields;
  const all: SetupFields = {
    ...trained,
    ...folderSetup(checkpoint, components)?.fields,
    ...setup?.fields,
    // the size of training; that of a picture is chosen at each run
    ...(trained.resolution === undefined ? {} : { resolution: trained.resolution }),
  };
  const kept = new Set<string>(LOCK_KEYS);
  return Object.fromEntries(Object.entries(all).filter(([key]) => kept.has(key))) as SetupFields;
}

/** The betas of a schedule as diffusers holds them, hashed. Zero terminal SNR is in them. */
export async function betasHash(schedule: AlphaSettings): Promise<string> {
  const used = usedBetas(schedule, 'float32');
  const bytes = new DataView(new ArrayBuffer(used.length * 4));
  used.forEach((beta, t) => bytes.setFloat32(t * 4, beta, true));
  return sha256(new Uint8Array(bytes.buffer));
}

/** What the net and the text encoders are. */
export async function identityOf(components: readonly Component[]): Promise<Identity> {
  const net = components.find(({ kind, net }) => kind === 'unet' && net !== undefined)?.net;
  const encoders = components.filter(({ kind }) => kind === 'text_encoder');
  const text_encoders = await Promise.all(
    encoders.map(async ({ id, part, prefix, tensors }) => ({
      id,
      where: part || prefix,
      tensors: tensors.length,
      header_sha256: await hashLines(
        tensors.map(({ name, tensor }) => `${name} ${tensor.dtype} [${tensor.shape.join(', ')}]`),
      ),
    })),
  );
  if (net === undefined) return { text_encoders };
  const lines = netLines(net);
  return { topology_sha256: await hashLines(lines), text_encoders };
}

function netLines(net: Net): readonly string[] {
  return blocksOf(net).flatMap(({ tensors }) =>
    tensors.map(({ canonical, tensor }) => `${canonical} [${trimmed(tensor.shape).join(', ')}]`),
  );
}

/** A convolution of one pixel and a linear layer are the same: some containers write the one as the other. */
function trimmed(shape: readonly number[]): readonly number[] {
  return shape.slice(0, shape.findLastIndex((dim) => dim !== 1) + 1);
}

async function hashLines(lines: readonly string[]): Promise<string> {
  return sha256(new TextEncoder().encode([...lines].sort().join('\n')));
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A lock file's content, as its schema has it. */
export interface LockData {
  readonly format: typeof LOCK_FORMAT;
  readonly model: string;
  /** The setup that it was made with. */
  readonly with?: string;
  readonly setup: SetupFields;
  readonly schedule?: {
    readonly timesteps: number;
    readonly dtype: 'float32';
    readonly betas_sha256: string;
  };
  readonly identity: Identity;
}

/** The lock of a model as plain data, in the order of its schema. */
export async function lockData(
  checkpoint: Checkpoint,
  components: readonly Component[],
  net: Net,
  setup: Setup | undefined,
): Promise<LockData> {
  const fields = lockFields(checkpoint, components, net, setup);
  const schedule = scheduleOf(fields);
  return {
    format: LOCK_FORMAT,
    model: checkpoint.path,
    ...(setup === undefined ? {} : { with: setup.name }),
    setup: fields,
    ...(schedule === undefined
      ? {}
      : {
          schedule: {
            timesteps: schedule.trained_betas?.length ?? schedule.num_train_timesteps,
            dtype: 'float32',
            betas_sha256: await betasHash(schedule),
          },
        }),
    identity: await identityOf(components),
  };
}
