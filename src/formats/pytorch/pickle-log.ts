/** What the pickles of one record ask Python to import and call. */
import { MAX_PICKLE_GLOBALS } from '../../bytes/limits.ts';
import { canonicalModule, judge, type Judgement } from './pickle-globals.ts';
import type { PyGlobal, PyPersistent } from './pickle-value.ts';
import { type StorageIdItems, WeightsOnlyRules } from './weights-only.ts';

/** One name, and what is done with it. */
export interface PickleGlobal {
  readonly module: string;
  readonly name: string;
  readonly judged: Judgement;
  /** First byte, in the file, of the opcode that names it first. */
  readonly offset: number;
  /** Whether loading would call it, and not only import it. */
  readonly called: boolean;
}

/**
 * What only a pickle made by hand does. `computed-name`: it builds the name that it imports. `computed-call`: it
 * calls what another call gave it. `changed-name`: it changes what it imported.
 */
export type TrickKind = 'computed-name' | 'computed-call' | 'changed-name';

export interface PickleTrick {
  readonly kind: TrickKind;
  /** In the file. */
  readonly offset: number;
}

/**
 * What no program writes into a checkpoint, and what does no harm beyond memory. `asks-for-memory`: a call of the
 * closed world that makes as much as a number says. `left-over`: a value that is dropped, or left beside the one that
 * counts. `memo-changed`: what was remembered is replaced. `key-called`: a class that only ever stands as a key is
 * called. `odd-reference`: something outside of the pickle that is no storage. `odd-target`: items or a state for what
 * has none. `odd-protocol`: a protocol in the middle. `compressed`: the archive deflates it.
 */
export type OddityKind =
  | 'asks-for-memory'
  | 'left-over'
  | 'memo-changed'
  | 'key-called'
  | 'odd-reference'
  | 'odd-target'
  | 'odd-protocol'
  | 'compressed';

export interface PickleOddity {
  readonly kind: OddityKind;
  /** In the file. */
  readonly offset: number;
}

interface Entry extends PickleGlobal {
  readonly value: PyGlobal;
  called: boolean;
}

/** Tricks kept: one is enough to know. */
const MAX_TRICKS = 20;

export class PickleLog {
  /** Everything outside of the pickles that they refer to. */
  readonly persistents: PyPersistent[] = [];
  readonly #globals = new Map<string, Entry>();
  readonly #tricks: PickleTrick[] = [];
  /** The first of each kind. */
  readonly #oddities = new Map<OddityKind, PickleOddity>();
  /** What torch's unpickler for weights makes of the same opcodes. */
  readonly weightsOnly: WeightsOnlyRules;
  #overflow: Entry | undefined;

  constructor(idItems?: StorageIdItems) {
    this.weightsOnly = new WeightsOnlyRules(idItems);
  }

  /** Writes the name down; the same value each time it is asked for. */
  global(written: string, name: string, offset: number): PyGlobal {
    const module = canonicalModule(written);
    const key = `${module}\n${name}`;
    const had = this.#globals.get(key) ?? this.#overflow;
    if (had !== undefined) return had.value;
    const value: PyGlobal = { kind: 'global', module, name };
    const entry = { module, name, offset, judged: judge(module, name), called: false, value };
    this.#globals.set(key, entry);
    // no real pickle has a hundred: what comes after these is one entry, called for good measure
    if (this.#globals.size >= MAX_PICKLE_GLOBALS) {
      const rest: PyGlobal = { kind: 'global', module: '(more names)', name: `after ${MAX_PICKLE_GLOBALS}` };
      this.#overflow = { ...rest, offset, judged: 'unknown', called: true, value: rest };
      this.#globals.set('', this.#overflow);
    }
    return value;
  }

  called({ module, name }: PyGlobal): void {
    const entry = this.#globals.get(`${module}\n${name}`);
    if (entry !== undefined) entry.called = true;
  }

  trick(offset: number, kind: TrickKind): void {
    // a pickle of unknown length may be begun more than once
    if (this.#tricks.some((trick) => trick.offset === offset)) return;
    if (this.#tricks.length < MAX_TRICKS) this.#tricks.push({ kind, offset });
  }

  odd(offset: number, kind: OddityKind): void {
    if (!this.#oddities.has(kind)) this.#oddities.set(kind, { kind, offset });
  }

  get globals(): readonly PickleGlobal[] {
    return [...this.#globals.values()].map(({ module, name, judged, offset, called }) => ({
      module,
      name,
      judged,
      offset,
      called,
    }));
  }

  get tricks(): readonly PickleTrick[] {
    return this.#tricks;
  }

  get oddities(): readonly PickleOddity[] {
    return [...this.#oddities.values()];
  }
}
