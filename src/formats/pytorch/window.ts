/** Runs a pickle that stands somewhere in a file, of which nothing says how long it is. */
import { MAX_PICKLE_BYTES } from '../../bytes/limits.ts';
import type { ByteSource } from '../../bytes/source.ts';
import type { PickleLog } from './pickle-log.ts';
import { type Broken, type PickleRun, runPickle } from './pickle-machine.ts';
import type { PickleValue } from './pickle-value.ts';

/** Bytes read at first, and how much more each time that they are too few. */
const FIRST_WINDOW = 64 * 1024;
const GROWTH = 8;

/** Bytes that are kept of the last read. */
const KEPT = 1024 * 1024;

/** The source, of which what was read last is kept: for many small reads one behind the other. */
export function buffered(source: ByteSource): ByteSource {
  let from = 0;
  let kept: Uint8Array = new Uint8Array(0);
  return {
    name: source.name,
    size: source.size,
    read: async (offset, length) => {
      const inside = offset >= from && offset + length <= from + kept.length;
      if (!inside) {
        if (length > KEPT) return source.read(offset, length);
        kept = await source.read(offset, Math.max(length, Math.min(KEPT, source.size - offset)));
        from = offset;
      }
      return kept.subarray(offset - from, offset - from + length);
    },
    close: () => source.close(),
  };
}

/** A pickle in a file. */
export interface PlacedPickle {
  readonly value?: PickleValue;
  /** In the file: one past its STOP, or where it broke. */
  readonly end: number;
  readonly broken?: Broken;
}

/** Runs the pickle that begins at `at`; it must end before `until`. */
export async function runPickleAt(
  source: ByteSource,
  at: number,
  until: number,
  log: PickleLog,
): Promise<PlacedPickle> {
  const room = Math.max(0, until - at);
  for (let window = FIRST_WINDOW; ; window *= GROWTH) {
    const length = Math.min(window, room, MAX_PICKLE_BYTES);
    const run = runPickle(await source.read(at, length), log, at);
    const more = run.broken?.kind === 'truncated' && length < room;
    if (more && length < MAX_PICKLE_BYTES) continue;
    return placed(run, at, more);
  }
}

function placed(run: PickleRun, at: number, tooLong: boolean): PlacedPickle {
  const { broken, end, value } = run;
  if (broken === undefined) return { end: at + end, ...(value === undefined ? {} : { value }) };
  const inFile = { ...broken, offset: at + broken.offset };
  if (!tooLong) return { end: at + end, broken: inFile };
  const reason = `a pickle of more than ${MAX_PICKLE_BYTES} bytes`;
  return { end: at + end, broken: { ...inFile, kind: 'limit', reason } };
}
