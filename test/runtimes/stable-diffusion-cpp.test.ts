import { describe, expect, it } from 'vitest';
import { cases, decisionOf } from './replays.ts';

/** From its source alone: nothing of it was run. */
const VERSIONS: Readonly<Record<string, string | null>> = {
  sd1: 'VERSION_SD1',
  'sd1-inpainting': 'VERSION_SD1_INPAINT',
  'sd1-instruct-pix2pix': 'VERSION_SD1_PIX2PIX',
  sd2: 'VERSION_SD2',
  'sd2-sgm': 'VERSION_SD2',
  'sd2-inpainting': 'VERSION_SD2_INPAINT',
  sdxl: 'VERSION_SDXL',
  'sdxl-inpainting': 'VERSION_SDXL_INPAINT',
  'sdxl-instruct-pix2pix': 'VERSION_SDXL_PIX2PIX',
  'ssd-1b': 'VERSION_SDXL_SSD1B',
  'segmind-vega': 'VERSION_SDXL_VEGA',
  svd: 'VERSION_SVD',
  // it tells SDXL by the second text encoder, and Stable Diffusion 1 and 2 by the width of the first
  'sdxl-net-alone': null,
  'sd1-net-alone': null,
  'sdxl-refiner': null,
  'sdxl-without-second-text-encoder': 'VERSION_SD1',
  'sdxl-bare': null,
  'sd1-without-middle-attention': 'VERSION_SD1_TINY_UNET',
};

describe('stable-diffusion.cpp', () => {
  it.each(cases.filter(({ id }) => id in VERSIONS))('takes $id for a version', (one) => {
    const decision = decisionOf('stable-diffusion.cpp', one);
    expect(decision.kind === 'refused' ? null : decision.as).toBe(VERSIONS[one.id]);
  });

  it('goes by markers, and by the tables of the file', () => {
    const assumes = (id: string) => {
      const one = cases.find((each) => each.id === id);
      const decision = one && decisionOf('stable-diffusion.cpp', one);
      return decision?.kind === 'identified' ? decision.assumes : {};
    };
    expect(assumes('sdxl-v-pred').prediction_type?.value).toBe('v_prediction');
    expect(assumes('cosxl').prediction_type?.value).toBe('edm_v_prediction');
    // it knows no marker of zero terminal SNR, nor those of Playground 2.5
    expect(assumes('sdxl-v-pred-ztsnr').zero_terminal_snr?.value).toBe(false);
    expect(assumes('playground').prediction_type?.value).toBe('epsilon');
    expect(assumes('sd2').prediction_type?.value).toBeUndefined();
    expect(assumes('sd1-with-schedule').schedule?.because).toContain('alphas_cumprod of the file itself');
  });
});
