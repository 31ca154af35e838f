import { holm, quantile, tailOf } from '../statistics.ts';
import { type Circuit, type Link, type Port, readersOf, type Role, type State } from './circuit.ts';
import type { Patterns } from './measure.ts';

/**
 * `consistent`: the port fits what it is wired to, beyond chance. `inconsistent`: it does not, where all others of
 * its kind do. `unclear`: its weights do not say.
 */
export type Verdict = 'consistent' | 'inconsistent' | 'unclear';

/** What the weights say of one end of a layer. */
export interface PortReading {
  readonly port: Port;
  readonly verdict: Verdict;
  /** How well it fits what it is wired to, in standard deviations of chance; absent where it has no pattern. */
  readonly z?: number;
  /** For an inconsistent reader: the block whose output it fits best, where that is beyond chance. */
  readonly readsLike?: string;
  /** Why it is unclear. */
  readonly because?: string;
}

/** Of all `consistent` verdicts of a net, the chance that any of them is luck stays below this (Holm). */
const LEVEL = 0.001;

/** An inconsistent port fits no better than this, neither by its pattern nor by the directions of its kernels … */
const CHANCE_Z = 2;

/** … where nine in ten of its kind fit at least as well as this. */
const PEERS_Z = 5;

/** Fewer of a kind say nothing about what is usual for it. */
const PEERS = 4;

/**
 * Roles that fit in every healthy net that was trained at all, and the kind whose ports each is held against. The
 * layers inside of attentions are left out: heads that a training never needed stay as they were drawn, beside others
 * that fit well, so that a port at chance is nothing out of the usual. A transformer's two ends count together.
 */
const KINDS: ReadonlyMap<Role, string> = new Map<Role, string>([
  ['stem', 'lone'],
  ['sampler', 'lone'],
  ['head', 'lone'],
  ['conv1', 'conv1'],
  ['conv2', 'conv2'],
  ['proj_in', 'proj_in'],
  ['proj_out', 'proj_out'],
]);

interface Measured {
  readonly port: Port;
  readonly z: number | undefined;
  /** The same of the directions of its kernels, where it has kernels. */
  readonly directed: number | undefined;
  readonly link: Link | undefined;
}

/** Judges each port of a circuit: every reader against what it reads, every writer against all that read it. */
export function judgePorts(circuit: Circuit, patterns: Patterns): readonly PortReading[] {
  const { links } = circuit;
  const readers = readersOf(circuit);
  const measured: readonly Measured[] = [
    ...links.map((link) => measuredOf(patterns, link.reader, link.state.writers, link)),
    ...[...readers].map(([port, of]) => measuredOf(patterns, port, of, undefined)),
  ];
  const proven = holm(
    measured.map(({ z }) => (z === undefined ? 1 : tailOf(z))),
    LEVEL,
  );
  const readings = measured.map((each, index) =>
    reading(each, proven[index] === true, measured, links, patterns),
  );
  return readings.map((each) => withOtherEnd(each, readings));
}

/**
 * One end of a transformer at chance is found in sound nets too: a block that hardly adds anything. Both at once,
 * with the inside of the block trained, is not.
 */
function withOtherEnd(each: PortReading, all: readonly PortReading[]): PortReading {
  const { port, verdict } = each;
  if (verdict !== 'inconsistent' || !isEnd(port)) return each;
  const own = all.filter((other) => other.port.block === port.block);
  const ends = own.filter((other) => isEnd(other.port));
  const inside = own.filter((other) => !isEnd(other.port) && other.verdict === 'consistent');
  const both = ends.length === 2 && ends.every((end) => end.verdict === 'inconsistent');
  if (both && inside.length > 0) return each;
  const { readsLike: _, ...rest } = each;
  return { ...rest, verdict: 'unclear', because: 'only one end of the transformer is at chance' };
}

/** Where a transformer reads from the net, and where it writes to it. */
function isEnd({ role, side }: Port): boolean {
  return (role === 'proj_in' && side === 'reads') || (role === 'proj_out' && side === 'writes');
}

function measuredOf(
  patterns: Patterns,
  port: Port,
  others: readonly Port[],
  link: Link | undefined,
): Measured {
  return { port, z: zOf(patterns, port, others), directed: patterns.directions(port, others)?.z, link };
}

/** How well a port goes with those of the others that have a pattern, in standard deviations of chance. */
export function zOf(patterns: Patterns, port: Port, others: readonly Port[]): number | undefined {
  const there = others.filter((other) => patterns.has(other));
  if (there.length === 0) return undefined;
  const r = patterns.correlation(port, there);
  return r === undefined ? undefined : r * patterns.scale(port.width);
}

function reading(
  { port, z, directed, link }: Measured,
  proven: boolean,
  all: readonly Measured[],
  links: readonly Link[],
  patterns: Patterns,
): PortReading {
  if (z === undefined) {
    return {
      port,
      verdict: 'unclear',
      because: 'too few of its channels carry anything, or they are all alike',
    };
  }
  if (proven) return { port, verdict: 'consistent', z };
  const kind = KINDS.get(port.role);
  if (kind === undefined || ((kind === 'proj_in' || kind === 'proj_out') && !isEnd(port))) {
    return {
      port,
      verdict: 'unclear',
      z,
      because: 'layers of its kind may stay near what they were drawn as',
    };
  }
  const peers = peersOf(port, kind, all, patterns);
  if (z >= CHANCE_Z || peers.length < PEERS || !(quantile(peers, 0.1) >= PEERS_Z)) {
    return { port, verdict: 'unclear', z, because: 'others of its kind fit hardly better: little training' };
  }
  // permuted channels take the directions of their kernels along, so that these are at chance too
  if (directed !== undefined && directed >= CHANCE_Z) {
    return { port, verdict: 'unclear', z, because: 'the directions of its kernels fit all the same' };
  }
  const like = link === undefined ? undefined : bestState(port, links, patterns);
  return { port, verdict: 'inconsistent', z, ...(like === undefined ? {} : { readsLike: like }) };
}

/**
 * How well others of its kind fit: of its own width, where there are enough of those. Others are taken as if they were as
 * wide: fewer channels say less, and their port would stand out for nothing but its width.
 */
function peersOf(port: Port, kind: string, all: readonly Measured[], patterns: Patterns): readonly number[] {
  const others = all.filter(
    (other) => other.port !== port && KINDS.get(other.port.role) === kind && other.port.side === port.side,
  );
  const even = others.filter((other) => other.port.width === port.width);
  return (even.length >= PEERS ? even : others).flatMap(({ z, port: { width } }) =>
    z === undefined ? [] : [(z * patterns.scale(port.width)) / patterns.scale(width)],
  );
}

/** The last writer of the state that a reader fits best, where that is beyond chance among all states tried. */
function bestState(reader: Port, links: readonly Link[], patterns: Patterns): string | undefined {
  const states = [...new Set(links.map(({ state }) => state))].filter(
    ({ writers }) => writers[0]?.width === reader.width,
  );
  let best: { state: State; z: number } | undefined;
  for (const state of states) {
    const z = zOf(patterns, reader, state.writers);
    if (z !== undefined && z > (best?.z ?? Number.NEGATIVE_INFINITY)) best = { state, z };
  }
  if (best === undefined || tailOf(best.z) * states.length > LEVEL) return undefined;
  return best.state.writers.at(-1)?.block;
}
