import type { Tensor } from '../../formats/checkpoint.ts';
import { mixed, P1, P2 } from './content-hash.ts';

/** Words, of four bytes each, that a fingerprint is of; so many of them differ where numbers are no pattern. */
const PRINT = 64;
const LEAST_DIFFERENT = 48;

/** Of so many neighbouring words at least one is marked. Together with the fingerprint the most is less than 4096 bytes. */
const LEAST_WINDOW = 128;
const MOST_WINDOW = 896;

/** Words of a window that have low hashes, in the middle: it has none once in e¹⁶ times, and others need no comparing. */
const LOW = 16;

/** Marks that a checkpoint of usual size is to have: a slot takes 8 bytes, and half of the slots are empty. */
const USUAL_MARKS = 1024 * 1024;
const MOST_SLOTS = 2 ** 24;

/** Words that a place can tell apart; 16 GiB. */
const MOST_WORDS = 2 ** 32;

/** Bytes that are copied in front of what is left of those before. */
const STEP = 128 * 1024;

/** Distances of a pair of tensors that are kept. */
export const MOST_DISTANCES = 64;

/** Pairs of tensors, and places at each distance, that are kept. */
const MOST_PAIRS = 4096;
const MOST_PLACES = 16;

/** Two tensors that hold the same bytes somewhere. */
export interface Alike {
  readonly first: Tensor;
  readonly second: Tensor;
  /** Offsets in the two tensors, by how far they are apart. */
  readonly at: Map<number, (readonly [first: number, second: number])[]>;
  /** Marks that they share, told here or not. */
  marks: number;
}

/**
 * Finds stretches of bytes that stand in two places of what goes by, wherever they lie: words are marked by what stands
 * around them, the same in every copy, and a table keeps a fingerprint of what follows each mark.
 * A word is marked where its hash is the least of a window (winnowing; Schleimer, Wilkerson and Aiken 2003, Winnowing:
 * Local Algorithms for Document Fingerprinting; of equal ones it keeps the one it has, as their robust form), so that
 * of any two equal stretches one fingerprint at least is the same.
 */
export class StretchIndex {
  readonly #window: number;
  readonly #shift: number;
  readonly #prints: Int32Array;
  readonly #places: Uint32Array;
  #slots = 0;
  #full = false;
  /** All tensors so far, and the place of each one's first word. */
  readonly #tensors: Tensor[] = [];
  readonly #starts: number[] = [];
  #words = 0;
  readonly #alike = new Map<string, Alike>();

  readonly #bytes: Uint8Array;
  readonly #buffer: Int32Array;
  /** Bytes in the buffer, the place of its first word in the tensor, and the word that comes next in it. */
  #have = 0;
  #first = 0;
  #next = 0;
  /** The least hash of the window and where it is in the tensor; of the words after it those with low hashes. */
  #least = 0;
  #leastAt = 0;
  readonly #bound: number;
  readonly #lowAt: Float64Array;
  readonly #lowHash: Int32Array;
  #from = 0;
  #to = 0;
  /** Bytes of the tensor that come before its first word, and how many of them are still to come. */
  #phase = 0;
  #skip = 0;

  /** @param total bytes of all that will go by. */
  constructor(total: number) {
    const words = Math.min(total / 4, MOST_WORDS);
    this.#window = Math.min(MOST_WINDOW, Math.max(LEAST_WINDOW, Math.ceil((2 * words) / USUAL_MARKS)));
    const wanted = 1024 + (4 * words) / this.#window;
    const bits = Math.min(Math.ceil(Math.log2(wanted)), Math.log2(MOST_SLOTS));
    this.#shift = 32 - bits;
    this.#prints = new Int32Array(2 ** bits);
    this.#places = new Uint32Array(2 ** bits);
    this.#bytes = new Uint8Array(STEP + 4 * (this.#window + PRINT + 1));
    this.#buffer = new Int32Array(this.#bytes.buffer);
    this.#bound = Math.floor(-0x80000000 + (LOW * 0x100000000) / this.#window);
    this.#lowAt = new Float64Array(this.#buffer.length + this.#window);
    this.#lowHash = new Int32Array(this.#lowAt.length);
  }

  /** Whether there was more than it has room for: what came then was not looked at. */
  get full(): boolean {
    return this.#full;
  }

  /** Tensors that share something, in the order in which they were found. */
  get alike(): readonly Alike[] {
    return [...this.#alike.values()];
  }

  /** Bytes from one mark to the next, in the middle. */
  get spacing(): number {
    return 2 * this.#window;
  }

  /** What goes by next is this tensor, as it lies in its file. */
  begin(tensor: Tensor): void {
    this.#words += 1 + Math.ceil((this.#tensors.at(-1)?.byteLength ?? 0) / 4);
    if (this.#words + tensor.byteLength / 4 > MOST_WORDS) this.#full = true;
    this.#tensors.push(tensor);
    this.#starts.push(this.#words);
    this.#have = 0;
    this.#first = 0;
    this.#next = 0;
    // nothing is less, until a whole window went by
    this.#least = -0x80000000;
    this.#leastAt = -1;
    this.#from = 0;
    this.#to = 0;
    this.#phase = phaseOf(tensor);
    this.#skip = this.#phase;
  }

  add(bytes: Uint8Array): void {
    if (this.#full) return;
    let from = Math.min(this.#skip, bytes.length);
    this.#skip -= from;
    while (from < bytes.length) {
      const taken = bytes.subarray(from, from + this.#bytes.length - this.#have);
      this.#bytes.set(taken, this.#have);
      this.#have += taken.length;
      from += taken.length;
      this.#mark();
      this.#slide();
    }
  }

  /** Goes through what is in the buffer, as far as a fingerprint can be taken from there. */
  #mark(): void {
    const words = this.#buffer;
    const first = this.#first;
    const bound = this.#bound;
    const end = (this.#have >> 2) - PRINT + 1;
    for (let at = nextLow(words, this.#next, end, bound); at < end; at = nextLow(words, at + 1, end, bound)) {
      this.#low(first + at, Math.imul(words[at] as number, P1));
    }
    if (end <= this.#next) return;
    this.#next = end;
    this.#settle(first + end - 1);
    this.#lowAt.copyWithin(0, this.#from, this.#to);
    this.#lowHash.copyWithin(0, this.#from, this.#to);
    this.#to -= this.#from;
    this.#from = 0;
  }

  /** A word whose hash is low enough to be the least of a window. */
  #low(at: number, hash: number): void {
    this.#settle(at - 1);
    if (hash < this.#least) {
      this.#least = hash;
      this.#leastAt = at;
      this.#from = this.#to;
      this.#keep(at);
      return;
    }
    this.#lowAt[this.#to] = at;
    this.#lowHash[this.#to] = hash;
    this.#to += 1;
  }

  /** Where the window moved beyond its least word, up to one that ends at `until`, the least of those after it is marked. */
  #settle(until: number): void {
    while (this.#leastAt + this.#window <= until) {
      let chosen = -1;
      this.#least = 0x7fffffff;
      for (let other = this.#to - 1; other >= this.#from; other -= 1) {
        const hash = this.#lowHash[other] as number;
        if (hash < this.#least) {
          this.#least = hash;
          chosen = other;
        }
      }
      if (chosen < 0) {
        this.#leastAt = Number.POSITIVE_INFINITY;
        return;
      }
      this.#leastAt = this.#lowAt[chosen] as number;
      this.#from = chosen + 1;
      this.#keep(this.#leastAt);
    }
  }

  /** Drops what no window reaches any more. */
  #slide(): void {
    const gone = Math.max(0, this.#next - this.#window);
    if (gone === 0) return;
    this.#bytes.copyWithin(0, 4 * gone, this.#have);
    this.#have -= 4 * gone;
    this.#first += gone;
    this.#next -= gone;
  }

  /** Looks a marked word up by what follows it, and puts it into the table where nothing was found. */
  #keep(place: number): void {
    if (this.#full) return;
    const at = place - this.#first;
    const words = this.#buffer;
    let a = P1;
    let b = P2;
    for (let word = at; word < at + PRINT; word += 2) {
      a = mixed(a, words[word] as number);
      b = mixed(b, words[word + 1] as number);
    }
    const print = (Math.imul(a ^ (b >>> 15), P2) + b) | 0 || 1;
    const prints = this.#prints;
    const mask = prints.length - 1;
    let slot = Math.imul(b ^ (a >>> 13), P1) >>> this.#shift;
    for (; prints[slot] !== 0; slot = (slot + 1) & mask) {
      if (prints[slot] === print) return this.#found(this.#places[slot] as number, at);
    }
    prints[slot] = print;
    this.#places[slot] = (this.#starts.at(-1) as number) + place;
    this.#slots += 1;
    if (this.#slots > 0.75 * prints.length) this.#full = true;
  }

  #found(place: number, at: number): void {
    const index = indexOf(this.#starts, place);
    const first = this.#tensors[index] as Tensor;
    const second = this.#tensors.at(-1) as Tensor;
    const from = 4 * (place - (this.#starts[index] as number)) + phaseOf(first);
    const to = 4 * (this.#first + at) + this.#phase;
    // a tensor like it, or the same bytes under two names
    if (from === to) return;
    if (first.file === second.file && first.offset + from === second.offset + to) return;
    if (new Set(this.#buffer.subarray(at, at + PRINT)).size < LEAST_DIFFERENT) return;
    const key = `${index} ${this.#tensors.length}`;
    let alike = this.#alike.get(key);
    if (alike === undefined) {
      if (this.#alike.size >= MOST_PAIRS) return;
      alike = { first, second, at: new Map(), marks: 0 };
      this.#alike.set(key, alike);
    }
    alike.marks += 1;
    const places = alike.at.get(to - from);
    if (places !== undefined) {
      if (places.length < MOST_PLACES) places.push([from, to]);
    } else if (alike.at.size < MOST_DISTANCES) alike.at.set(to - from, [[from, to]]);
  }
}

/** Bytes of a tensor that come before its first word, so that words lie at multiples of 4 in the file. */
function phaseOf({ offset }: Tensor): number {
  return (4 - (offset % 4)) % 4;
}

/** The next word, from one on, whose hash is below a bound; `end` where there is none. */
function nextLow(words: Int32Array, from: number, end: number, bound: number): number {
  const below = bound | 0;
  let at = from;
  while (at < end && Math.imul(words[at] as number, P1) >= below) at += 1;
  return at;
}

/** The last of rising starts that is not beyond `place`. */
function indexOf(starts: readonly number[], place: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as number) <= place) low = middle;
    else high = middle;
  }
  return low;
}
