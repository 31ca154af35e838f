/** What a checkpoint was made with and what its own folder runs it with, as setups like any other. */
import type { Component } from '../components/component.ts';
import { markerNames, predictionDeclarations } from '../components/declared.ts';
import type { Checkpoint, ConfigFile } from '../formats/checkpoint.ts';
import { type AlphaSettings, usedBetas } from '../schedule/alphas.ts';
import { familyOf } from '../topology/families/index.ts';
import type { Net } from '../topology/net.ts';
import { assumedSchedule, drawsPixels } from './assumed.ts';
import { STABLE_DIFFUSION_SCALE } from './latent-scale.ts';
import { type Setup, SetupBuilder, type SetupFields } from './setup.ts';
import { diffusersSetup } from './sources/diffusers.ts';
import { metadataSetup } from './sources/metadata.ts';

/**
 * What the net was trained with, by what has the most to say: marker tensors, metadata, and what every runtime assumes
 * of its family. The scheduler config of a folder is no part of it: see `folderSetup`.
 */
export function trainedSetup(checkpoint: Checkpoint, net: Net): Setup {
  const file = checkpoint.files[0]?.path ?? checkpoint.path;
  const builder = new SetupBuilder(file);
  const marker = predictionDeclarations(checkpoint).find(({ by }) => by === 'marker');
  builder.says('prediction_type', marker?.prediction, '', marker && `the marker tensor ${marker.from}`);
  if (markerNames(checkpoint).has('ztsnr')) {
    builder.says('rescale_betas_zero_snr', true, '', 'the marker tensor ztsnr');
  }
  const metadata = metadataSetup(checkpoint)?.fields ?? {};
  const fields: SetupFields = { ...metadata, ...builder.build('', 'training').fields };
  const assumed = new SetupBuilder(file);
  assumeFamily(assumed, net);
  return {
    name: checkpoint.path,
    program: 'training',
    fields: { ...assumed.build('', 'training').fields, ...fields },
    notes: [],
  };
}

function assumeFamily(builder: SetupBuilder, net: Net): void {
  const family = familyOf(net);
  if (family === undefined) return;
  const { conventions, title } = family;
  const from = `${title}: what its runtimes assume`;
  // the same shapes predict noise or velocity, and nothing has told them apart
  const open = family.id === 'sd2';
  const prediction = conventions.prediction_type;
  if (!open) builder.assumes('prediction_type', prediction, from);
  if (!prediction.startsWith('edm')) {
    const known = assumedSchedule(net).settings;
    builder
      .assumes('num_train_timesteps', known.num_train_timesteps, from)
      .assumes('beta_schedule', known.beta_schedule, from)
      .assumes('beta_start', known.beta_start, from)
      .assumes('beta_end', known.beta_end, from);
  }
  if (!drawsPixels(net)) builder.assumes('vae_scale', conventions.vaeScale ?? STABLE_DIFFUSION_SCALE, from);
  const side = conventions.sampleSize * conventions.vaeFactor;
  builder.assumes('resolution', { width: side, height: side }, `${title}: the size it was trained at`);
}

/** What diffusers would run a model folder with; undefined where there is no scheduler config. */
export function folderSetup(checkpoint: Checkpoint, components: readonly Component[]): Setup | undefined {
  const { schedulerConfig, modelIndex, parts } = checkpoint;
  if (schedulerConfig === undefined) return undefined;
  const configs = (kind: Component['kind']): readonly ConfigFile[] => {
    const named = new Set(components.filter((component) => component.kind === kind).map(({ part }) => part));
    return parts.flatMap(({ name, config }) => (named.has(name) && config !== undefined ? [config] : []));
  };
  const [[unet], [vae]] = [configs('unet'), configs('vae')];
  return diffusersSetup(checkpoint.path, {
    scheduler: schedulerConfig,
    ...(modelIndex === undefined ? {} : { modelIndex }),
    ...(unet === undefined ? {} : { unet }),
    ...(vae === undefined ? {} : { vae }),
    textEncoders: configs('text_encoder'),
  });
}

/** The numbers that a setup's schedule is made of; undefined where it does not tell them all. */
export function scheduleOf(fields: SetupFields): AlphaSettings | undefined {
  const trained = fields.trained_betas?.value ?? null;
  const count = fields.num_train_timesteps?.value ?? trained?.length;
  const [schedule, start, end] = [fields.beta_schedule, fields.beta_start, fields.beta_end];
  if (
    count === undefined ||
    (trained === null && (schedule === undefined || start === undefined || end === undefined))
  )
    return undefined;
  return {
    num_train_timesteps: count,
    beta_schedule: schedule?.value ?? 'linear',
    beta_start: start?.value ?? 0.0001,
    beta_end: end?.value ?? 0.02,
    trained_betas: trained,
    rescale_betas_zero_snr: fields.rescale_betas_zero_snr?.value ?? false,
  };
}

/** Where two schedules part: the first training timestep whose β differ, and both values there. */
export interface Parting {
  readonly timestep: number;
  readonly one: number;
  readonly other: number;
}

/** Betas that were computed in another order, or stored as float32, agree to this part of themselves. */
const SAME = 1e-5;

/**
 * The first timestep at which two schedules part; undefined where they are the same. Where one is longer, a β that is not
 * there is NaN.
 */
export function parting(one: AlphaSettings, other: AlphaSettings): Parting | undefined {
  const [a, b] = [usedBetas(one, 'float64'), usedBetas(other, 'float64')];
  const count = Math.max(a.length, b.length);
  for (let t = 0; t < count; t++) {
    const [x, y] = [a[t] ?? Number.NaN, b[t] ?? Number.NaN];
    if (!(Math.abs(x - y) <= SAME * Math.max(Math.abs(x), Math.abs(y)))) {
      return { timestep: t, one: x, other: y };
    }
  }
  return undefined;
}
