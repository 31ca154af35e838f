import { describe, expect, it } from 'vitest';
import {
  asOf,
  assumptionsOf,
  cases,
  casesOf,
  decisionOf,
  headWords,
  largestSigma,
  replay,
} from './replays.ts';

/** Our words for what ComfyUI calls a prediction. */
const PREDICTIONS: Readonly<Record<string, string | undefined>> = {
  EPS: 'epsilon',
  V_PREDICTION: 'v_prediction',
  EDM: 'edm',
  V_PREDICTION_EDM: 'edm_v_prediction',
  // the net gives the picture itself
  IMG_TO_IMG: undefined,
};

describe('ComfyUI', () => {
  interface Replayed {
    readonly as: string;
    readonly prediction?: string | null;
    readonly sigma_max?: number;
    readonly scale?: number;
    readonly heads?: string;
    readonly fails?: string;
  }
  const decisions = replay<Replayed>('comfyui');

  it.each(cases)('takes $id for the same model', (one) => {
    expect(asOf(decisionOf('comfyui', one))).toBe(decisions[one.id]?.as ?? null);
  });

  const built = cases.filter(({ id }) => decisions[id]?.prediction !== undefined);

  it.each(built)('samples $id with the same settings', (one) => {
    const { prediction = null, scale, heads, sigma_max } = decisions[one.id] ?? {};
    const ours = assumptionsOf(decisionOf('comfyui', one));
    const sigma = largestSigma(ours);
    expect({
      prediction: ours.prediction_type?.value,
      scale: ours.vae_scale?.value,
      heads: headWords(ours),
      sigma,
    }).toEqual({
      prediction: prediction === null ? undefined : PREDICTIONS[prediction],
      scale,
      heads,
      // schedules without betas are not compared
      sigma: sigma === undefined ? undefined : sigma_max?.toPrecision(4),
    });
  });

  it('leaves few models unbuilt', () => {
    expect(cases.filter(({ id }) => decisions[id]?.fails !== undefined).map(({ id }) => id)).toEqual([
      'controlnet-sd1-bare',
      'sd1-without-output-block-4',
    ]);
  });
});

describe('diffusers, from_single_file', () => {
  const decisions = replay<{ readonly as: string; readonly repository: string }>('diffusers');

  it.each(cases)('takes $id for the same type', (one) => {
    const { as = '', repository = '' } = decisions[one.id] ?? {};
    const ours = decisionOf('diffusers-file', one);
    // it names a type for everything; ours also says where nothing in the file could be loaded as it
    const words = ours.kind === 'refused' ? ours.reason : `${ours.as} ${ours.evidence.at(-1)}`;
    expect([
      `${as} then the configs of ${repository}`,
      `taken for ${as}, which is no U-Net's pipeline`,
      'no U-Net where its converter looks for one',
    ]).toContain(words);
  });
});

describe('Forge', () => {
  interface Replayed {
    readonly as: string;
    readonly repository: string | null;
    readonly prediction: string;
    readonly zero_terminal_snr: boolean;
  }
  const decisions = replay<Replayed>('forge');
  // it goes no further without the folder of a published model, or with a prediction that it cannot sample
  const taken = cases.filter(
    ({ id }) => (decisions[id]?.repository ?? null) !== null && decisions[id]?.prediction !== 'EDM',
  );

  it.each(cases.filter((one) => !taken.includes(one)))('does not take $id', (one) => {
    expect(decisionOf('forge', one).kind).toBe('refused');
  });

  it.each(taken)('takes $id for the same model, with the same settings', (one) => {
    const theirs = decisions[one.id];
    const ours = decisionOf('forge', one);
    const { prediction_type, zero_terminal_snr } = assumptionsOf(ours);
    expect([asOf(ours), ours.evidence.at(-1), prediction_type?.value, zero_terminal_snr?.value]).toEqual([
      theirs?.as,
      `then the settings of ${theirs?.repository}`,
      // what it has no word for leaves the published model's setting
      theirs?.prediction === 'V_PREDICTION' ? 'v_prediction' : 'epsilon',
      theirs?.zero_terminal_snr,
    ]);
  });
});

describe('AUTOMATIC1111', () => {
  const decisions = replay<{ readonly as: string }>('a1111');

  it.each(cases)('takes the same config for $id', (one) => {
    expect(asOf(decisionOf('a1111', one))).toBe(`${decisions[one.id]?.as}.yaml`);
  });
});

describe('InvokeAI', () => {
  const decisions = replay<{ readonly as: string; readonly prediction: string }>('invokeai');

  it.each(cases)('takes $id for the same base, with the same prediction', (one) => {
    const theirs = decisions[one.id];
    const ours = decisionOf('invokeai', one);
    expect([asOf(ours), assumptionsOf(ours).prediction_type?.value]).toEqual([
      theirs?.as ?? null,
      theirs?.prediction,
    ]);
  });
});

describe('the replays', () => {
  it('hold every case once', () => {
    for (const program of [
      'comfyui',
      'diffusers',
      'forge',
      'a1111',
      'invokeai',
      'stable-diffusion.cpp',
      'sd-scripts',
    ]) {
      const ids = casesOf(program).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(Object.keys(replay(program))).toEqual(ids);
    }
  });
});
