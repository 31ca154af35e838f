/** Bytes that are looked at together; a run is found where one such stretch is zero from end to end. */
const STRETCH = 1024;
const WORDS = STRETCH / 4;

/** A run of zero bytes inside a tensor's bytes, to the nearest stretch of 1 KiB. */
export interface ZeroRun {
  /** From the tensor's first byte. */
  readonly offset: number;
  readonly length: number;
}

/** Finds the longest run of zero bytes in bytes that go by. */
export class ZeroRunWatch {
  #offset = 0;
  #start = 0;
  #length = 0;
  #longest: ZeroRun = { offset: 0, length: 0 };

  /** Adds bytes that lie at a multiple of 4; all but the last call give a multiple of 1024 of them. */
  add(bytes: Uint8Array): void {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    for (let at = 0; at < words.length; at += WORDS) {
      const end = Math.min(at + WORDS, words.length);
      if (words[at] === 0 && isZero(words, at, end)) {
        if (this.#length === 0) this.#start = this.#offset + at * 4;
        this.#length += (end - at) * 4;
        if (this.#length > this.#longest.length) {
          this.#longest = { offset: this.#start, length: this.#length };
        }
      } else this.#length = 0;
    }
    this.#offset += bytes.byteLength;
  }

  finish(): ZeroRun | undefined {
    return this.#longest.length >= STRETCH ? this.#longest : undefined;
  }
}

function isZero(words: Int32Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (words[at] !== 0) return false;
  return true;
}
