import { type Block, blocksOf, type Net, parametersOf } from '../topology/net.ts';
import { type Provider, PLAIN_ATTENTION } from './device.ts';
import { EngineError } from './engine-error.ts';

/** What a run is to compute: sizes of the latent. */
export interface RunSize {
  readonly width: number;
  readonly height: number;
  /** Latents at once. */
  readonly batch?: number;
  /** Tokens of text; 77 where absent. */
  readonly tokens?: number;
  readonly device?: Provider;
}

/** Bytes that a run takes at its peak. */
export interface MemoryEstimate {
  /** The weights in float32, as every file is computed. */
  readonly weights: number;
  readonly activations: number;
  /** The runtime itself, its code and buffers. */
  readonly runtime: number;
  readonly total: number;
}

/**
 * Node and ONNX Runtime with a small net loaded held 190 MB, and a net of SD1's size 150 MB above its weights while it was
 * loaded; twice that.
 */
const RUNTIME = 300e6;

/** Of the activations: what the runtime's arena cannot use again between operators of different sizes. */
const MARGIN = 1.5;

const FLOAT = 4;

/**
 * What a net takes to run, in bytes, from its shapes alone: its weights in float32, and the largest set of activations
 * that are alive at once. That is the skips still to be read and what the widest block holds: its input, its output,
 * and a convolution's columns (nine times its input) or a transformer's rows (twelve times its width: queries, keys,
 * values, and the gated layer of eight widths). Where attention is written out its scores are added, before and after
 * the softmax.
 *
 * Meant to be above what is taken, so that a run that is let through does not fail.
 */
export function estimateMemory(net: Net, size: RunSize): MemoryEstimate {
  const blocks = blocksOf(net);
  const weights = FLOAT * parametersOf(blocks.flatMap(({ tensors }) => tensors));
  const pixels = (divisor: number): number =>
    (size.batch ?? 1) * Math.ceil(size.width / divisor) * Math.ceil(size.height / divisor);
  const skips = net.skips.reduce((sum, { channels, divisor }) => sum + channels * pixels(divisor), 0);
  const widest = Math.max(
    0,
    ...blocks.map((block) => {
      const area = pixels(block.divisor);
      return area * perPixel(block) + scoresOf(block, area / (size.batch ?? 1), size);
    }),
  );
  const activations = Math.ceil(MARGIN * FLOAT * (skips + widest));
  return { weights, activations, runtime: RUNTIME, total: weights + activations + RUNTIME };
}

/** Numbers that a block holds for each of its pixels. */
function perPixel({ kind, inChannels, outChannels }: Block): number {
  if (kind === 'transformer' || kind === 'attention')
    return inChannels + 12 * Math.max(inChannels, outChannels);
  // an upsampled map has four pixels where its block has one
  return (kind === 'upsample' ? 4 : 1) * (inChannels + outChannels + 9 * Math.max(inChannels, outChannels));
}

/** Scores of written-out attention, before and after the softmax. */
function scoresOf({ attention }: Block, pixels: number, size: RunSize): number {
  if (attention === undefined || !PLAIN_ATTENTION.has(size.device ?? 'cpu')) return 0;
  const heads = attention.heads?.value ?? 1;
  return 2 * (size.batch ?? 1) * heads * pixels * Math.max(pixels, size.tokens ?? 77);
}

/**
 * Refuses what cannot fit, before it is loaded.
 * @param available bytes that can be had
 * @throws {EngineError} with both figures.
 */
export function checkMemory({ total }: MemoryEstimate, available: number): void {
  if (total <= available) return;
  throw new EngineError(
    'memory',
    `the net needs about ${gigabytes(total)} of memory, and ${gigabytes(available)} is free`,
    { hint: 'close other programs, run it at a smaller size, or on a machine with more memory' },
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
