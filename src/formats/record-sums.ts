/** Checksums that a container keeps of the bytes of tensors, and those bytes that do not have theirs. */
import type { ByteSource } from '../bytes/source.ts';
import { crc32 } from './pytorch/crc32.ts';

/** Bytes of a file and the sum that its container gives for them. */
export interface RecordSum {
  /** Index into `Checkpoint.files`. */
  readonly file: number;
  /** What the container calls them. Hostile text. */
  readonly record: string;
  readonly offset: number;
  readonly length: number;
  /** CRC-32 as zip has it. */
  readonly crc: number;
}

/** Bytes that were changed after they were written. */
export interface DamagedRecord extends RecordSum {
  readonly actual: number;
}

/** Bytes read at once. */
const PIECE = 4 * 1024 * 1024;

/**
 * Reads the bytes of every sum and gives those that have another.
 * @param told called as work goes on
 * @throws {ReadError} when bytes cannot be had.
 */
export async function damagedRecords(
  sums: readonly RecordSum[],
  open: (file: number) => Promise<ByteSource>,
  told: () => void = () => {},
): Promise<readonly DamagedRecord[]> {
  const damaged: DamagedRecord[] = [];
  for (const sum of sums) {
    const source = await open(sum.file);
    let actual = 0;
    for (let at = 0; at < sum.length; at += PIECE) {
      const bytes = await source.read(sum.offset + at, Math.min(PIECE, sum.length - at));
      actual = crc32(bytes, actual);
      told();
    }
    if (actual !== sum.crc) damaged.push({ ...sum, actual });
  }
  return damaged;
}
