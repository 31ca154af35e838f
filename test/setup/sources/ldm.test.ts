import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openFile } from '../../../src/bytes/file.ts';
import { readAgainst } from '../../../src/setup/sources/index.ts';
import { refusal, setupOf, valuesOf } from './read.ts';

const ldm = (params: string): string =>
  `model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n  params:\n${params
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')}\n`;

describe('LDM', () => {
  test('what stands there', async () => {
    const setup = await setupOf(
      ldm(`parameterization: "v"
linear_start: 0.00085
linear_end: 0.0120
timesteps: 1000
scale_factor: 0.18215
unet_config:
  params:
    use_fp16: True
cond_stage_config:
  target: ldm.modules.encoders.modules.FrozenOpenCLIPEmbedder
  params:
    freeze: True
    layer: "penultimate"`),
      'v2.yaml',
    );
    expect(valuesOf(setup)).toEqual({
      prediction_type: 'v_prediction',
      num_train_timesteps: 1000,
      beta_schedule: 'scaled_linear',
      beta_start: 0.00085,
      beta_end: 0.012,
      clip_skip: 2,
      text_encoders: [{ id: 'openclip-h', width: 1024 }],
      vae_scale: 0.18215,
      unet_dtype: 'float16',
    });
    expect(setup.fields.beta_schedule?.from).toContain('linear in √β');
  });

  test('what is left out is what DDPM assumes', async () => {
    expect(valuesOf(await setupOf(ldm('channels: 4'), 'a.yaml'))).toEqual({
      prediction_type: 'epsilon',
      num_train_timesteps: 1000,
      beta_schedule: 'scaled_linear',
      beta_start: 0.0001,
      beta_end: 0.02,
      vae_scale: 1,
    });
  });

  test("its words for schedules are not diffusers'", async () => {
    const schedule = async (word: string) =>
      (await setupOf(ldm(`beta_schedule: ${word}`), 'a.yaml')).fields.beta_schedule?.value;
    expect(await schedule('sqrt_linear')).toBe('linear');
    expect(await schedule('cosine')).toBe('squaredcos_cap_v2');
    expect(await schedule('sqrt')).toBeUndefined();
  });
});

describe('SGM', () => {
  const sgm = (scaling: string, discretization: string, params = ''): string =>
    ldm(`scale_factor: 0.13025
denoiser_config:
  target: sgm.modules.diffusionmodules.denoiser.DiscreteDenoiser
  params:
    num_idx: 1000
    scaling_config:
      target: sgm.modules.diffusionmodules.denoiser_scaling.${scaling}
    discretization_config:
      target: sgm.modules.diffusionmodules.discretizer.${discretization}
      params: {${params}}`);

  test.each([
    ['EpsScaling', 'epsilon'],
    ['VScaling', 'v_prediction'],
    ['EDMScaling', 'edm'],
    ['VScalingWithEDMcNoise', 'edm_v_prediction'],
  ])('%s', async (scaling, predicts) => {
    expect(valuesOf(await setupOf(sgm(scaling, 'LegacyDDPMDiscretization'), 'a.yaml'))).toMatchObject({
      prediction_type: predicts,
      beta_schedule: 'scaled_linear',
      beta_start: 0.00085,
      beta_end: 0.012,
      num_train_timesteps: 1000,
      vae_scale: 0.13025,
    });
  });

  test('continuous noise levels', async () => {
    expect(
      valuesOf(await setupOf(sgm('EDMScaling', 'EDMDiscretization', 'sigma_max: 700.0'), 'a.yaml')),
    ).toMatchObject({
      sigma_min: 0.002,
      sigma_max: 700,
    });
  });

  test('a scaling that is not known is named', async () => {
    const { notes } = await setupOf(sgm('MyScaling', 'MyDiscretization'), 'a.yaml');
    expect(notes).toEqual([
      'the scaling MyScaling is not known here: what the net predicts is not told',
      'the discretization MyDiscretization is not known here: its noise levels are not told',
    ]);
  });
});

describe('what is wrong', () => {
  test('values are told with their place', async () => {
    const { issues } = await refusal(ldm('parameterization: w\nlinear_start: 12'), 'a.yaml');
    expect(issues).toEqual([
      { pointer: '/model/params/parameterization', found: '"w"', expected: '"eps", "v" or "x0"' },
      {
        pointer: '/model/params/linear_start',
        found: '12',
        expected: 'a number between 0 and 1, 0.00085 for Stable Diffusion',
      },
    ]);
  });

  test.each([
    ['a tag of Python', 'model: !!python/object:os.system {}', 'Unresolved tag'],
    ['a billion laughs', laughs(), 'alias'],
    ['brackets to the stack', `model: ${'['.repeat(100_000)}`, 'nests more than'],
    ['lists in lists', `${'- '.repeat(5000)}x`, 'nests more than'],
    ['a key twice', 'model: 1\nmodel: 2', 'unique'],
    ['no YAML', 'model: [1, 2', 'Flow sequence'],
    ['more than a setup can be', `model: ${'x'.repeat(1_100_000)}`, 'larger than'],
  ])('%s is refused', async (_, text, why) => {
    expect((await refusal(text, 'a.yaml')).message).toContain(why);
  });
});

function laughs(): string {
  const rows = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const pair of ['ab', 'bc', 'cd', 'de', 'ef', 'fg']) {
    const [from, to] = pair;
    rows.push(`${to}: &${to} [${Array.from({ length: 9 }, () => `*${from}`).join(', ')}]`);
  }
  return `${rows.join('\n')}\nmodel: *g\n`;
}

/** Facts of the published configs. Source: the YAML files themselves, read by the program that they belong to. */
const PUBLISHED = {
  'v1-inference.yaml': { prediction_type: 'epsilon', beta_end: 0.012, vae_scale: 0.18215, clip_skip: 1 },
  'v2-inference.yaml': { prediction_type: 'epsilon', vae_scale: 0.18215, clip_skip: 2 },
  'v2-inference-v.yaml': { prediction_type: 'v_prediction', vae_scale: 0.18215, clip_skip: 2 },
  'v2-1-stable-unclip-h-inference.yaml': { prediction_type: 'v_prediction', clip_skip: 2 },
  'x4-upscaling.yaml': {
    prediction_type: 'v_prediction',
    beta_start: 0.0001,
    beta_end: 0.02,
    vae_scale: 0.08333,
  },
  'sd_2_1_768.yaml': {
    prediction_type: 'v_prediction',
    beta_start: 0.00085,
    vae_scale: 0.18215,
    clip_skip: 2,
  },
  'sd_xl_base.yaml': {
    prediction_type: 'epsilon',
    vae_scale: 0.13025,
    clip_skip: 2,
    text_encoders: [
      { id: 'clip-l', width: 768 },
      { id: 'openclip-g', width: 1280 },
    ],
  },
  'svd.yaml': { prediction_type: 'edm_v_prediction', vae_scale: 0.18215 },
};

const SIDECARS = new URL('../../../../shared/data/sidecars/', import.meta.url);

test.skipIf(!existsSync(SIDECARS)).each(Object.entries(PUBLISHED))(
  '%s (../shared/data)',
  async (name, expected) => {
    const source = await openFile(new URL(name, SIDECARS).pathname, name);
    const { setups } = await readAgainst(source);
    await source.close();
    expect(setups).toHaveLength(1);
    expect(setups[0] === undefined ? {} : valuesOf(setups[0])).toMatchObject(expected);
  },
);
