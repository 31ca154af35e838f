import * as fc from '../build/properties.ts';
import { describe, expect, test } from 'vitest';
import { alphasCumprod } from '../../src/schedule/alphas.ts';
import { betaQuantile } from '../../src/schedule/beta-quantile.ts';
import {
  comfySchedulers,
  continuousSampling,
  discreteSampling,
  tableSampling,
} from '../../src/schedule/comfyui.ts';
import { scheduleSettings } from '../../src/schedule/settings.ts';
import {
  betaSigmas,
  exponentialSigmas,
  karrasSigmas,
  sigmaAt,
  sigmasOf,
  timestepAt,
} from '../../src/schedule/sigmas.ts';
import { deviation, elementDeviation, golden, TOLERANCE } from './golden.ts';

interface Quantile {
  readonly a: number;
  readonly b: number;
  readonly probability: number;
  readonly quantile: number;
}

interface Comfy {
  readonly schedules: readonly {
    readonly sampling: 'sd' | 'sd-zero-snr' | 'svd' | 'near-zero';
    readonly steps: number;
    readonly scheduler: keyof typeof comfySchedulers;
    readonly sigmas: readonly number[];
  }[];
  readonly between: { readonly timesteps: readonly number[]; readonly sigmas: readonly number[] };
}

const SD = scheduleSettings('LCMScheduler');
const alphas = alphasCumprod(SD, 'float64');
const comfy = golden<Comfy>('comfyui');

describe("ComfyUI's schedulers", () => {
  const samplings = {
    sd: discreteSampling(alphas, false),
    'sd-zero-snr': discreteSampling(alphas, true),
    svd: continuousSampling(0.002, 700),
    // starts at all but 0, as no published model does: it takes the schedulers' other branches
    'near-zero': tableSampling(exponentialSigmas(1000, 1e-6, 10).reverse()),
  };

  test('all of them are compared, on every model sampling', () => {
    const seen = new Set(comfy.schedules.map(({ sampling, scheduler }) => `${sampling} ${scheduler}`));
    expect(seen.size).toBe(Object.keys(samplings).length * Object.keys(comfySchedulers).length);
  });

  test.each(comfy.schedules.map((one) => [one.scheduler, one.sampling, one.steps, one.sigmas] as const))(
    '%s over %s, %d steps',
    (scheduler, sampling, steps, expected) => {
      const sigmas = comfySchedulers[scheduler](samplings[sampling], steps);
      // ComfyUI computes in float32; where σ is the tangent of an angle near π/2, that costs σ times a rounding
      const rounding = scheduler === 'kl_optimal' ? (expected[0] as number) * 2 ** -24 : 0;
      expect(elementDeviation(sigmas, expected)).toBeLessThan(2e-5 + rounding);
    },
  );

  test('σ between timesteps is linear in its logarithm and held at the ends', () => {
    const { timesteps, sigmas } = comfy.between;
    const table = sigmasOf(alphas, 'float64');
    expect(
      elementDeviation(
        timesteps.map((t) => sigmaAt(table, t)),
        sigmas,
      ),
    ).toBeLessThan(TOLERANCE);
  });
});

describe('noise levels', () => {
  const range = fc.tuple(
    fc.integer({ min: 2, max: 60 }),
    fc.double({ min: 0.001, max: 0.5, noNaN: true }),
    fc.double({ min: 1, max: 800, noNaN: true }),
  );

  test.each([
    ['karras', karrasSigmas],
    ['exponential', exponentialSigmas],
    ['beta', betaSigmas],
  ] as const)('%s falls strictly from the largest to the smallest', (_, spacing) => {
    fc.assert(
      fc.property(range, ([count, min, max]) => {
        const sigmas = spacing(count, min, max);
        expect(sigmas.length).toBe(count);
        expect(sigmas[0]).toBeCloseTo(max, 8);
        expect(sigmas.at(-1)).toBeCloseTo(min, 8);
        for (let i = 1; i < count; i++) expect(sigmas[i]).toBeLessThan(sigmas[i - 1] as number);
      }),
      { numRuns: 30 },
    );
  });

  test('the timestep of σ(t) is t', () => {
    const table = sigmasOf(alphas, 'float64');
    const logs = table.map(Math.log);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 999, noNaN: true }), (t) => {
        expect(timestepAt(logs, sigmaAt(table, t))).toBeCloseTo(t, 6);
      }),
    );
    expect(timestepAt(logs, 1e9)).toBe(999);
    expect(timestepAt(logs, 0)).toBe(0);
  });

  test('the quantiles of the Beta distribution are those of scipy', () => {
    const { betaQuantiles } = golden<{ readonly betaQuantiles: readonly Quantile[] }>('others');
    expect(betaQuantiles.length).toBeGreaterThan(40);
    for (const { a, b, probability, quantile } of betaQuantiles) {
      expect(deviation([betaQuantile(probability, a, b)], [quantile])).toBeLessThan(1e-9);
    }
  });
});
