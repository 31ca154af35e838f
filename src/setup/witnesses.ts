/** Everyone who says how a net is to be run, side by side: where they differ, some program goes wrong. */
import type { Component } from '../components/component.ts';
import { markerNames, predictionDeclarations } from '../components/declared.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { alphasCumprod } from '../schedule/alphas.ts';
import { fingerprintSchedule, type KnownSchedule } from '../schedule/fingerprint.ts';
import { scheduleFromConfig } from '../schedule/from-config.ts';
import { familyOf } from '../topology/families/index.ts';
import type { Known, Net } from '../topology/net.ts';
import { latentScale } from './latent-scale.ts';
import { assumedSchedule, drawsPixels } from './sampling.ts';
import type { ScheduleBuffer } from './schedule-buffers.ts';

/** What sources may differ about. */
export const SUBJECTS = ['prediction_type', 'schedule', 'zero terminal SNR', 'VAE scale'] as const;

export type Subject = (typeof SUBJECTS)[number];

/** One who says something. */
export interface Witness {
  readonly about: Subject;
  /** In one vocabulary for all who speak of it. */
  readonly value: string;
  readonly known: Known;
  /** The tensor, metadata key, config key or convention. */
  readonly from: string;
}

/**
 * What stands in a checkpoint, and what is assumed where nothing stands.
 * @param buffer the schedule that the file carries, from `scheduleBuffer`
 */
export function witnessesOf(
  checkpoint: Checkpoint,
  net: Net,
  vae: Component | undefined,
  buffer: ScheduleBuffer | undefined,
): readonly Witness[] {
  return [
    ...predictionWitnesses(checkpoint, net),
    ...scheduleWitnesses(checkpoint, net, buffer),
    ...scaleWitnesses(checkpoint, net, vae),
  ];
}

function predictionWitnesses(checkpoint: Checkpoint, net: Net): Witness[] {
  const about = 'prediction_type';
  const declared = predictionDeclarations(checkpoint).map(
    ({ prediction, from }): Witness => ({ about, value: prediction, known: 'declared', from }),
  );
  const assumed = familyOf(net)?.conventions.prediction_type;
  if (assumed === undefined) return declared;
  const from = assumedBy(net);
  return [
    ...declared,
    { about, value: assumed === 'v_edm' ? 'edm_v_prediction' : assumed, known: 'convention', from },
  ];
}

function scheduleWitnesses(checkpoint: Checkpoint, net: Net, buffer: ScheduleBuffer | undefined): Witness[] {
  const found: Witness[] = [];
  const add = (alphas: ArrayLike<number>, known: Known, from: string): void => {
    found.push({ about: 'schedule', value: scheduleName(alphas), known, from });
    const zero = (alphas[alphas.length - 1] ?? 1) < ZERO_SNR;
    found.push({ about: 'zero terminal SNR', value: zero ? 'yes' : 'no', known, from });
  };
  if (markerNames(checkpoint).has('ztsnr')) {
    found.push({
      about: 'zero terminal SNR',
      value: 'yes',
      known: 'declared',
      from: 'the marker tensor ztsnr',
    });
  }
  const config = checkpoint.schedulerConfig;
  const spec = config === undefined ? undefined : scheduleFromConfig(config.value, config.path);
  const settings = spec?.settings;
  // flow and EDM schedulers have no betas
  if (config !== undefined && settings !== undefined && spec?.facts.beta_schedule !== undefined) {
    const { beta_schedule, beta_end } = spec.facts;
    const declares = [beta_schedule, beta_end].some((fact) => fact?.known === 'declared');
    add(
      alphasCumprod(settings, 'float64'),
      declares ? 'declared' : 'convention',
      declares ? config.path : `the defaults of ${spec.className}, which ${config.path} leaves as they are`,
    );
  }
  if (buffer !== undefined) add(buffer.alphas, 'measured', buffer.tensor);
  add(alphasCumprod(assumedSchedule(net).settings, 'float64'), 'convention', assumedBy(net));
  return found;
}

/** Below this ᾱ the last timestep is pure noise: the least that programs write in place of 0 is 6e-8, SD's own is 5e-3. */
const ZERO_SNR = 1e-4;

/** A schedule by the name of its numbers; `yes` or `no` to zero terminal SNR is told apart. */
function scheduleName(alphas: ArrayLike<number>): string {
  const { nearest, ends } = fingerprintSchedule(alphas);
  if (nearest?.matches === true) return describeSchedule(nearest.schedule);
  return `its own, ᾱ ${ends.firstAlpha.toFixed(5)} … ${ends.lastAlpha.toFixed(5)}`;
}

/** `scaled_linear 0.00085 … 0.012`. */
export function describeSchedule({ settings }: KnownSchedule): string {
  const { beta_schedule, beta_start, beta_end } = settings;
  const zero = settings.rescale_betas_zero_snr ? ', zero terminal SNR' : '';
  return beta_schedule === 'squaredcos_cap_v2'
    ? `squaredcos_cap_v2${zero}`
    : `${beta_schedule} ${beta_start} … ${beta_end}${zero}`;
}

function scaleWitnesses(checkpoint: Checkpoint, net: Net, vae: Component | undefined): Witness[] {
  if (drawsPixels(net)) return [];
  const about = 'VAE scale';
  const { factor } = latentScale(checkpoint, vae, net);
  const own: Witness = { about, value: String(factor.value), known: factor.known, from: factor.from };
  const assumed = familyOf(net)?.conventions.vaeScale;
  if (factor.known === 'convention' || assumed === undefined) return [own];
  return [own, { about, value: String(assumed), known: 'convention', from: assumedBy(net) }];
}

function assumedBy(net: Net): string {
  return `what the runtimes of ${familyOf(net)?.title ?? net.family.title} assume`;
}
