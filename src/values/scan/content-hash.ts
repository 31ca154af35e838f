/** Odd numbers whose products spread their bits. Source: XXH_PRIME32_1 and 2 of the xxHash specification. */
export const P1 = 0x9e3779b1 | 0;
export const P2 = 0x85ebca77 | 0;

/**
 * A fingerprint of bytes, to find tensors that are alike: four lanes of 32 bits, each mixed as XXH32 mixes its lanes
 * (xxHash specification, Yann Collet), all four kept. Two tensors that differ in one place differ in one lane, so they
 * are taken for alike once in 2³². It is no defence against someone who wants them to be.
 */
export class ContentHash {
  readonly #lanes = new Int32Array([P1, P2, 0, 0 - P1]);
  #length = 0;

  /** Adds bytes that lie at a multiple of 4; all but the last call give a multiple of 16 of them. */
  add(bytes: Uint8Array): void {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    let a = this.#lanes[0] as number;
    let b = this.#lanes[1] as number;
    let c = this.#lanes[2] as number;
    let d = this.#lanes[3] as number;
    const whole = words.length - (words.length % 4);
    for (let at = 0; at < whole; at += 4) {
      a = mixed(a, words[at] as number);
      b = mixed(b, words[at + 1] as number);
      c = mixed(c, words[at + 2] as number);
      d = mixed(d, words[at + 3] as number);
    }
    for (let at = whole; at < words.length; at += 1) a = mixed(a, words[at] as number);
    for (let at = words.length * 4; at < bytes.byteLength; at += 1) b = mixed(b, bytes[at] as number);
    this.#lanes.set([a, b, c, d]);
    this.#length += bytes.byteLength;
  }

  /** The fingerprint of all that was added, its length among it. */
  finish(): string {
    const lanes = Array.from(this.#lanes, (lane) => (lane >>> 0).toString(16).padStart(8, '0'));
    return `${lanes.join('')}:${this.#length}`;
  }
}

/** A lane of XXH32 with one more word in it. */
export function mixed(lane: number, word: number): number {
  const sum = (lane + Math.imul(word, P2)) | 0;
  return Math.imul((sum << 13) | (sum >>> 19), P1);
}
