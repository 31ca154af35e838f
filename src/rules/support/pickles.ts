/** What the SAFE rules share: the pickles of a checkpoint, and where in them something stands. */
import type { Checkpoint } from '../../formats/checkpoint.ts';
import type { Judgement } from '../../formats/pytorch/pickle-globals.ts';
import type { PickleGlobal } from '../../formats/pytorch/pickle-log.ts';
import type { PickleReport } from '../../formats/pytorch/pickle-report.ts';
import type { FindingPlace } from '../rule.ts';

export function picklesOf({ pickles }: Checkpoint): readonly PickleReport[] {
  return pickles ?? [];
}

/** A pickle as the subject of a sentence. */
export function recordName({ entry }: PickleReport): string {
  return entry === undefined ? 'the pickle' : `\`${entry}\``;
}

/** The names of one kind that a pickle imports. */
export function globalsOf({ globals }: PickleReport, judged: Judgement): readonly PickleGlobal[] {
  return globals.filter((global) => global.judged === judged);
}

/** Where an opcode stands. */
export function globalPlace({ file }: PickleReport, offset: number): FindingPlace {
  return { file, bytes: { offset, length: 1 } };
}
