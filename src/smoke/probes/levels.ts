/** Noise schedules as σ/α by timestep, to look up either way. */
import { type AlphaSettings, alphasCumprod } from '../../schedule/alphas.ts';
import { type KnownScheduleId, knownSchedules } from '../../schedule/fingerprint.ts';
import { at } from '../../schedule/latent.ts';

export interface Levels {
  /** Absent for a schedule that is none of those known. */
  readonly id?: KnownScheduleId;
  /** ln(σ/α) at each training timestep, increasing. */
  readonly logs: Float64Array;
}

/** In place of the infinite last level of zero terminal SNR: ln 4096, as diffusers has it. */
const HIGHEST = Math.log(4096);

/** The levels of a schedule. */
export function levelsOf(settings: AlphaSettings, id?: KnownScheduleId): Levels {
  const alphas = alphasCumprod(settings, 'float64');
  const logs = alphas.map((alpha) => Math.min(HIGHEST, 0.5 * Math.log((1 - alpha) / alpha)));
  return id === undefined ? { logs } : { id, logs };
}

/** Those of all known schedules that are as long. */
export function knownLevels(timesteps: number): readonly Levels[] {
  return knownSchedules
    .filter(({ settings }) => settings.num_train_timesteps === timesteps)
    .map(({ id, settings }) => levelsOf(settings, id));
}

/** ln(σ/α) at a timestep, between whole ones too. */
export function logAt({ logs }: Levels, timestep: number): number {
  const below = Math.max(0, Math.min(logs.length - 2, Math.floor(timestep)));
  const [first, next] = [at(logs, below), at(logs, below + 1)];
  return first + (next - first) * (timestep - below);
}

/** σ/α at a timestep. */
export function sigmaAt(levels: Levels, timestep: number): number {
  return Math.exp(logAt(levels, timestep));
}

/** The whole timestep whose level is nearest. */
export function timestepNear({ logs }: Levels, sigma: number): number {
  const wanted = Math.log(sigma);
  let [low, high] = [0, logs.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (at(logs, middle) < wanted) low = middle;
    else high = middle;
  }
  return wanted - at(logs, low) < at(logs, high) - wanted ? low : high;
}

/** A schedule shifted so that it goes through points [timestep, ln(σ/α)]; beyond them by as much as the outermost. */
export function through(base: Levels, points: readonly (readonly [number, number])[]): Levels {
  const shifts = points.map(([timestep, log]) => [timestep, log - logAt(base, timestep)] as const);
  const logs = base.logs.map((log, timestep) => log + between(shifts, timestep));
  // a reading is noisy, a schedule is not: it only ever goes up
  for (let t = 1; t < logs.length; t += 1) logs[t] = Math.max(at(logs, t), at(logs, t - 1) + 1e-6);
  return { logs };
}

function between(points: readonly (readonly [number, number])[], x: number): number {
  const next = points.findIndex(([place]) => place >= x);
  if (next === -1) return points.at(-1)?.[1] ?? 0;
  const [to, last] = points[next] ?? [0, 0];
  const [from, first] = points[next - 1] ?? [to, last];
  return to === from ? last : first + ((last - first) * (x - from)) / (to - from);
}
