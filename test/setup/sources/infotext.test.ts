import * as fc from '../../build/properties.ts';
import { describe, expect, test } from 'vitest';
import { refusal, setupOf, valuesOf } from './read.ts';

const PLAIN = `masterpiece, a cat on a mat, <lora:style:0.8> <lora:detail:0.5:1>
Negative prompt: worst quality, (bad hands:1.2)
Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Seed: 965400086, Size: 512x768, Model hash: 6ce0161689, Model: v1-5-pruned, Clip skip: 2, ENSD: 31337, Version: v1.6.0`;

describe('what AUTOMATIC1111 writes', () => {
  test('a sampler with its schedule in the name, LoRAs in the prompt', async () => {
    const setup = await setupOf(PLAIN, 'a.txt');
    expect(valuesOf(setup)).toEqual({
      rescale_betas_zero_snr: false,
      sampler: 'DPM++ 2M',
      scheduler: 'Karras',
      steps: 20,
      guidance: 7,
      resolution: { width: 512, height: 768 },
      clip_skip: 2,
      model: 'v1-5-pruned',
      loras: [
        { name: 'style', strength: 0.8 },
        { name: 'detail', strength: 1, strength_text: 0.5 },
      ],
    });
    expect(setup.fields.clip_skip).toMatchObject({ known: 'declared', from: 'a.txt Clip skip' });
  });

  test('newer versions name the schedule apart; values in quotes hold commas', async () => {
    const setup = await setupOf(
      `a cat
Steps: 30, Sampler: Euler a, Schedule type: SGM Uniform, CFG scale: 5.5, Seed: 1, Size: 1024x1024, Model: "my, odd \\"model\\"", VAE: sdxl_vae.safetensors, Noise Schedule: Zero Terminal SNR, Lora hashes: "style: 0123, other: 4567", ControlNet 0: "Module: canny, Model: control_v11p [d14c], Weight: 0.6, Resize Mode: Crop and Resize, Guidance Start: 0.1, Guidance End: 0.9", Version: v1.10.1`,
    );
    expect(valuesOf(setup)).toMatchObject({
      scheduler: 'SGM Uniform',
      guidance: 5.5,
      model: 'my, odd "model"',
      vae: 'sdxl_vae.safetensors',
      rescale_betas_zero_snr: true,
      loras: [
        { name: 'style', strength: 1 },
        { name: 'other', strength: 1 },
      ],
      controlnets: [{ name: 'control_v11p [d14c]', strength: 0.6, start: 0.1, end: 0.9 }],
      clip_skip: 1,
    });
    expect(setup.fields.clip_skip?.known).toBe('convention');
  });

  test('the part of a ControlNet is left out where it is no number', async () => {
    const setup = await setupOf(
      `a\nSteps: 20, Sampler: Euler, CFG scale: 7, Size: 512x512, ControlNet 0: "Model: a, Weight: 1, Guidance Start: early, Guidance End: 0.9", ControlNet 1: "Model: b, Weight: 1, Guidance Start/End: (0.1.2, 1)"`,
    );
    expect(valuesOf(setup)).toMatchObject({
      controlnets: [
        { name: 'a', strength: 1, end: 0.9 },
        { name: 'b', strength: 1, end: 1 },
      ],
    });
    expect(JSON.stringify(setup.fields.controlnets)).not.toContain('start');
  });

  test('a second pass and a refiner are named, not taken for the first', async () => {
    const { notes } = await setupOf(
      `a\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 512x512, Hires upscale: 2, Hires upscaler: Latent, Refiner: xl_refiner [7440], Refiner switch at: 0.8, Discard penultimate sigma: True`,
    );
    expect(notes).toEqual([
      'a second pass at a larger size (Hires) is not checked',
      'a refiner takes over: xl_refiner [7440]',
      'the last noise level but one is left out (Discard penultimate sigma)',
    ]);
  });

  test('no prompt, no negative prompt, Windows line ends', async () => {
    expect(
      valuesOf(await setupOf('\r\nSteps: 4, Sampler: LCM, CFG scale: 1.5, Size: 512x512\r\n')),
    ).toMatchObject({
      steps: 4,
      sampler: 'LCM',
      guidance: 1.5,
    });
  });
});

describe('what older versions and extensions write', () => {
  test('ControlNet before mid-2023, one unit and several', async () => {
    const one = `a\nSteps: 20, Sampler: DPM++ SDE, CFG scale: 7, Size: 512x512, Model hash: 0a1b2c3d, ControlNet Enabled: True, ControlNet Module: canny, ControlNet Model: edges(fef5e48e)`;
    const setup = await setupOf(one);
    expect(setup.fields.controlnets?.value).toEqual([{ name: 'edges(fef5e48e)', strength: 1 }]);
    expect(setup.notes).toEqual(['the weight of ControlNet stands nowhere: 1 was taken']);
    const two = `a\nSteps: 20, Sampler: Euler, CFG scale: 7, Size: 512x512, ControlNet-0 Enabled: True, ControlNet-0 Model: edges [d14c], ControlNet-0 Weight: 0.5, ControlNet-0 Guidance Start: 0, ControlNet-0 Guidance End: 0.7, ControlNet-1 Enabled: False, ControlNet-1 Model: depth [1a2b]`;
    expect((await setupOf(two)).fields.controlnets?.value).toEqual([
      { name: 'edges [d14c]', strength: 0.5, start: 0, end: 0.7 },
    ]);
  });

  test('LoRAs of the extension that came before those of the prompt', async () => {
    const setup = await setupOf(
      `a\nSteps: 20, Sampler: Euler, CFG scale: 7, Size: 512x512, AddNet Enabled: True, AddNet Module 1: LoRA, AddNet Model 1: style-01(8c052dc68980), AddNet Weight A 1: 0.8, AddNet Weight B 1: 0.4, AddNet Model 2: None`,
    );
    expect(setup.fields.loras?.value).toEqual([{ name: 'style-01', strength: 0.8, strength_text: 0.4 }]);
  });

  test('hashes in bare JSON, and lines below the parameters', async () => {
    const setup = await setupOf(
      `a\nSteps: 20, Sampler: DPM++ 2M Karras, CFG scale: 7, Size: 512x512, Clip skip: 2, Model: m, Hashes: {"vae": "735e4c3a44", "model": "8c4042921a"}, Version: v1.6.0\n\nTemplate: {a|b}, c\nkept: yes`,
    );
    expect(valuesOf(setup)).toMatchObject({ steps: 20, scheduler: 'Karras', clip_skip: 2, model: 'm' });
  });

  test('modules of Forge, ends of the noise levels, a grid, a LoRA whose strength stands nowhere', async () => {
    const setup = await setupOf(
      `a\nSteps: 20, Sampler: Euler, Schedule type: Simple, CFG scale: 1, Distilled CFG Scale: 3.5, Size: 512x512, Model: flux, Schedule max sigma: 10, Script: X/Y/Z plot, X Type: Steps, X Values: "10, 20", Lora hashes: "style: 0123", Module 1: clip_l, Module 2: ae, Version: f2.0.1`,
    );
    expect(setup.fields.vae).toBeUndefined();
    expect(setup.notes).toEqual([
      'the strength of the LoRA style stands nowhere: 1 was taken',
      'clip_l, ae: the text does not say which is an autoencoder, which a text encoder',
      'Schedule max sigma 10 changes the noise levels',
      'it is a grid over Steps: only its first picture is told',
    ]);
  });
});

describe('what is wrong', () => {
  test('numbers that are none are passed over, aloud', async () => {
    const setup = await setupOf('a\nSteps: many, Sampler: Euler, CFG scale: 7, Size: big');
    expect(setup.fields.steps).toBeUndefined();
    expect(setup.notes).toEqual([
      'Steps is "many", which is no number: passed over',
      'Size is "big", where 512x768 or the like belongs: passed over',
    ]);
  });

  test('a prompt alone is no infotext', async () => {
    expect((await refusal('a cat, sitting: on a mat', 'a.txt')).message).toContain('no setup that is known');
  });

  test('any last line is read or refused in no time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 400 }), async (text) => {
        const line = `x\nSteps: 1, Sampler: a, ${text}`;
        await setupOf(line).catch((error: unknown) => {
          if ((error as Error).name !== 'SetupError') throw error;
        });
      }),
      { numRuns: 200 },
    );
  });

  test('a line made to keep the pattern busy', async () => {
    const words = `a\n${'a '.repeat(50_000)}`;
    expect((await refusal(words, 'a.txt')).name).toBe('SetupError');
    const quotes = `a\nSteps: 1, Sampler: b, ${'c1:"\\",'.repeat(10_000)}`;
    expect((await setupOf(quotes, 'a.txt')).program).toBe('a1111');
  });
});
