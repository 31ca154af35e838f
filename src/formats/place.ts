/** Bytes in a file. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** A count read off a file: a number, or its decimal digits where a number could not hold it exactly. */
export type Count = number | string;
