import { InvalidArgumentError } from 'commander';
import type { DeviceChoice } from '../smoke/device.ts';
import type { FailOn } from '../report/report.ts';

/** When colours are used. */
export const COLOR_WHEN = ['auto', 'always', 'never'] as const;
export type ColorWhen = (typeof COLOR_WHEN)[number];

export const FAIL_ON: readonly FailOn[] = ['error', 'warning', 'note', 'never'];

export interface Resolution {
  readonly width: number;
  readonly height: number;
}

/** Larger pictures than any net is run at; a typing error is told from a wish. */
const MOST_PIXELS = 65_536;
const NARROWEST = 20;
const WIDEST = 1000;

/** `512x768`, `512×768`, or `512` for a square. */
export function parseResolution(text: string): Resolution {
  const match = /^(\d{1,5})(?:[x×*](\d{1,5}))?$/i.exec(text.trim());
  const width = Number(match?.[1]);
  const height = Number(match?.[2] ?? match?.[1]);
  if (!(width >= 1 && width <= MOST_PIXELS && height >= 1 && height <= MOST_PIXELS)) {
    throw new InvalidArgumentError('give WIDTHxHEIGHT in pixels, as in 512x768');
  }
  return { width, height };
}

/** Columns to draw in. */
export function parseWidth(text: string): number {
  const width = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(width >= NARROWEST && width <= WIDEST)) {
    throw new InvalidArgumentError(`give a number of columns from ${NARROWEST} to ${WIDEST}`);
  }
  return width;
}

/** Devices that can be asked for; `auto` takes a real GPU where there is one. */
export const DEVICES = [
  'auto',
  'webgpu',
  'cuda',
  'dml',
  'coreml',
  'cpu',
] as const satisfies readonly DeviceChoice[];

/** A whole number from `least`, in words that say so. */
export function parseWhole(least: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (!(value >= least)) throw new InvalidArgumentError(`give a whole number from ${least}`);
    return value;
  };
}

/** A number from 0. */
export function parsePositive(text: string): number {
  const value = /^\d{1,9}(?:\.\d{1,9})?$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value >= 0)) throw new InvalidArgumentError('give a number from 0, as in 7.5');
  return value;
}
