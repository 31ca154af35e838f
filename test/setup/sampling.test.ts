import { describe, expect, test } from 'vitest';
import { identifyComponents } from '../../src/components/index.ts';
import { alphasCumprod } from '../../src/schedule/alphas.ts';
import { knownSchedules } from '../../src/schedule/fingerprint.ts';
import { samplingOf, SamplingError, type SamplingWish } from '../../src/setup/sampling.ts';
import { scheduleBuffer } from '../../src/setup/schedule-buffers.ts';
import { checkpoint, type CheckpointSpec, type TensorSpec } from '../build/checkpoint.ts';
import { golden } from '../build/parts.ts';

const LDM = 'model.diffusion_model.';

/** How a checkpoint is sampled; `buffer` gives the numbers of its schedule tensor. */
async function sampled(spec: CheckpointSpec, wish: SamplingWish = {}, buffer?: Float32Array) {
  const made = checkpoint(spec);
  const components = identifyComponents(made);
  const net = components.find(({ kind }) => kind === 'unet')?.net;
  if (net === undefined) throw new Error('no net');
  const table = await scheduleBuffer(components, async () => new Uint8Array((buffer as Float32Array).buffer));
  return samplingOf(made, net, table, wish);
}

const single = (listing: string, more: readonly TensorSpec[] = []): CheckpointSpec => ({
  parts: [{ tensors: [...golden(listing, LDM), ...more] }],
});

const folder = (schedulerConfig: unknown): CheckpointSpec => ({
  parts: [{ name: 'unet', tensors: golden('sd1-diffusers') }],
  schedulerConfig,
});

const PNDM = {
  _class_name: 'PNDMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  skip_prk_steps: true,
  steps_offset: 1,
  set_alpha_to_one: false,
};

describe('how a net is sampled', () => {
  test('a lone SD1 file: by what its runtimes assume', async () => {
    const { sampler, chosen, settings, facts, departures } = await sampled(single('sd1-ldm'));
    expect(sampler.id).toBe('ddim');
    expect(chosen).toMatchObject({ known: 'convention' });
    expect(settings).toMatchObject({
      prediction_type: 'epsilon',
      beta_schedule: 'scaled_linear',
      beta_start: 0.00085,
      beta_end: 0.012,
      steps_offset: 1,
      set_alpha_to_one: false,
      clip_sample: false,
    });
    expect(facts.beta_start).toEqual({
      value: 0.00085,
      known: 'convention',
      from: 'Stable Diffusion 1: what its runtimes assume',
    });
    expect(facts.thresholding).toMatchObject({
      known: 'convention',
      from: 'the default of diffusers DDIMScheduler',
    });
    expect(departures).toEqual([]);
  });

  test('the scheduler config beside the model wins, and what it leaves out is its class default', async () => {
    const { sampler, settings, facts } = await sampled(folder(PNDM));
    expect(sampler.id).toBe('pndm');
    expect(facts.beta_end).toMatchObject({
      known: 'declared',
      from: 'scheduler/scheduler_config.json beta_end',
    });
    expect(facts.prediction_type).toEqual({
      value: 'epsilon',
      known: 'convention',
      from: 'the default of diffusers PNDMScheduler',
    });
    expect(settings.timestep_spacing).toBe('leading');
    // what bites: a class's own betas, for a config that has none
    const bare = await sampled(folder({ _class_name: 'EulerDiscreteScheduler' }));
    expect(bare.settings).toMatchObject({ beta_schedule: 'linear', beta_start: 0.0001 });
  });

  test('another sampler that is asked for takes the config along', async () => {
    const { sampler, chosen, settings, facts } = await sampled(folder(PNDM), { sampler: 'ddim' });
    expect(sampler.id).toBe('ddim');
    expect(chosen.from).toBe('asked for');
    expect(settings).toMatchObject({ beta_end: 0.012, steps_offset: 1, set_alpha_to_one: false });
    // PNDM knows no clipping, and the default of DDIM would clip latents
    expect(settings.clip_sample).toBe(false);
    expect(facts.clip_sample?.from).toBe('Stable Diffusion 1: what its runtimes assume');
  });

  test('a class that is not run here is named, and DDIM runs with what the config says', async () => {
    const { sampler, settings, departures } = await sampled(
      folder({ ...PNDM, _class_name: 'UniPCMultistepScheduler', prediction_type: 'v_prediction' }),
    );
    expect(sampler.id).toBe('ddim');
    expect(settings).toMatchObject({ prediction_type: 'v_prediction', beta_end: 0.012 });
    expect(departures).toEqual([
      'The config names UniPCMultistepScheduler, which is not run here: ddim in its place.',
    ]);
  });

  test('a setting that is not run here is named too', async () => {
    const { sampler, settings, departures } = await sampled(
      folder({ ...PNDM, _class_name: 'DPMSolverMultistepScheduler', thresholding: true }),
    );
    expect(sampler.id).toBe('ddim');
    expect(settings.thresholding).toBe(false);
    expect(departures).toEqual([
      'The config names DPMSolverMultistepScheduler, which is not run here with thresholding as it has them: ddim in its place.',
      'thresholding true is not run here: false in its place.',
    ]);
  });

  test('a value that is none is passed over, aloud', async () => {
    const { sampler, settings, departures } = await sampled(folder({ ...PNDM, beta_end: 'much' }));
    expect(sampler.id).toBe('pndm');
    expect(settings.beta_end).toBe(0.02);
    expect(departures).toEqual([
      'The scheduler config has beta_end "much", which is no value of it: passed over.',
    ]);
  });

  test('metadata and markers say what the net predicts', async () => {
    const spec = { ...single('sd1-ldm'), metadata: { 'modelspec.prediction_type': 'v' } };
    const { facts } = await sampled(spec);
    expect(facts.prediction_type).toEqual({
      value: 'v_prediction',
      known: 'declared',
      from: 'modelspec.prediction_type',
    });
    const marked = await sampled(
      single('sd1-ldm', [
        ['v_pred', [0]],
        ['ztsnr', [0]],
      ]),
    );
    expect(marked.facts.prediction_type).toMatchObject({ value: 'v_prediction', from: 'v_pred' });
    expect(marked.settings).toMatchObject({ rescale_betas_zero_snr: true, timestep_spacing: 'trailing' });
  });

  test('what is asked for wins over everything', async () => {
    const { facts, sampler } = await sampled(folder({ ...PNDM, prediction_type: 'epsilon' }), {
      prediction_type: 'sample',
    });
    // PNDM does not run such nets
    expect(sampler.id).toBe('ddim');
    expect(facts.prediction_type).toEqual({ value: 'sample', known: 'declared', from: 'asked for' });
  });

  test("the file's own buffer tells the schedule by name where it is a known one", async () => {
    const cosine = knownSchedules.find(({ id }) => id === 'cosine');
    const alphas = Float32Array.from(alphasCumprod(cosine?.settings as never, 'float64'));
    const spec = single('sd1-ldm', [['alphas_cumprod', [1000]]]);
    const { facts, settings } = await sampled(spec, {}, alphas);
    expect(settings.beta_schedule).toBe('squaredcos_cap_v2');
    expect(facts.beta_schedule).toMatchObject({ known: 'measured' });
    expect(facts.beta_schedule?.from).toContain('alphas_cumprod');
  });

  test('and is taken as it stands where it is not', async () => {
    const alphas = Float32Array.from({ length: 500 }, (_, t) => 0.99 ** (t + 1));
    const { settings, facts } = await sampled(single('sd1-ldm', [['alphas_cumprod', [500]]]), {}, alphas);
    expect(settings.num_train_timesteps).toBe(500);
    expect(facts.trained_betas).toMatchObject({ known: 'measured', from: "the file's alphas_cumprod" });
    const again = alphasCumprod(settings, 'float64');
    expect(Math.max(...again.map((alpha, t) => Math.abs(alpha - (alphas[t] as number))))).toBeLessThan(1e-6);
  });

  test.each([
    ['rises', Float32Array.of(0.1, 0.2)],
    ['is negative', Float32Array.of(0.5, -0.1)],
    ['is not a number', Float32Array.of(0.5, Number.NaN)],
  ])('a buffer that %s is no schedule', async (_, values) => {
    const { facts } = await sampled(single('sd1-ldm', [['alphas_cumprod', [2]]]), {}, values);
    expect(facts.num_train_timesteps).toMatchObject({ known: 'convention', value: 1000 });
  });

  test('families with a schedule of their own', async () => {
    const betas = async (listing: string, prefix = LDM) =>
      (await sampled({ parts: [{ tensors: golden(listing, prefix) }] })).settings;
    expect(await betas('sd-x4-upscaler-ldm')).toMatchObject({
      beta_end: 0.02,
      prediction_type: 'v_prediction',
    });
    expect(await betas('guided-diffusion-256-ldm', '')).toMatchObject({
      beta_schedule: 'linear',
      clip_sample: true,
    });
  });

  test('EDM nets run with Euler in their own scale', async () => {
    const { sampler, settings } = await sampled(
      single('sdxl-ldm', [
        ['edm_mean', [4]],
        ['edm_std', [4]],
      ]),
    );
    expect(sampler.id).toBe('edm_euler');
    expect(settings).toMatchObject({ prediction_type: 'epsilon', sigma_data: 0.5 });
  });

  test('a sampler that there is not, and one that cannot run the settings', async () => {
    await expect(sampled(single('sd1-ldm'), { sampler: 'unipc' })).rejects.toThrow(
      new SamplingError(
        'there is no sampler unipc; there are ddim, pndm, euler, euler_ancestral, heun, dpmpp_2m, lcm, edm_euler',
      ),
    );
  });
});
