import { blocksOf, type Net } from '../../topology/net.ts';
import { quantile } from '../statistics.ts';
import type { NetWeights } from '../weights.ts';
import type { Port } from './circuit.ts';
import { type PortReading, zOf } from './judge.ts';
import type { Patterns } from './measure.ts';

/** Two layers each, the second of which every resnet reads; what several write is added up. */
const EMBEDDINGS = ['time_embedding', 'add_embedding'] as const;

/** Chance is given up here: at 64 channels trained nets have 17 and more, and 41 at their own width of 96 to 128. */
const PROVEN_Z = 10;

/** An end that does not fit, where the others are proven: permuted channels stay within 2.1. */
const CHANCE_Z = 4;

interface Embedding {
  /** What the first layer writes, and what the second reads of it. */
  readonly written: Port;
  readonly read: Port;
  /** What the second writes. */
  readonly out: Port;
}

/** How the net is told the time: the layers that embed it, and the projection of each resnet that reads them. */
export class Embeddings {
  readonly #embeddings: readonly Embedding[];
  readonly #readers: readonly Port[];

  constructor(net: Net, weights: NetWeights) {
    this.#embeddings = EMBEDDINGS.flatMap((block) => embeddingOf(block, weights) ?? []);
    this.#readers = blocksOf(net).flatMap(({ id }) => end(id, `${id}.time_emb_proj`, 'reads', weights) ?? []);
  }

  /** All ends of layers that are compared. */
  get ports(): readonly Port[] {
    return [...this.#embeddings.flatMap(({ written, read, out }) => [written, read, out]), ...this.#readers];
  }

  /**
   * Each end of an embedding's second layer: against the first, and against all projections together. It is inconsistent
   * only where the rest shows that there was something to learn: an embedding that was added and never trained fits
   * neither way.
   */
  judge(patterns: Patterns): readonly PortReading[] {
    return this.#embeddings.flatMap(({ written, read, out }) => {
      const readers = this.#readers.filter((port) => port.width === out.width && patterns.has(port));
      const inside = zOf(patterns, read, [written]);
      const outside = zOf(patterns, out, readers);
      const each = readers.map(
        (port) =>
          zOf(
            patterns,
            port,
            readers.filter((other) => other !== port),
          ) ?? 0,
      );
      // outer levels of some sound nets do not look at the time
      const agreed = quantile(each, 0.75);
      return [reading(read, inside, outside ?? 0), reading(out, outside, Math.min(agreed, inside ?? 0))];
    });
  }
}

function reading(port: Port, z: number | undefined, others: number): PortReading {
  if (z === undefined) return { port, verdict: 'unclear', because: 'too few of its channels carry anything' };
  if (z >= PROVEN_Z) return { port, verdict: 'consistent', z };
  if (z < CHANCE_Z && others >= PROVEN_Z) return { port, verdict: 'inconsistent', z };
  return { port, verdict: 'unclear', z, because: 'the layers beside it hardly fit each other either' };
}

function embeddingOf(block: string, weights: NetWeights): Embedding | undefined {
  const written = end(block, `${block}.linear_1`, 'writes', weights);
  const read = end(block, `${block}.linear_2`, 'reads', weights);
  const out = end(block, `${block}.linear_2`, 'writes', weights);
  if (written === undefined || read === undefined || out === undefined) return undefined;
  return written.width === read.width ? { written, read, out } : undefined;
}

function end(block: string, layer: string, side: Port['side'], weights: NetWeights): Port | undefined {
  const width = weights.shape(`${layer}.weight`)?.[side === 'writes' ? 0 : 1];
  return width === undefined ? undefined : { block, layer, role: 'time', side, first: 0, width };
}
