/** Everyone who says how a net is to be run, side by side: where they differ, some program goes wrong. */
import type { Component } from '../components/component.ts';
import { markerNames, predictionDeclarations } from '../components/declared.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { alphasCumprod } from '../schedule/alphas.ts';
import {
  describeSchedule,
  type Fingerprint,
  fingerprintSchedule,
  hasZeroTerminalSnr,
} from '../schedule/fingerprint.ts';
import { scheduleFromConfig } from '../schedule/from-config.ts';
import { familyOf } from '../topology/families/index.ts';
import type { Known, Net } from '../topology/net.ts';
import { assumedSchedule, drawsPixels } from './assumed.ts';
import { latentScale } from './latent-scale.ts';
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
  return [...declared, { about, value: assumed, known: 'convention', from: assumedBy(net) }];
}

function scheduleWitnesses(checkpoint: Checkpoint, net: Net, buffer: ScheduleBuffer | undefined): Witness[] {
  const found: Witness[] = [];
  const add = (alphas: ArrayLike<number>, known: Known, from: string): void => {
    const print = fingerprintSchedule(alphas);
    found.push({ about: 'schedule', value: scheduleName(print), known, from });
    const zero = hasZeroTerminalSnr(print.ends);
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

/** A schedule by the name of its numbers; `yes` or `no` to zero terminal SNR is told apart. */
function scheduleName({ nearest, ends }: Fingerprint): string {
  if (nearest?.matches === true) return describeSchedule(nearest.schedule);
  return `its own, ᾱ ${ends.firstAlpha.toFixed(5)} … ${ends.lastAlpha.toFixed(5)}`;
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
