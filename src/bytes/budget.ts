import { type ByteSource, ReadError } from './source.ts';

/** Counts the bytes read through the sources it guards, and refuses to go beyond its ceiling. */
export class Budget {
  readonly ceiling: number;
  #spent = 0;

  constructor(ceiling: number) {
    this.ceiling = ceiling;
  }

  /** Bytes read so far. */
  get spent(): number {
    return this.#spent;
  }

  /** The same source, with each read counted before it is made. */
  guard(source: ByteSource): ByteSource {
    return {
      name: source.name,
      size: source.size,
      read: async (offset, length) => {
        if (this.#spent + length > this.ceiling) {
          throw new ReadError(
            source.name,
            'budget',
            `${this.#spent + length} bytes would be read, ${this.ceiling} are allowed`,
          );
        }
        this.#spent += length;
        return source.read(offset, length);
      },
      close: () => source.close(),
    };
  }
}
