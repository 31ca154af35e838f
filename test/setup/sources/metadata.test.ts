import { describe, expect, test } from 'vitest';
import { metadataSetup } from '../../../src/setup/sources/metadata.ts';
import { checkpoint } from '../../build/checkpoint.ts';
import { valuesOf } from './read.ts';

const told = (metadata: Readonly<Record<string, string>>) => {
  const setup = metadataSetup(checkpoint({ parts: [{ tensors: [] }], metadata }));
  return setup === undefined ? undefined : valuesOf(setup);
};

describe('what a trainer wrote', () => {
  test('kohya, and what it never writes because it is always so', () => {
    expect(
      told({
        ss_base_model_version: 'sdxl_base_v1-0',
        ss_v_parameterization: 'True',
        ss_zero_terminal_snr: 'True',
        ss_clip_skip: '2',
        ss_resolution: '(1024, 1024)',
        ss_sd_model_name: 'base.safetensors',
        ss_vae_name: 'vae.safetensors',
      }),
    ).toEqual({
      prediction_type: 'v_prediction',
      num_train_timesteps: 1000,
      beta_schedule: 'scaled_linear',
      beta_start: 0.00085,
      beta_end: 0.012,
      rescale_betas_zero_snr: true,
      clip_skip: 2,
      resolution: { width: 1024, height: 1024 },
      model: 'base.safetensors',
      vae: 'vae.safetensors',
    });
  });

  test('ModelSpec', () => {
    expect(
      told({
        'modelspec.prediction_type': 'epsilon',
        'modelspec.resolution': '1024x768',
        'modelspec.encoder_layer': '2',
        'modelspec.unet_dtype': 'bfloat16',
      }),
    ).toEqual({
      prediction_type: 'epsilon',
      resolution: { width: 1024, height: 768 },
      clip_skip: 2,
      unet_dtype: 'bfloat16',
    });
  });

  test('a LoRA of a flow model has no betas', () => {
    expect(told({ ss_base_model_version: 'flux1', ss_resolution: '1024' })).toEqual({
      resolution: { width: 1024, height: 1024 },
    });
  });
});

test('values that are none say nothing', () => {
  expect(
    told({ 'modelspec.resolution': 'large', 'modelspec.encoder_layer': 'None', format: 'pt' }),
  ).toBeUndefined();
});
