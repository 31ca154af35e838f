import type { Component } from '../components/component.ts';
import type { Scale } from '../report/scale.ts';
import { familyOf } from '../topology/families/index.ts';
import type { Net } from '../topology/net.ts';
import { latentSize, sizesAt } from '../topology/resolution.ts';
import type { Resolution } from './options.ts';

/** The size at which a net is drawn: the one asked for, else the one its family was trained at, else none. */
export function scaleOf(
  net: Net,
  components: readonly Component[],
  asked: Resolution | undefined,
): Scale | undefined {
  if (asked !== undefined) {
    const latent = latentSize(components, asked);
    return { resolution: asked, asked: true, latent, sizes: sizesAt(net, latent.height, latent.width) };
  }
  const conventions = familyOf(net)?.conventions;
  if (conventions === undefined) return undefined;
  const side = conventions.sampleSize;
  const pixels = side * conventions.vaeFactor;
  return {
    resolution: { width: pixels, height: pixels },
    asked: false,
    latent: { height: side, width: side },
    sizes: sizesAt(net, side, side),
  };
}
