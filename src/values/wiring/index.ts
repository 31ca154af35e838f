import { blocksOf, type Net } from '../../topology/net.ts';
import { NetWeights, type ReadTensor } from '../weights.ts';
import { circuitOf } from './circuit.ts';
import { Embeddings } from './embeddings.ts';
import { type Exchange, Exchanges } from './exchange.ts';
import { turnedKernels, type TurnedKernels } from './kernels.ts';
import { judgePorts, type PortReading, type Verdict } from './judge.ts';
import { measure, type MeasureOptions } from './measure.ts';
import { type SlipAtPlace, Slips, type ToldSlip, toldSlips } from './slips.ts';
import { isExchanged, isTold, leastMargin } from './told.ts';

/** What the weights say of a block's place in the net. */
export interface BlockReading {
  readonly block: string;
  /** `inconsistent` where any of its ports is, `consistent` where any is proven and none speaks against it. */
  readonly verdict: Verdict;
  /**
   * For an inconsistent one: `inside` where its own layers do not fit each other (permuted channels), `outside` where
   * they do and the rest of the net does not fit them (from another training, or channels in another order).
   */
  readonly where?: 'inside' | 'outside';
  readonly ports: readonly PortReading[];
}

export interface WiringReading {
  readonly ports: readonly PortReading[];
  readonly blocks: readonly BlockReading[];
  /** What fits better exchanged, beyond what a sound net ever showed. */
  readonly exchanged: readonly Exchange[];
  /** Every exchange that the shapes allow, with its margin as filed. */
  readonly exchanges: readonly Exchange[];
  /** Those of them that the weights do not tell either way, the least sure first: what a run could settle. */
  readonly unclear: readonly Exchange[];
  /** Layers whose kernels fit the rest with rows and columns exchanged. */
  readonly turned: readonly TurnedKernels[];
  /** What is wrong inside of attentions and feed-forward layers. */
  readonly slips: readonly ToldSlip[];
  /** Every such slip that the shapes allow, with its margin as filed. */
  readonly slipped: readonly SlipAtPlace[];
}

/**
 * Reads off the weights which layer feeds which. Nothing runs; each layer is read once, in pieces.
 * See docs/how-it-knows.md.
 */
export async function readWiring(
  net: Net,
  read: ReadTensor,
  options: MeasureOptions = {},
): Promise<WiringReading> {
  const weights = new NetWeights(net, read);
  const circuit = circuitOf(net, weights);
  const slips = new Slips(circuit, weights);
  const embeddings = new Embeddings(net, weights);
  const wired = circuit.links.flatMap(({ reader, state }) => [reader, ...state.writers]);
  const patterns = await measure([...wired, ...slips.ports, ...embeddings.ports], weights, options);
  const ports = [...judgePorts(circuit, patterns), ...embeddings.judge(patterns)];
  const exchanges = new Exchanges(circuit, blocksOf(net), patterns);
  const weighed = exchanges.weigh();
  const slipped = slips.weigh(patterns);
  return {
    ports,
    blocks: blockReadings(ports),
    exchanged: exchanges.undo(isExchanged),
    exchanges: weighed,
    unclear: weighed.filter((exchange) => !isTold(exchange)).sort((a, b) => leastMargin(a) - leastMargin(b)),
    turned: turnedKernels(circuit, patterns),
    slips: toldSlips(slipped),
    slipped,
  };
}

function blockReadings(ports: readonly PortReading[]): readonly BlockReading[] {
  const byBlock = new Map<string, PortReading[]>();
  for (const reading of ports) {
    byBlock.set(reading.port.block, [...(byBlock.get(reading.port.block) ?? []), reading]);
  }
  return [...byBlock].map(([block, own]) => {
    const broken = own.filter(({ verdict }) => verdict === 'inconsistent');
    if (broken.length > 0) {
      const inside = broken.some(({ port }) => isInner(port));
      return { block, verdict: 'inconsistent', where: inside ? 'inside' : 'outside', ports: own } as const;
    }
    const proven = own.some(({ verdict }) => verdict === 'consistent');
    return { block, verdict: proven ? 'consistent' : 'unclear', ports: own } as const;
  });
}

/** Between the two convolutions of a resnet, or the two layers of an embedding. */
function isInner({ role, side }: PortReading['port']): boolean {
  if (role === 'time') return side === 'reads';
  return (role === 'conv1' && side === 'writes') || (role === 'conv2' && side === 'reads');
}
