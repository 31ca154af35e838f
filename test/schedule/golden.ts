/** The golden values of fixtures/schedule, and how far a computed array is from one. */
import { readFileSync } from 'node:fs';
import { type ScheduleSettings, type SchedulerClass, scheduleSettings } from '../../src/schedule/settings.ts';

export interface Config {
  readonly [key: string]: string | number | boolean | null | readonly number[];
}

export function golden<T>(name: string): T {
  const file = new URL(`../../fixtures/schedule/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

/** The settings of a golden case: the class's defaults and what the case sets. */
export function settingsOf(one: {
  readonly className: SchedulerClass;
  readonly config: Config;
}): ScheduleSettings {
  // the script that wrote the config took it from diffusers' own keys
  return scheduleSettings(one.className, one.config as Partial<ScheduleSettings>);
}

/** A case's name in the test report. */
export function titleOf(one: {
  readonly className: string;
  readonly config: Config;
  readonly steps?: number;
}): string {
  const words = Object.entries(one.config).map(([key, value]) => `${key}=${String(value)}`);
  return [one.className.replace('Scheduler', ''), one.steps, ...words].join(' ');
}

/** Largest difference, in units of the largest expected number; infinite where the lengths differ. */
export function deviation(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [difference, scale] = [0, 0];
  for (let index = 0; index < expected.length; index++) {
    const [a, b] = [actual[index] as number, expected[index] as number];
    if (Number.isNaN(a) || Number.isNaN(b)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, Math.abs(a - b));
    scale = Math.max(scale, Math.abs(b));
  }
  return scale === 0 ? difference : difference / scale;
}

/** Largest difference of each number in units of itself. */
export function elementDeviation(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  const each = Array.from(expected, (value, index) => {
    const difference = Math.abs((actual[index] as number) - value);
    return value === 0 ? difference : difference / Math.abs(value);
  });
  // NaN is no small deviation
  return each.every((value) => value >= 0) ? Math.max(...each) : Number.POSITIVE_INFINITY;
}

/** The tolerance that every comparison with diffusers is held to. */
export const TOLERANCE = 1e-5;
