/** How one schedule can be mistaken for another. */
import type { AlphaSettings } from '../../schedule/alphas.ts';
import { type Parting, parting, scheduleOf } from '../../setup/trained.ts';
import type { Setup, SetupFields } from '../../setup/setup.ts';
import type { RuleContext } from '../rule.ts';
import { runsOf, type Trained, trainedOf } from './setups.ts';

/** A setup whose noise schedule is not that of the net. */
export interface Departure {
  readonly setup: Setup;
  readonly trained: Trained;
  readonly runs: AlphaSettings;
  readonly net: AlphaSettings;
  /** Where they part: β of the net is `one`, that of the setup `other`. */
  readonly parts: Parting;
  /** Whether only the name of the schedule is another. */
  readonly swapped: boolean;
}

/** Every such setup. What is left to defaults, and whether it is rescaled, are other rules' matters. */
export function* departures(context: RuleContext): Generator<Departure> {
  const trained = trainedOf(context);
  const net = trained && plainSchedule(trained.fields);
  if (trained === undefined || net === undefined) return;
  for (const setup of runsOf(context)) {
    const runs = plainSchedule(setup.fields);
    const parts = runs && parting(net, runs);
    if (runs === undefined || parts === undefined || missingOnly(setup.fields, net)) continue;
    yield { setup, trained, runs, net, parts, swapped: swapped(net, runs) };
  }
}

function plainSchedule(fields: SetupFields): AlphaSettings | undefined {
  const schedule = scheduleOf(fields);
  return schedule && { ...schedule, rescale_betas_zero_snr: false };
}

/** The same ends and count, and only linear in place of scaled_linear or the other way round. */
function swapped(net: AlphaSettings, runs: AlphaSettings): boolean {
  const names = new Set([net.beta_schedule, runs.beta_schedule]);
  if (net.trained_betas !== null || runs.trained_betas !== null) return false;
  return (
    names.has('linear') &&
    names.has('scaled_linear') &&
    parting({ ...runs, beta_schedule: net.beta_schedule }, net) === undefined
  );
}

/** What of a schedule a class fills in. */
const DEFAULTED = ['beta_schedule', 'beta_start', 'beta_end', 'num_train_timesteps'] as const;

/** Keys that a setup leaves out and whose defaults are not those of the net. */
export function bitingDefaults(
  fields: SetupFields,
  net: AlphaSettings,
): readonly (typeof DEFAULTED)[number][] {
  return DEFAULTED.filter((key) => {
    const told = fields[key];
    return told !== undefined && told.known === 'convention' && told.value !== net[key];
  });
}

/** Whether nothing but absent keys makes the difference. */
export function missingOnly(fields: SetupFields, net: AlphaSettings): boolean {
  if (bitingDefaults(fields, net).length === 0) return false;
  return DEFAULTED.every((key) => {
    const told = fields[key];
    return told === undefined || told.value === net[key] || told.known === 'convention';
  });
}
