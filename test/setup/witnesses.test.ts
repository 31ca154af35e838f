import { describe, expect, test } from 'vitest';
import { identifyComponents } from '../../src/components/index.ts';
import { alphasCumprod } from '../../src/schedule/alphas.ts';
import { describeSchedule, knownSchedules } from '../../src/schedule/fingerprint.ts';
import { witnessesOf } from '../../src/setup/witnesses.ts';
import { checkpoint, type CheckpointSpec, type TensorSpec } from '../build/checkpoint.ts';
import { golden } from '../build/parts.ts';

const LDM = 'model.diffusion_model.';

/** `value (known)` of everyone who speaks of each subject. */
function said(spec: CheckpointSpec, alphas?: Float64Array): Readonly<Record<string, readonly string[]>> {
  const made = checkpoint(spec);
  const components = identifyComponents(made);
  const net = components.find(({ kind }) => kind === 'unet')?.net;
  if (net === undefined) throw new Error('no net');
  const buffer = alphas === undefined ? undefined : { tensor: 'alphas_cumprod', alphas };
  const found: Record<string, string[]> = {};
  for (const { about, value, known } of witnessesOf(made, net, undefined, buffer)) {
    (found[about] ??= []).push(`${value} (${known})`);
  }
  return found;
}

const single = (more: readonly TensorSpec[] = [], metadata: Record<string, string> = {}): CheckpointSpec => ({
  parts: [{ tensors: [...golden('sd1-ldm', LDM), ...more] }],
  metadata,
});

const SD = 'scaled_linear 0.00085 … 0.012';

describe('who says how a net is to be run', () => {
  test('only convention, where nothing stands in the file', () => {
    expect(said(single())).toEqual({
      prediction_type: ['epsilon (convention)'],
      schedule: [`${SD} (convention)`],
      'zero terminal SNR': ['no (convention)'],
      'VAE scale': ['0.18215 (convention)'],
    });
  });

  test('markers and metadata stand beside it', () => {
    const spec = single(
      [
        ['v_pred', []],
        ['ztsnr', []],
      ],
      {
        'modelspec.prediction_type': 'epsilon',
      },
    );
    expect(said(spec)).toMatchObject({
      prediction_type: ['v_prediction (declared)', 'epsilon (declared)', 'epsilon (convention)'],
      'zero terminal SNR': ['yes (declared)', 'no (convention)'],
    });
  });

  test('the defaults of a config are conventions, what it declares is declared', () => {
    const config = (schedulerConfig: unknown): CheckpointSpec => ({
      parts: [{ name: 'unet', tensors: golden('sd1-diffusers') }],
      schedulerConfig,
    });
    expect(said(config({ _class_name: 'DDIMScheduler' }))['schedule']?.[0]).toBe(
      'linear 0.0001 … 0.02 (convention)',
    );
    const declared = { beta_schedule: 'scaled_linear', beta_start: 0.00085, beta_end: 0.012 };
    const whole = { _class_name: 'DDIMScheduler', ...declared, rescale_betas_zero_snr: true };
    expect(said(config(whole))).toMatchObject({
      schedule: [`${SD}, zero terminal SNR (declared)`, `${SD} (convention)`],
      'zero terminal SNR': ['yes (declared)', 'no (convention)'],
    });
  });

  test("the file's own table is measured", () => {
    const ddpm = knownSchedules.find(({ id }) => id === 'ddpm');
    if (ddpm === undefined) throw new Error('no ddpm');
    const alphas = alphasCumprod(ddpm.settings, 'float64');
    expect(said(single(), alphas)).toMatchObject({
      schedule: [`${describeSchedule(ddpm)} (measured)`, `${SD} (convention)`],
      // its last ᾱ is 4e-5: little signal, and not none
      'zero terminal SNR': ['no (measured)', 'no (convention)'],
    });
    const own = alphas.map((alpha) => alpha ** 1.3);
    expect(said(single(), own)['schedule']?.[0]).toMatch(/^its own, ᾱ 0\.99987 … 0\.0000\d \(measured\)$/);
  });
});
