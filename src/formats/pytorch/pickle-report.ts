/** What a pickle would do when Python loads it: the verdict, and what it stands on. */
import { MAX_PICKLES } from '../../bytes/limits.ts';
import { type PickleGlobal, PickleLog, type PickleOddity, type PickleTrick } from './pickle-log.ts';
import { type Broken, type PickleRun, runPickle } from './pickle-machine.ts';
import { reachesCode } from './reaches-code.ts';
import type { PickleValue } from './pickle-value.ts';
import type { WeightsOnly } from './weights-only-answer.ts';

/**
 * `data-only`: it imports names of the closed world and nothing else. `unknown-globals`: it imports others and
 * calls none of them; to import is to run a module's own lines. `code-reaching`: it names something known to run
 * code or reach out of the pickle, calls something unknown, or does what only a pickle made by hand does.
 * `malformed`: it cannot be run to its end, and what was seen before is none of these. `not-checkable`: it ran into a
 * limit of ours, or its bytes cannot be had. `data-only-unusual`: it does nothing but what data does, and some of it
 * in a way that no program writes.
 */
export type PickleVerdict =
  | 'data-only'
  | 'data-only-unusual'
  | 'unknown-globals'
  | 'code-reaching'
  | 'malformed'
  | 'not-checkable';

/** One record of pickles: a file, or an entry of an archive. */
export interface PickleReport {
  /** Path of the file, relative to what was opened. */
  readonly file: string;
  /** The entry of the archive; absent where the file itself is the pickle. Hostile text. */
  readonly entry?: string;
  readonly verdict: PickleVerdict;
  /** Every name it imports, in the order of the bytes. */
  readonly globals: readonly PickleGlobal[];
  readonly tricks: readonly PickleTrick[];
  readonly oddities: readonly PickleOddity[];
  /**
   * What `torch.load(weights_only=True)` would do; absent for a pickle that it does not load, and where the container
   * leaves it open.
   */
  readonly weightsOnly?: WeightsOnly;
  /** Where it breaks; `offset` is in the file, or in the entry where that is compressed. */
  readonly broken?: Broken;
  /** Why its bytes cannot be had. */
  readonly unread?: string;
}

/** Judges what was seen. */
export function reportPickle(
  place: Pick<PickleReport, 'file' | 'entry'>,
  log: PickleLog,
  broken?: Broken,
): PickleReport {
  const { globals, tricks, oddities } = log;
  return {
    ...place,
    verdict: verdictOf(log, broken),
    globals,
    tricks,
    oddities,
    ...(broken === undefined ? {} : { broken }),
  };
}

/** A pickle whose bytes cannot be had; `reason` says why. */
export function unreadPickle(place: Pick<PickleReport, 'file' | 'entry'>, reason: string): PickleReport {
  return { ...reportPickle(place, new PickleLog()), verdict: 'not-checkable', unread: reason };
}

function verdictOf({ globals, tricks, oddities }: PickleLog, broken: Broken | undefined): PickleVerdict {
  if (tricks.length > 0 || globals.some(reachesCode)) return 'code-reaching';
  if (broken !== undefined) return broken.kind === 'limit' ? 'not-checkable' : 'malformed';
  if (globals.some(({ judged }) => judged === 'unknown')) return 'unknown-globals';
  return oddities.length > 0 ? 'data-only-unusual' : 'data-only';
}

/** All pickles that follow each other in a record. */
export interface PickleStream {
  /** What each leaves. */
  readonly values: readonly PickleValue[];
  /** Within the bytes: one past the first STOP, and one past the last. */
  readonly firstEnd: number;
  readonly end: number;
  /** Why what follows there is no further pickle. */
  readonly broken?: Broken;
}

/** Runs one pickle after another to the end of the bytes, as an unpickler that is asked again would. */
export function runPickles(bytes: Uint8Array, log: PickleLog, base: number): PickleStream {
  const values: PickleValue[] = [];
  let end = 0;
  let firstEnd = 0;
  while (end < bytes.length || values.length === 0) {
    if (values.length === MAX_PICKLES) {
      const reason = `more than ${MAX_PICKLES} pickles after each other`;
      return { values, firstEnd, end, broken: { offset: base + end, reason, kind: 'limit' } };
    }
    const run = runPickle(bytes.subarray(end), log, base + end);
    if (run.broken !== undefined) return { values, firstEnd, end, broken: inFile(run, base + end) };
    // a run that is not broken leaves a value
    values.push(run.value as PickleValue);
    end += run.end;
    if (values.length === 1) firstEnd = end;
  }
  return { values, firstEnd, end };
}

function inFile({ broken }: PickleRun, base: number): Broken {
  return { ...(broken as Broken), offset: base + (broken as Broken).offset };
}
