/** Channels of a layer that carry nothing. */
export interface DeadChannels {
  /** Outputs: rows all of whose numbers are zero. */
  readonly outputs: number;
  /** Inputs whose numbers are zero in every row. */
  readonly inputs: number;
}

/** Looks for rows and columns of zeros in a matrix that goes by in whole rows. */
export class ChannelWatch {
  readonly #inputs: number;
  readonly #taps: number;
  readonly #size: number;
  #outputs = 0;
  /** Inputs that were zero so far; undefined before the first row. */
  #quiet: readonly number[] | undefined;

  /** @param size bytes of an element: 1, 2 or 4. */
  constructor(inputs: number, taps: number, size: number) {
    this.#inputs = inputs;
    this.#taps = taps;
    this.#size = size;
  }

  /** Adds whole rows. */
  add(bytes: Uint8Array): void {
    const row = this.#inputs * this.#taps * this.#size;
    for (let from = 0; from < bytes.byteLength; from += row) {
      if (isZero(bytes, from, from + row)) {
        this.#outputs += 1;
        continue;
      }
      this.#quiet = (this.#quiet ?? Array.from({ length: this.#inputs }, (_, input) => input)).filter(
        (input) => {
          const run = this.#taps * this.#size;
          return isZero(bytes, from + input * run, from + (input + 1) * run);
        },
      );
    }
  }

  finish(): DeadChannels {
    return { outputs: this.#outputs, inputs: this.#quiet?.length ?? 0 };
  }
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (bytes[at] !== 0) return false;
  return true;
}
