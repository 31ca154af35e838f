/** Where the latent of a sampler comes from, and how large it is. */
import { type Flow, type FlowNode, nodeName, originOf } from './flow.ts';
import { IMAGE_PASSING, LATENT_PASSING, PICTURE_TO_LATENT, SIZED } from './nodes.ts';
import { LONGEST_WALK, type Trace } from './trace.ts';

/** From a sampler's latent back to its size in pixels, through pictures that are decoded and encoded again. */
export function readSize(trace: Trace, sampler: FlowNode): void {
  let at = trace.source(sampler, 'latent_image')?.node;
  let scale = 1;
  const seen = new Set<string>();
  for (let step = 0; at !== undefined; step++) {
    if (trace.circular(seen, at, step)) return;
    if (/^Empty.*Latent/.test(at.type) || SIZED.has(at.type)) {
      const [width, height] = [trace.number(at, 'width'), trace.number(at, 'height')];
      if (width === undefined || height === undefined) return;
      if (width.value > 0 && height.value > 0) {
        const value = { width: Math.round(width.value * scale), height: Math.round(height.value * scale) };
        trace.put('resolution', value, at, width.pointer);
      } else {
        trace.builder.note(`${nodeName(at)} keeps the ratio of the picture: the size is not told`);
      }
      return;
    }
    if (SCALING.has(at.type)) scale *= trace.number(at, 'scale_by')?.value ?? Number.NaN;
    const next = LATENT_PASSING.get(at.type) ?? PICTURE_TO_LATENT.get(at.type) ?? IMAGE_PASSING.get(at.type);
    if (next === undefined || Number.isNaN(scale)) {
      trace.builder.note(`the size comes out of ${nodeName(at)}: it is not told`);
      return;
    }
    at = trace.source(at, next)?.node;
  }
}

const SCALING: ReadonlySet<string> = new Set(['LatentUpscaleBy', 'ImageScaleBy']);

/** Whether a latent, followed back, comes out of the sampler. */
export function comesFrom(flow: Flow, decoder: FlowNode, sampler: FlowNode): boolean {
  let at = originOf(flow, decoder, 'samples');
  for (let step = 0; step < LONGEST_WALK && at.kind === 'node'; step++) {
    if (at.node.id === sampler.id) return true;
    const next = LATENT_PASSING.get(at.node.type);
    if (next === undefined || next === 'latent_image') return false;
    at = originOf(flow, at.node, next);
  }
  return false;
}
