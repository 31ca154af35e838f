import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSession, type OpenedSession } from '../../../src/cli/open-session.ts';
import type { LatentScale } from '../../../src/setup/latent-scale.ts';
import {
  type AutoencoderReading,
  type Codec,
  readAutoencoder,
  tryAutoencoder,
} from '../../../src/smoke/probes/autoencoder.ts';
import { planOf, type RunPlan } from '../../../src/smoke/plan.ts';
import { tensorIn } from '../golden.ts';
import { random } from '../../values/damage.ts';

const CHANNELS = 2;

function scaleOf(value: number): LatentScale {
  return { factor: { value, known: 'declared', from: 'a test' } };
}

/** Latents of unit spread, as nets have them. */
function latents(count: number): readonly Float32Array[] {
  const draw = random(1);
  return Array.from({ length: count }, () =>
    Float32Array.from({ length: CHANNELS * 64 }, () => (draw() - 0.5) * 12 ** 0.5),
  );
}

/**
 * One whose own latents reach up to 9 and are cut off there, and are pushed away from 0: pale pictures are none that it has
 * seen. So it gives back only what has its own scale, 1/5.
 */
const CODEC: Codec = {
  decode: async (all) => all.map((each) => each.map((value) => Math.max(-9, Math.min(9, value)))),
  encode: async (all) =>
    all.map((each) => {
      const spread = Math.sqrt(each.reduce((sum, value) => sum + value * value, 0) / each.length);
      return each.map((value) => (spread < 5 ? (value * 5) / spread : value));
    }),
};

function reading(declared: number, codec: Codec = CODEC): Promise<AutoencoderReading> {
  return readAutoencoder(codec, latents(2), CHANNELS, scaleOf(declared));
}

describe('there and back', () => {
  test('what comes back whole is not tried otherwise', async () => {
    const { returned, best } = await reading(0.2);
    expect(returned?.lost).toBeLessThan(0.01);
    expect(best).toBeUndefined();
  });

  test.each([
    [0.05, 4],
    [0.1, 2],
    [0.4, 0.5],
    [0.8, 0.25],
  ])('of a scale declared as %d, %d times that fits', async (declared, times) => {
    const { returned, best } = await reading(declared);
    expect(returned?.lost).toBeGreaterThan(0.3);
    expect(best?.times).toBeCloseTo(times);
    expect(best?.lost).toBeLessThan(0.01);
  });

  test('channels in another order are lost at every scale', async () => {
    const turned: Codec = {
      decode: (all) =>
        CODEC.decode(all.map((each) => Float32Array.from([...each.slice(64), ...each.slice(0, 64)]))),
      encode: CODEC.encode,
    };
    const { returned, best } = await reading(0.2, turned);
    expect(returned?.lost).toBeGreaterThan(1);
    expect(best?.lost).toBeGreaterThan(0.7);
  });

  test.each(['decoder', 'encoder'] as const)('NaN names the %s', async (half) => {
    const spoilt = async (all: readonly Float32Array[]) => all.map((each) => each.with(3, Number.NaN));
    const codec = half === 'decoder' ? { ...CODEC, decode: spoilt } : { ...CODEC, encode: spoilt };
    expect(await reading(0.2, codec)).toEqual({ notFinite: half });
  });

  test('infinity at another scale tells nothing', async () => {
    const decode: Codec['decode'] = async (all) =>
      all.map((each) => each.map((value) => (Math.abs(value) > 12 ? Number.POSITIVE_INFINITY : value)));
    const { returned, best } = await reading(0.4, { ...CODEC, decode });
    expect(returned?.lost).toBeGreaterThan(0.4);
    expect(best?.times).toBeCloseTo(0.5);
  });

  test('a mean and a deviation a channel are taken out and put back', async () => {
    const scale = { ...scaleOf(0.2), mean: [1, -2], deviation: [1, 1] };
    const exact: Codec = { decode: async (all) => all, encode: async (all) => all };
    const { returned } = await readAutoencoder(exact, latents(1), CHANNELS, scale);
    expect(returned?.lost).toBeLessThan(1e-5);
  });
});

describe("the shapes' autoencoder", () => {
  let opened: OpenedSession;
  let plan: RunPlan;
  let drawn: Float32Array;
  beforeAll(async () => {
    opened = await openSession('fixtures/shapes/sd1-v', { device: 'cpu', threads: 1 });
    plan = planOf(opened.session, {});
    // the latent of a drawn picture, scaled as the net has it
    const { data } = tensorIn(readFileSync('fixtures/shapes/golden/vae.safetensors'), 'encode_mean');
    const factor = plan.scale?.factor.value ?? 0;
    drawn = (data as Float32Array).map((value) => value * factor);
  });
  afterAll(() => opened.close());

  const tried = (times: number): Promise<AutoencoderReading | string | undefined> => {
    const { factor } = plan.scale as LatentScale;
    const scale = { ...plan.scale, factor: { ...factor, value: factor.value * times } };
    return tryAutoencoder(opened.session, { ...plan, scale }, [drawn]);
  };

  test('gives a latent back', async () => {
    const { returned, best } = (await tried(1)) as AutoencoderReading;
    expect(returned?.lost).toBeLessThan(0.1);
    expect(best).toBeUndefined();
  });

  test.each([0.35, 2.83])('declared %d times its scale it is told by what fits', async (times) => {
    const { returned, best } = (await tried(times)) as AutoencoderReading;
    expect(returned?.lost).toBeGreaterThan(0.5);
    expect((best?.times ?? 0) * times).toBeCloseTo(1, 1);
    expect(best?.lost).toBeLessThan(0.1);
  });

  test('a net on pixels has none, one without says so', async () => {
    const { scale: _, ...pixels } = plan;
    expect(await tryAutoencoder(opened.session, pixels, [drawn])).toBeUndefined();
    const { vae: __, ...parts } = opened.session.parts;
    const session = { ...opened.session, parts };
    expect(await tryAutoencoder(session, plan, [drawn])).toMatch(/no autoencoder/);
  });
});
