import { pixelFactor } from '../topology/resolution.ts';
import { blockPlace } from './support/places.ts';
import { drawnAt } from './support/resolutions.ts';
import { defineRule } from './rule.ts';

export const RES002 = defineRule<{ resolution: string; factor: number; from: string; nearest: string }>({
  id: 'RES002',
  name: 'not-whole-latent',
  title: 'The resolution is no whole number of latent samples',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `A latent sample stands for a square of pixels. A side that is no multiple of it is cut or refused: diffusers
raises an error, other programs round down without a word.`,
  mend: `Choose the nearest resolution that the finding names.`,
  sources: ['diffusers StableDiffusionPipeline.check_inputs: height and width divisible by 8'],
  *check(context) {
    const { checkpoint, components } = context;
    const component = components.find(({ kind }) => kind === 'unet');
    if (component?.net === undefined) return;
    const { factor, from } = pixelFactor(components, component.net);
    const whole = (side: number): number => Math.max(factor, Math.round(side / factor) * factor);
    for (const { size, place, setup } of drawnAt(context)) {
      const { width, height } = size;
      if (width % factor === 0 && height % factor === 0) continue;
      const args = {
        resolution: `${width}x${height}`,
        factor,
        from,
        nearest: `${whole(width)}x${whole(height)}`,
      };
      const related = setup === undefined ? [] : [place];
      yield { args, place: blockPlace(checkpoint, component, component.net.stem.id), related };
    }
  },
  words: ({ resolution, factor, from, nearest }) => ({
    what: `${resolution} is no whole number of latent samples`,
    found: resolution,
    expected: `multiples of ${factor}; the nearest is ${nearest}`,
    evidence: `the factor is known from ${from}`,
  }),
});
