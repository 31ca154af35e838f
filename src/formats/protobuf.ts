/** A number of protobuf, and where what follows it stands. */
export interface VarintAt {
  readonly value: number;
  readonly next: number;
}

/** The number that begins here, of at most so many bytes; undefined where none ends within them. */
export function varintAt(bytes: Uint8Array, at: number, most: number): VarintAt | undefined {
  let value = 0;
  for (let index = 0; index < most; index += 1) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) return { value, next: at + index + 1 };
  }
  return undefined;
}
