import * as fc from '../build/properties.ts';
import { describe, expect, test } from 'vitest';
import { combine } from '../../src/schedule/latent.ts';
import {
  edmPreconditioning,
  PREDICTION_TYPES,
  preconditionedOutput,
  preconditionedX0,
  toEpsilon,
  toOutput,
  toX0,
  veLevel,
  vpLevel,
  vpLevelOfSigma,
} from '../../src/schedule/prediction.ts';
import { deviation } from './golden.ts';

/** Not all of them near 0, so that a deviation has something to be measured in. */
const numbers = fc
  .array(fc.integer({ min: -4000, max: 4000 }), { minLength: 4, maxLength: 4 })
  .map((values) => Float64Array.of(1, ...values.map((value) => value / 1000)));
const level = fc.oneof(
  fc.double({ min: 1e-4, max: 0.9999, noNaN: true }).map(vpLevel),
  fc.double({ min: 0.01, max: 100, noNaN: true }).map(veLevel),
  fc.double({ min: 0.01, max: 100, noNaN: true }).map(vpLevelOfSigma),
);

describe('what a net predicts', () => {
  test.each(PREDICTION_TYPES)('%s gives back x₀ and ε, and they give it back', (type) => {
    fc.assert(
      fc.property(level, numbers, numbers, (at, x0, epsilon) => {
        const x = combine([at.alpha, x0], [at.sigma, epsilon]);
        const output = toOutput(type, at, x0, epsilon);
        expect(deviation(toX0(type, at, output, x), x0)).toBeLessThan(1e-8);
        expect(deviation(toEpsilon(type, at, output, x), epsilon)).toBeLessThan(1e-8);
      }),
    );
  });

  test('the types differ', () => {
    const [x0, epsilon] = [Float64Array.of(1), Float64Array.of(-2)];
    const outputs = PREDICTION_TYPES.map((type) => toOutput(type, vpLevel(0.36), x0, epsilon)[0]);
    // v = 0.6·ε − 0.8·x₀
    expect(outputs.map((value) => value?.toFixed(9))).toEqual([
      '-2.000000000',
      '-2.000000000',
      '1.000000000',
    ]);
    expect(toOutput('v_prediction', vpLevel(0.64), x0, epsilon)[0]).toBeCloseTo(0.8 * -2 - 0.6 * 1, 12);
  });

  test('pure noise says nothing about x₀ to an ε net, all to a v net', () => {
    const [output, x] = [Float64Array.of(0.5), Float64Array.of(0.7)];
    expect(toX0('epsilon', vpLevel(0), output, x)[0]).not.toSatisfy(Number.isFinite);
    expect(toX0('v_prediction', vpLevel(0), output, x)[0]).toBe(-0.5);
  });

  test("EDM's preconditioning gives back x₀, and it gives it back", () => {
    const type = fc.constantFrom('epsilon' as const, 'v_prediction' as const);
    const sigma = fc.double({ min: 0.002, max: 700, noNaN: true });
    const data = fc.double({ min: 0.3, max: 1.5, noNaN: true });
    fc.assert(
      fc.property(type, sigma, data, numbers, numbers, (type, sigma, data, x0, epsilon) => {
        const x = combine([1, x0], [sigma, epsilon]);
        const preconditioning = edmPreconditioning(type, sigma, data);
        const output = preconditionedOutput(preconditioning, x0, x);
        expect(deviation(preconditionedX0(preconditioning, output, x), x0)).toBeLessThan(1e-8);
      }),
    );
  });

  test('with unit data, EDM v is v in k-diffusion variables, fed ln(σ)/4', () => {
    const [output, x] = [Float64Array.of(0.3, -1), Float64Array.of(2, 5)];
    const preconditioning = edmPreconditioning('v_prediction', 3, 1);
    const expected = toX0('v_prediction', veLevel(3), output, x);
    expect(deviation(preconditionedX0(preconditioning, output, x), expected)).toBeLessThan(1e-12);
    expect(preconditioning.c_noise).toBeCloseTo(Math.log(3) / 4, 12);
    expect(preconditioning.c_in).toBeCloseTo(1 / Math.sqrt(10), 12);
  });

  test('latents of different length cannot be combined', () => {
    expect(() => combine([1, new Float32Array(3)], [1, new Float32Array(4)])).toThrow('3 and 4');
  });
});
