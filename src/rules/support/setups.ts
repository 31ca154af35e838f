/** What the rules of setups share: which there are, who says what, and where it stands. */
import { folderSetup, scheduleOf, trainedSetup } from '../../setup/trained.ts';
import type { Setup, SetupFields, SetupValues, Told } from '../../setup/setup.ts';
import type { Component } from '../../components/component.ts';
import { liveNets } from './components.ts';
import { oncePerContext } from './once.ts';
import type { FindingPlace, RuleContext } from '../rule.ts';

/** The component of the live net, and what it was trained with. Setups are held against the first one. */
export interface Trained {
  readonly component: Component;
  readonly fields: SetupFields;
}

/** What diffusers would run the model's own folder with. */
const folderOf = oncePerContext(({ checkpoint, components }) => folderSetup(checkpoint, components));

export const trainedOf = oncePerContext((context): Trained | undefined => {
  const [live] = liveNets(context);
  if (live === undefined) return undefined;
  const folder = folderOf(context)?.fields ?? {};
  // of a net of no known family, what its own folder declares is all that there is to compare with
  const declared = Object.entries(folder).filter(
    ([key, told]) => SAID_OF_THE_NET.has(key) && !isDefault(told),
  );
  const { fields } = trainedSetup(context.checkpoint, live.net);
  return { component: live.component, fields: { ...Object.fromEntries(declared), ...fields } };
});

/** What a folder's configs say of the net, and not of how a picture is drawn. */
const SAID_OF_THE_NET: ReadonlySet<string> = new Set([
  'num_train_timesteps',
  'beta_schedule',
  'beta_start',
  'beta_end',
  'trained_betas',
  'vae_scale',
]);

/** Every setup that the model is run with: that of its own folder first, then those it is held against. */
export function runsOf(context: RuleContext): readonly Setup[] {
  const folder = folderOf(context);
  return [...(folder === undefined ? [] : [folder]), ...(context.setups ?? [])];
}

/** Where a field stands. */
export function toldPlace({ file, pointer }: Told<unknown>): FindingPlace {
  return { file, ...(pointer.startsWith('/') ? { pointer } : {}) };
}

/** `v_prediction by the marker tensor v_pred`; a default says that nobody wrote it. */
export function saying(told: Told<unknown>): string {
  return `${valueText(told.value)} by ${told.from}`;
}

/** A field's value in words. */
export function valueText(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'width' in value && 'height' in value) {
    return `${String(value.width)}x${String(value.height)}`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Whether nobody says it, so that a key is missing rather than wrong. */
export function isDefault({ known }: Told<unknown>): boolean {
  return known === 'convention';
}

/** True for a prediction inside EDM's own scaling. */
export function isEdm(prediction: SetupValues['prediction_type'] | undefined): boolean {
  return prediction === 'edm' || prediction === 'edm_v_prediction';
}

/** True for nets on latents: of no other are Stable Diffusion's sampler settings asked. */
export function isLatent({ fields }: Trained): boolean {
  return fields.vae_scale !== undefined;
}

/** A number as short as it can be said. */
export function brief(value: number): string {
  return Number.isNaN(value) ? 'none' : String(Number(value.toPrecision(6)));
}

/** Four fields in words: `scaled_linear 0.00085 to 0.012, 1000 timesteps`. */
export function scheduleText(fields: SetupFields): string {
  const schedule = scheduleOf(fields);
  if (schedule === undefined) return 'not told';
  const { beta_schedule, beta_start, beta_end, num_train_timesteps, trained_betas } = schedule;
  const shape = trained_betas === null ? `${beta_schedule} ${beta_start} to ${beta_end}` : 'betas of its own';
  const zero = schedule.rescale_betas_zero_snr ? ', rescaled to zero terminal SNR' : '';
  return `${shape}, ${num_train_timesteps} timesteps${zero}`;
}
