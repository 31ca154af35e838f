import * as fc from 'fast-check';
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
