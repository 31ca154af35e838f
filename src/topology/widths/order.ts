/**
 * Puts the convolutions of a net in the order in which the picture passes them. Each reads as many channels as come from
 * the one before it, or as many as that and an earlier one wrote: a skip. Where several orders fit, the names decide:
 * what is numbered runs in a row, and what is called an encoder comes before what is called a decoder.
 */
import { isEven, type Layer, type Reading } from './layers.ts';
import { SeriesOrder } from './series.ts';

/** How a layer gets its channels. */
type Intake =
  | 'plain'
  | 'join' // what comes from below beside what was kept
  | 'attention' // a third: queries, keys and values come in one
  | 'fold' // four pixels, or eight voxels, laid into channels
  | 'unfold'; // channels laid out as pixels

/** A layer in its place. */
export interface Step {
  readonly layer: Layer;
  readonly reading: Reading;
  readonly intake: Intake;
  /** For a join: the step that wrote what was kept, -1 for the picture itself. */
  readonly kept?: number;
  /** Channels of it. */
  readonly keptChannels?: number;
  /** Other stages could have been kept: they wrote as many. */
  readonly ambiguous?: true;
}

/** An order that explains every layer, or how far the best one came. */
export interface Order {
  readonly steps: readonly Step[];
  readonly whole: boolean;
  /** Other orders fit as well, in which other layers read skips: the names decided. */
  readonly others: boolean;
}

/** Places that are tried. A net whose names say its order takes as many as it has layers. */
const MOST_TRIES = 20_000;
/** Layers that are looked at for all of them. Attack: a thousand layers that all fit each other. */
const MOST_LOOKS = 400_000;
/** Places that are tried for other orders, once one is found. */
const MORE_TRIES = 2_000;

/** Halves by its own weight: an even kernel, or pixels laid into channels. */
export function lowers({ layer, reading, intake }: Step): boolean {
  return intake === 'fold' || (!reading.transposed && isEven(layer.kernel));
}

const ROLES = { encoder: 0, middle: 1, decoder: 2, head: 3 } as const;
type Role = keyof typeof ROLES;

const WORDS: readonly (readonly [Role, RegExp])[] = [
  ['encoder', /^(?:enc|down|contract|context|backbone|stem)/],
  ['middle', /^(?:mid|bottle|bottom|bridge|cent(?:er|re))/],
  ['decoder', /^(?:dec|up|expan|local)/],
  ['head', /^(?:out|final|last|head|seg|pred|logit)/],
];

/** What its names call it: the first word of its path that says so; undefined where none does. */
export function roleOf({ path }: Layer): Role | undefined {
  for (const word of path.flatMap((component) => component.toLowerCase().split(/[^a-z]+/))) {
    const found = WORDS.find(([, words]) => words.test(word));
    if (found !== undefined) return found[0];
  }
  return undefined;
}

/** Names of what lays channels out as pixels behind it. */
const UNFOLDS = /shuf|sub_?pixel|upsampl/i;

interface Candidate {
  readonly index: number;
  readonly reading: Reading;
  readonly intake: Intake;
  readonly kept?: number;
  readonly keptChannels?: number;
  readonly ambiguous?: true;
  readonly key: readonly number[];
}

export function orderOf(layers: readonly Layer[], dims: number): Order {
  return new Search(layers, dims).run();
}

class Search {
  readonly #layers: readonly Layer[];
  readonly #roles: readonly (Role | undefined)[];
  /** Path of each, a list and the number in it as one. */
  readonly #scopes: readonly (readonly string[])[];
  readonly #fold: number;
  readonly #series: SeriesOrder;
  readonly #placed: boolean[];
  readonly #steps: (Step & { readonly index: number })[] = [];
  /** Steps that were kept, the last first: skips lie around each other. */
  readonly #kept: number[] = [];
  #firstJoin = Number.POSITIVE_INFINITY;
  /** Layers placed that are called a decoder's. */
  #upwards = 0;
  #tries = 0;
  #looks = 0;
  #most = MOST_TRIES;
  #found: readonly Step[] | undefined;
  #others = false;
  #odd = Number.POSITIVE_INFINITY;
  #best: readonly Step[] = [];

  constructor(layers: readonly Layer[], dims: number) {
    this.#layers = layers;
    this.#roles = layers.map(roleOf);
    this.#scopes = layers.map(({ path }) => scopesOf(path));
    this.#fold = 2 ** dims;
    this.#series = new SeriesOrder(layers);
    this.#placed = layers.map(() => false);
  }

  run(): Order {
    this.#next();
    const found = this.#found;
    return { steps: found ?? this.#best, whole: found !== undefined, others: this.#others };
  }

  /** True when there is nothing more to be learnt. */
  #next(): boolean {
    if (this.#steps.length === this.#layers.length) return this.#keep();
    for (const { index, ...candidate } of this.#candidates()) {
      this.#tries += 1;
      if (this.#tries > this.#most || this.#looks > MOST_LOOKS) return true;
      const { reading, intake, kept, keptChannels, ambiguous } = candidate;
      const layer = this.#layers[index] as Layer;
      const undo = this.#series.place(index);
      this.#placed[index] = true;
      const first = this.#firstJoin;
      const upwards = this.#roles[index] === 'decoder' ? 1 : 0;
      this.#upwards += upwards;
      if (kept !== undefined) {
        this.#kept.push(kept);
        this.#firstJoin = Math.min(first, this.#steps.length);
      }
      const join = kept === undefined || keptChannels === undefined ? {} : { kept, keptChannels };
      this.#steps.push({
        layer,
        reading,
        intake,
        index,
        ...join,
        ...(ambiguous === true ? { ambiguous } : {}),
      });
      if (this.#steps.length > this.#best.length) this.#best = [...this.#steps];
      if (this.#next()) return true;
      this.#steps.pop();
      this.#upwards -= upwards;
      if (kept !== undefined) this.#kept.pop();
      this.#firstJoin = first;
      this.#placed[index] = false;
      undo();
    }
    return false;
  }

  /** Keeps an order of all layers, unless a better one is known. */
  #keep(): boolean {
    if (this.#firstJoin === Number.POSITIVE_INFINITY) return false;
    const odd = oddJoins(this.#steps);
    if (this.#found === undefined) this.#most = Math.min(MOST_TRIES, this.#tries + MORE_TRIES);
    else this.#others ||= skipsOf(this.#found) !== skipsOf(this.#steps);
    if (odd < this.#odd) {
      this.#found = [...this.#steps];
      this.#odd = odd;
    }
    return this.#others && this.#odd === 0;
  }

  /** What may come next, the likeliest first. */
  #candidates(): readonly Candidate[] {
    const found: Candidate[] = [];
    for (const [index, layer] of this.#layers.entries()) {
      this.#looks += 1;
      if (this.#placed[index] === true || !this.#series.may(index)) continue;
      for (const [turn, reading] of layer.readings.entries()) {
        const intake = this.#steps.length === 0 ? { intake: 'plain' as const } : this.#intake(index, reading);
        const role = this.#roles[index];
        if (intake === undefined) continue;
        // the way down ends where the way up begins
        const leads = role === 'encoder' || role === 'middle';
        if (leads && (intake.intake === 'join' || this.#upwards > 0)) continue;
        found.push({ index, reading, ...intake, key: [...this.#key(index, intake.intake, reading), turn] });
      }
    }
    return found.sort((a, b) => compare(a.key, b.key));
  }

  #intake(index: number, reading: Reading): Omit<Candidate, 'index' | 'reading' | 'key'> | undefined {
    const layer = this.#layers[index] as Layer;
    const last = this.#steps.at(-1) as Step;
    const width = last.reading.output;
    const { input } = reading;
    if (input === width) return { intake: 'plain' };
    if (input * 3 === width && last.layer.name.includes('qkv') && sameParent(last.layer, layer)) {
      return { intake: 'attention' };
    }
    if (input > width && !reading.depthwise) {
      const kept = this.#keepers(index, input - width);
      const [step] = kept;
      if (step !== undefined) {
        const stages = new Set(kept.map((each) => this.#stageOf(each)));
        const other = stages.size > 1 ? { ambiguous: true as const } : {};
        return { intake: 'join', kept: step, keptChannels: input - width, ...other };
      }
    }
    const pointwise = layer.kernel.every((side) => side === 1);
    if (pointwise && input === width * this.#fold && this.#firstJoin === Number.POSITIVE_INFINITY) {
      return { intake: 'fold' };
    }
    if (input * this.#fold === width && UNFOLDS.test(last.layer.name)) return { intake: 'unfold' };
    return undefined;
  }

  /** Steps that wrote so many channels and may have been kept until now, the likeliest first; -1 is the picture. */
  #keepers(reader: number, channels: number): readonly number[] {
    const steps = this.#steps;
    const before = Math.min(this.#kept.at(-1) ?? Number.POSITIVE_INFINITY, this.#firstJoin, steps.length - 1);
    const unit = parentOf((steps.at(-1) as Step).layer);
    const ends: number[] = [];
    const inside: number[] = [];
    const lowered: number[] = [];
    const mirrored: number[] = [];
    for (let at = before - 1; at >= 0; at -= 1) {
      const { layer, reading, index } = steps[at] as Step & { index: number };
      const role = this.#roles[index];
      if (reading.output !== channels || role === 'decoder' || role === 'head') continue;
      if (parentOf(layer) === unit && unit !== '') continue;
      const next = (steps[at + 1] as Step).layer;
      const within = parentOf(next) === parentOf(layer) && parentOf(layer) !== '';
      if (lowers(steps[at] as Step)) lowered.push(at);
      else if (within) inside.push(at);
      else if (this.#series.mirrored(reader, index)) mirrored.push(at);
      else ends.push(at);
    }
    const picture = before > -1 && (steps[0] as Step).reading.input === channels && !this.#kept.includes(-1);
    // what is made smaller is kept before that, unless all of the net's layers make smaller
    const own = [...mirrored, ...ends, ...inside];
    return [...(own.length > 0 ? own : lowered), ...(picture ? [-1] : [])];
  }

  #stageOf(step: number): string {
    return step === -1
      ? ''
      : ((this.#scopes[(this.#steps[step] as { readonly index: number }).index] ?? [])[0] ?? '');
  }

  #key(index: number, intake: Intake, reading: Reading): number[] {
    const role = ROLES[this.#roles[index] ?? 'encoder'];
    const at = (this.#layers[index] as Layer).at;
    const last = this.#steps.at(-1);
    const rank = this.#series.rankOf(index);
    const beyond = intake === 'plain' || intake === 'attention' ? 0 : 1;
    if (last === undefined) return [role, reading.input, rank, at];
    // what was made smaller is made larger again before it is joined
    const raised = reading.transposed ? 0 : 1;
    const shared = sharedDepth(this.#scopes[last.index] ?? [], this.#scopes[index] ?? []);
    const aligned = this.#series.rankOf(last.index) === rank ? 0 : 1;
    return [role, -shared, aligned, beyond, raised, rank, at];
  }
}

/** Skips that are read by what makes larger: most nets make larger first, so that both have the same size. */
function oddJoins(steps: readonly Step[]): number {
  return steps.filter(({ intake, reading }) => intake === 'join' && reading.transposed).length;
}

/** Which layers read how much of a skip. */
function skipsOf(steps: readonly Step[]): string {
  const joins = steps.filter(({ intake }) => intake === 'join');
  return JSON.stringify(joins.map(({ layer, keptChannels }) => [layer.name, keptChannels]));
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [at, value] of a.entries()) {
    const other = b[at] as number;
    // two infinite ranks are the same
    if (value !== other) return value - other;
  }
  return 0;
}

/** `encoders.0.1.conv2` as [`encoders.0`, `1`, `conv2`]: what a list holds stands beside what other lists hold. */
function scopesOf(path: readonly string[]): readonly string[] {
  const first = path.findIndex((component) => /^\d+$/.test(component));
  if (first < 1) return path;
  return [...path.slice(0, first - 1), `${path[first - 1]}.${path[first]}`, ...path.slice(first + 1)];
}

function sharedDepth(a: readonly string[], b: readonly string[]): number {
  let depth = 0;
  while (depth < a.length - 1 && depth < b.length - 1 && a[depth] === b[depth]) depth += 1;
  return depth;
}

function parentOf({ path }: Layer): string {
  return path.slice(0, -1).join('.');
}

function sameParent(a: Layer, b: Layer): boolean {
  const depth = Math.min(a.path.length, b.path.length) - 2;
  return depth >= 0 && a.path.slice(0, depth + 1).join('.') === b.path.slice(0, depth + 1).join('.');
}
