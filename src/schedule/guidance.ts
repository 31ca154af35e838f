import { combine, type Latent } from './latent.ts';

/**
 * Classifier-free guidance: unconditional + scale · (conditional − unconditional).
 * Ho & Salimans 2022, in the form of Imagen and diffusers: scale 1 is the conditional output alone.
 */
export function classifierFreeGuidance(unconditional: Latent, conditional: Latent, scale: number): Latent {
  return combine([1 - scale, unconditional], [scale, conditional]);
}

/**
 * Brings the guided output back to the conditional output's standard deviation and mixes: rescale 0 changes
 * nothing, 1 rescales fully; the paper uses 0.7. Both arrays are one picture's: the deviation is taken over all of it.
 * Lin et al. 2023, section 3.4, equations 15 and 16; diffusers `rescale_noise_cfg`.
 */
export function rescaleNoiseCfg(guided: Latent, conditional: Latent, rescale: number): Latent {
  const ratio = spread(conditional) / spread(guided);
  return combine([rescale * ratio + 1 - rescale, guided]);
}

/** The standard deviation times √(length − 1), a factor that the ratio of two arrays of one length does not need. */
function spread(values: Latent): number {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares);
}
