import { InvalidArgumentError } from 'commander';
import { type Json, toSortedJson } from '../report/json.ts';

/** Which part of a run this is: the first of four is `1/4`. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

const MOST_SHARDS = 10_000;

/** `1/4` to `4/4`. */
export function parseShard(text: string): Shard {
  const match = /^(\d{1,5})\/(\d{1,5})$/.exec(text.trim());
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (!(index >= 1 && index <= count && count <= MOST_SHARDS)) {
    throw new InvalidArgumentError('give INDEX/COUNT, the first being 1, as in 1/4');
  }
  return { index, count };
}

/**
 * The paths of a shard: of all, sorted, every `count`-th. Each path is in exactly one, whatever order they are found in;
 * large files that lie together go to different ones.
 */
export function pathsOfShard(paths: readonly string[], { index, count }: Shard): ReadonlySet<string> {
  return new Set([...paths].sort().filter((_, at) => at % count === index - 1));
}

/** A name for a value, by which parts of one run know each other: 16 hexadecimal digits of its SHA-256. */
export async function digestOf(value: Json): Promise<string> {
  // a sixth of the start of the command, for what few runs need
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(toSortedJson(value)).digest('hex').slice(0, 16);
}
