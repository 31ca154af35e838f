import type { Net } from '../topology/net.ts';
import { deepestDivisor, latentSize, sizesAt } from '../topology/resolution.ts';
import { blockPlace } from './support/places.ts';
import { drawnAt } from './support/resolutions.ts';
import { defineRule } from './rule.ts';

export const RES001 = defineRule<{
  resolution: string;
  latent: string;
  divisor: number;
  block: string;
  producer: string;
  below: string;
  skip: string;
  resized: boolean;
}>({
  id: 'RES001',
  name: 'uneven-level',
  title: 'At this resolution the two sides of a skip connection differ in size',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `The encoder halves the latent at each level and rounds up; the decoder doubles it again. Where a side does not
divide evenly the two meet with different sizes at a skip. Nets that run as they are (UNet2DModel, LDM,
guided-diffusion, stable-diffusion.cpp) stop with a size error. diffusers' UNet2DConditionModel and ComfyUI resize
what comes from below, so that there it is only a loss of sharpness.`,
  mend: `Choose a width and height that the finding's divisor divides.`,
  sources: [
    'diffusers UNet2DConditionModel.forward, forward_upsample_size',
    'ComfyUI comfy/ldm/modules/diffusionmodules/openaimodel.py, output_shape',
    'diffusers #255',
  ],
  *check(context) {
    const { checkpoint, components } = context;
    for (const { size, place: told, setup } of drawnAt(context)) {
      for (const component of components) {
        if (component.kind !== 'unet' || component.net === undefined) continue;
        const latent = latentSize(components, size);
        const fault = firstUneven(component.net, latent);
        if (fault === undefined) continue;
        const resized = component.net.conditioning.crossAttentionDim !== undefined;
        const args = {
          resolution: `${size.width}x${size.height}`,
          latent: `${latent.width}x${latent.height}`,
          divisor: deepestDivisor(component.net),
          resized,
          ...fault,
        };
        yield {
          args,
          place: blockPlace(checkpoint, component, fault.block),
          related: [
            blockPlace(checkpoint, component, fault.producer),
            ...(setup === undefined ? [] : [told]),
          ],
          severity: resized ? 'warning' : 'error',
        };
      }
    }
  },
  words: ({ resolution, latent, divisor, block, producer, below, skip, resized }) => ({
    what: `at ${resolution} the skip into ${block} does not fit`,
    found: `${below} from below, ${skip} from ${producer}`,
    expected: `equal sizes: both sides of the latent (${latent}) divided evenly by ${divisor}`,
    evidence: resized
      ? 'diffusers and ComfyUI resize here; A1111 and stable-diffusion.cpp stop'
      : 'the net stops here',
  }),
});

function firstUneven(
  net: Net,
  latent: { height: number; width: number },
): { block: string; producer: string; below: string; skip: string } | undefined {
  const sizes = sizesAt(net, latent.height, latent.width);
  for (const { producer, consumer } of net.skips) {
    const [below, skip] = [sizes.get(consumer), sizes.get(producer)];
    if (below === undefined || skip === undefined) continue;
    if (below.height === skip.height && below.width === skip.width) continue;
    const text = (size: { height: number; width: number }): string => `${size.width}x${size.height}`;
    return { block: consumer, producer, below: text(below), skip: text(skip) };
  }
  return undefined;
}
