/** How one schedule can be mistaken for another. */
import type { AlphaSettings } from '../../schedule/alphas.ts';
import { parting } from '../../setup/trained.ts';
import type { SetupFields } from '../../setup/setup.ts';

/** The same ends and count, and only linear in place of scaled_linear or the other way round. */
export function swapped(net: AlphaSettings, runs: AlphaSettings): boolean {
  const names = new Set([net.beta_schedule, runs.beta_schedule]);
  if (net.trained_betas !== null || runs.trained_betas !== null) return false;
  return (
    names.has('linear') &&
    names.has('scaled_linear') &&
    parting({ ...runs, beta_schedule: net.beta_schedule }, net) === undefined
  );
}

/** What a schedule is made of. */
export const SCHEDULE_KEYS = ['beta_schedule', 'beta_start', 'beta_end', 'num_train_timesteps'] as const;

/** Keys that a setup leaves out and whose defaults are not those of the net. */
export function bitingDefaults(
  fields: SetupFields,
  net: AlphaSettings,
): readonly (typeof SCHEDULE_KEYS)[number][] {
  return SCHEDULE_KEYS.filter((key) => {
    const told = fields[key];
    return told !== undefined && told.known === 'convention' && told.value !== net[key];
  });
}

/** Whether nothing but absent keys makes the difference. */
export function missingOnly(fields: SetupFields, net: AlphaSettings): boolean {
  if (bitingDefaults(fields, net).length === 0) return false;
  return SCHEDULE_KEYS.every((key) => {
    const told = fields[key];
    return told === undefined || told.value === net[key] || told.known === 'convention';
  });
}
