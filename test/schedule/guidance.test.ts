import { describe, expect, test } from 'vitest';
import { classifierFreeGuidance, rescaleNoiseCfg } from '../../src/schedule/guidance.ts';
import { deviation, golden, TOLERANCE } from './golden.ts';

interface Guidance {
  readonly guidance: {
    readonly unconditional: readonly number[];
    readonly conditional: readonly number[];
    readonly scale: number;
    readonly guided: readonly number[];
    readonly rescale: number;
    readonly rescaled: readonly number[];
  };
}

const { guidance } = golden<Guidance>('others');
const unconditional = Float32Array.from(guidance.unconditional);
const conditional = Float32Array.from(guidance.conditional);

describe('classifier-free guidance', () => {
  test('and its rescaling are those of diffusers', () => {
    const guided = classifierFreeGuidance(unconditional, conditional, guidance.scale);
    expect(deviation(guided, guidance.guided)).toBeLessThan(TOLERANCE);
    const rescaled = rescaleNoiseCfg(guided, conditional, guidance.rescale);
    expect(deviation(rescaled, guidance.rescaled)).toBeLessThan(TOLERANCE);
  });

  test('scale 1 is the conditional output, 0 the unconditional one', () => {
    expect(classifierFreeGuidance(unconditional, conditional, 1)).toEqual(conditional);
    expect(classifierFreeGuidance(unconditional, conditional, 0)).toEqual(unconditional);
  });

  test('rescale 0 changes nothing', () => {
    const guided = classifierFreeGuidance(unconditional, conditional, 5);
    expect(rescaleNoiseCfg(guided, conditional, 0)).toEqual(guided);
  });
});
