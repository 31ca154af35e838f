/** Puts values into containers, objects and attributes; into those that Python would let. */
import type { PickleCursor } from './pickle-cursor.ts';
import type { PickleLog } from './pickle-log.ts';
import { inWords, type PickleValue } from './pickle-value.ts';

export class PickleFiller {
  readonly #cursor: PickleCursor;
  readonly #log: PickleLog;
  readonly #base: number;

  constructor(cursor: PickleCursor, log: PickleLog, base: number) {
    this.#cursor = cursor;
    this.#log = log;
    this.#base = base;
  }

  append(target: PickleValue, values: readonly PickleValue[]): void {
    this.#log.weightsOnly.append(target, this.#at());
    if (target !== null && typeof target === 'object') {
      switch (target.kind) {
        case 'list':
        case 'set':
          for (const value of values) target.items.push(value);
          return;
        case 'object':
          target.items ??= [];
          for (const value of values) target.items.push(value);
          return;
        case 'opaque':
          this.#log.odd(this.#at(), 'odd-target');
          return;
        case 'global':
          this.#log.trick(this.#at(), 'changed-name');
          return;
        default:
      }
    }
    this.#cursor.fail(`it appends to ${inWords(target)}`);
  }

  setAll(target: PickleValue, pairs: readonly PickleValue[]): void {
    if (pairs.length % 2 !== 0) this.#cursor.fail('a key without a value');
    this.#log.weightsOnly.setItems(target, pairs, this.#at());
    const entries = this.#entriesOf(target);
    if (entries === undefined) return;
    for (let at = 0; at < pairs.length; at += 2) {
      entries.set(pairs[at] as PickleValue, pairs[at + 1] as PickleValue);
    }
  }

  /** What takes keys and values; undefined where they change nothing that is kept. */
  #entriesOf(target: PickleValue): Map<PickleValue, PickleValue> | undefined {
    if (target !== null && typeof target === 'object') {
      switch (target.kind) {
        case 'dict':
          return target.entries;
        case 'object':
          target.entries ??= new Map();
          return target.entries;
        case 'list':
        case 'opaque':
          this.#log.odd(this.#at(), 'odd-target');
          return undefined;
        case 'global':
          this.#log.trick(this.#at(), 'changed-name');
          return undefined;
        default:
      }
    }
    return this.#cursor.fail(`it sets items of ${inWords(target)}`);
  }

  build(target: PickleValue, state: PickleValue): void {
    this.#log.weightsOnly.build(target, state, this.#at());
    if (target !== null && typeof target === 'object') {
      switch (target.kind) {
        case 'object':
          target.state = state;
          return;
        // attributes of a dictionary (`OrderedDict._metadata`) say nothing about weights
        case 'dict':
          return;
        case 'persistent':
        case 'opaque':
        case 'set':
          this.#log.odd(this.#at(), 'odd-target');
          return;
        case 'global':
          this.#log.trick(this.#at(), 'changed-name');
          return;
        default:
      }
    }
    this.#cursor.fail(`it gives ${inWords(target)} a state`);
  }

  /** Where the current opcode stands in the file. */
  #at(): number {
    return this.#base + this.#cursor.start;
  }
}
