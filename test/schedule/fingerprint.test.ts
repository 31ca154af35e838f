import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { alphasCumprod } from '../../src/schedule/alphas.ts';
import {
  fingerprintSchedule,
  hasZeroTerminalSnr,
  knownSchedules,
  scheduleEnds,
} from '../../src/schedule/fingerprint.ts';

/** To the 11 bits of float16, for numbers in its normal range. */
function float16(value: number): number {
  const unit = 2 ** (Math.max(Math.floor(Math.log2(value)), -14) - 10);
  return Math.round(value / unit) * unit;
}

const known = knownSchedules.map((schedule) => [schedule.id, schedule] as const);

describe('the fingerprint of a schedule', () => {
  test.each(known)('%s is told from the others, in float32 and float16', (id, { settings }) => {
    const exact = alphasCumprod(settings, 'float64');
    for (const stored of [exact.map(Math.fround), alphasCumprod(settings, 'float32'), exact.map(float16)]) {
      const { nearest } = fingerprintSchedule(stored);
      expect(nearest?.schedule.id).toBe(id);
      expect(nearest?.matches).toBe(true);
    }
  });

  test('no two of the same length are near each other', () => {
    for (const [, one] of known) {
      const alphas = alphasCumprod(one.settings, 'float64');
      for (const [, other] of known) {
        if (other === one || other.settings.num_train_timesteps !== alphas.length) continue;
        const theirs = alphasCumprod(other.settings, 'float64');
        const apart = Math.max(...alphas.map((alpha, t) => Math.abs(alpha - (theirs[t] as number))));
        expect(apart).toBeGreaterThan(3e-3);
      }
    }
  });

  test('names the schedule of a trained LDM file by its own buffer', () => {
    const file = readFileSync(new URL('../../fixtures/shapes/sd1-eps.safetensors', import.meta.url));
    const length = Number(file.readBigUInt64LE(0));
    const header = JSON.parse(file.toString('utf8', 8, 8 + length));
    const [from, to] = header.alphas_cumprod.data_offsets;
    const bytes = file.subarray(8 + length + from, 8 + length + to);
    const alphas = Float32Array.from({ length: bytes.length / 4 }, (_, t) => bytes.readFloatLE(4 * t));
    const { nearest } = fingerprintSchedule(alphas);
    expect(nearest?.schedule.id).toBe('sd');
    expect(nearest?.distance).toBeLessThan(1e-6);
  });

  // computed with torch from the schedules' definitions
  test.each([
    ['sd', 0.99915, 0.00466009, 14.6146],
    ['sd-linear', 0.99915, 0.00157896, 25.146],
    ['ddpm', 0.9999, 4.0358e-5, 157.41],
    ['x4-upscaler', 0.9999, 7.334e-4, 36.91],
    ['kolors', 0.99915, 0.00118266, 29.06],
    ['ldm-0195', 0.9985, 1.423e-4, 83.8],
  ])('%s has its known ends', (id, first, last, sigmaMax) => {
    const settings = knownSchedules.find((schedule) => schedule.id === id)?.settings;
    if (settings === undefined) throw new Error(`no schedule ${id}`);
    const ends = scheduleEnds(alphasCumprod(settings, 'float64'));
    expect(ends.firstAlpha / first).toBeCloseTo(1, 5);
    expect(ends.lastAlpha / last).toBeCloseTo(1, 3);
    expect(ends.sigmaMax / sigmaMax).toBeCloseTo(1, 3);
    expect(hasZeroTerminalSnr(ends)).toBe(false);
  });

  test('what programs write in place of 0 counts as zero terminal SNR', () => {
    const settings = knownSchedules.find(({ id }) => id === 'sd-zero-snr')?.settings;
    if (settings === undefined) throw new Error('no zero-SNR schedule');
    const alphas = alphasCumprod(settings, 'float64');
    for (const last of [0, 2 ** -24, 4.8973451890853435e-8]) {
      const { nearest, ends } = fingerprintSchedule(alphas.with(999, last));
      expect(hasZeroTerminalSnr(ends)).toBe(true);
      expect(nearest?.schedule.id).toBe('sd-zero-snr');
      expect(nearest?.matches).toBe(true);
    }
  });

  test('of an altered or damaged table says how far it is from the nearest', () => {
    const [sd] = knownSchedules;
    if (sd === undefined) throw new Error('no schedules');
    const other = alphasCumprod({ ...sd.settings, beta_end: 0.0121 }, 'float64');
    const { nearest } = fingerprintSchedule(other);
    expect(nearest?.schedule.id).toBe('sd');
    expect(nearest?.matches).toBe(false);
    expect(nearest?.distance).toBeGreaterThan(5e-4);
    expect(nearest?.distance).toBeLessThan(2.4e-3);
    expect(fingerprintSchedule(other.with(7, Number.NaN)).nearest).toMatchObject({
      distance: 1,
      matches: false,
    });
  });

  test('of a length that no known schedule has is not guessed', () => {
    const { nearest, ends } = fingerprintSchedule([0.9, 0.5, 0.2]);
    expect(nearest).toBeUndefined();
    expect(ends).toEqual({ firstAlpha: 0.9, lastAlpha: 0.2, sigmaMax: 2 });
    expect(() => fingerprintSchedule([])).toThrow(RangeError);
  });
});
