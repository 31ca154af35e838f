/** The stack, the marks and the memo of a pickle, each within its limit. */
import { MAX_PICKLE_MEMO, MAX_PICKLE_STACK, MAX_PICKLE_VALUES } from '../../bytes/limits.ts';
import { type PickleCursor, PickleStop } from './pickle-cursor.ts';
import type { PickleValue } from './pickle-value.ts';

export class PickleStack {
  readonly #cursor: PickleCursor;
  readonly #stack: PickleValue[] = [];
  /** Heights of the stack at each open MARK. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #values = 0;

  constructor(cursor: PickleCursor) {
    this.#cursor = cursor;
  }

  /** How many values are remembered. */
  get remembered(): number {
    return this.#memo.size;
  }

  /** Whether nothing is left, above any mark or below it. */
  get isEmpty(): boolean {
    return this.#stack.length === 0;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
    if (this.#stack.length > MAX_PICKLE_STACK)
      this.limit(`more than ${MAX_PICKLE_STACK} values on its stack`);
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
    if (this.#marks.length > MAX_PICKLE_STACK) this.limit('too many marks');
  }

  /** What POP does: an open mark with nothing above it goes as a value would. */
  popOrMark(): void {
    if (this.#marks.at(-1) === this.#stack.length) this.#marks.pop();
    else this.pop();
  }

  /** Pushes something that takes memory, and counts it. `cost`: of one that copies others, how many. */
  make(value: PickleValue, cost = 1): void {
    this.#values += cost;
    if (this.#values > MAX_PICKLE_VALUES) this.limit(`more than ${MAX_PICKLE_VALUES} values`);
    this.push(value);
  }

  pop(): PickleValue {
    const value = this.top();
    this.#stack.pop();
    return value;
  }

  top(): PickleValue {
    const floor = this.#marks.at(-1) ?? 0;
    const value = this.#stack.at(-1);
    if (value === undefined || this.#stack.length <= floor) this.#cursor.fail('its stack is empty');
    return value;
  }

  /** Everything above the last mark, which goes. */
  popMark(): PickleValue[] {
    const mark = this.#marks.pop();
    if (mark === undefined) this.#cursor.fail('there is no mark');
    return this.#stack.splice(mark);
  }

  get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) this.#cursor.fail(`nothing is remembered as ${index}`);
    this.push(value);
  }

  /** False where something else was remembered by that index. */
  put(index: number): boolean {
    const value = this.top();
    const had = this.#memo.get(index);
    this.#memo.set(index, value);
    if (this.#memo.size > MAX_PICKLE_MEMO) this.limit(`more than ${MAX_PICKLE_MEMO} values remembered`);
    return had === undefined || had === value;
  }

  limit(reason: string): never {
    throw new PickleStop(this.#cursor.start, reason, 'limit');
  }
}
