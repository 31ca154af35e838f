/**
 * Where the tensors of a GGUF file lie: each begins where the one before it ends, at the next multiple of the
 * alignment, in the order of the list. That is what ggml demands; other readers go by the offsets alone.
 */
import type { FaultCollector } from '../collector.ts';
import { GGML_ACCEPTS, GGML_REFUSES } from './faults.ts';
import { countOf } from './string.ts';
import type { Entry } from './tensors.ts';

/** Where the data lies in the file. */
export interface DataPlace {
  readonly file: string;
  /** First byte of the data. */
  readonly base: number;
  /** Bytes of the file. */
  readonly size: number;
  readonly alignment: number;
}

/** An entry whose offset is an exact number. */
interface Placed {
  readonly entry: Entry;
  readonly begin: number;
  readonly end: number;
}

/** The next multiple of the alignment. */
export function padded(length: number, alignment: number): number {
  return Math.ceil(length / alignment) * alignment;
}

/** Reports what is wrong with the places of the tensors. `complete`: whether all of the list could be read. */
export function checkLayout(
  entries: readonly Entry[],
  complete: boolean,
  place: DataPlace,
  faults: FaultCollector,
): void {
  const { file, alignment, base, size } = place;
  const length = Math.max(0, size - base);
  const placed: Placed[] = [];
  let sound = complete;
  for (const entry of entries) {
    const { name: tensor, begin, byteLength, header: bytes } = entry;
    if (begin % BigInt(alignment) !== 0n) {
      const offset = countOf(begin);
      faults.add({ kind: 'gguf-unaligned', file, bytes, tensor, offset, alignment, ...GGML_REFUSES });
      sound = false;
    }
    const end = begin + BigInt(byteLength);
    if (BigInt(base) + end <= Number.MAX_SAFE_INTEGER) {
      placed.push({ entry, begin: Number(begin), end: Number(end) });
    } else {
      addBeyond(entry, length, file, faults);
      sound = false;
    }
  }
  const sorted = [...placed].sort((a, b) => a.begin - b.begin || a.end - b.end);
  if (!walk(sorted, complete, place, faults)) sound = false;
  const stray = placed.find((one, index) => one !== sorted[index]);
  if (sound && stray !== undefined) {
    const { name: tensor, header: bytes } = stray.entry;
    faults.add({ kind: 'gguf-order', file, bytes, tensor, ...GGML_REFUSES });
  }
  checkEnd(sorted, sound, complete && placed.length === entries.length, place, faults);
}

function addBeyond(entry: Entry, limit: number, file: string, faults: FaultCollector): void {
  faults.add({
    kind: 'gguf-beyond-file',
    file,
    bytes: entry.header,
    tensor: entry.name,
    begin: countOf(entry.begin),
    end: countOf(entry.begin + BigInt(entry.byteLength)),
    limit,
    ...GGML_REFUSES,
  });
}

/** Walks the tensors in the order of their bytes; false when they overlap or leave a hole. */
function walk(
  sorted: readonly Placed[],
  complete: boolean,
  { file, base, size, alignment }: DataPlace,
  faults: FaultCollector,
): boolean {
  let sound = true;
  let end = 0;
  let last: Placed | undefined;
  for (const one of sorted) {
    const { name } = one.entry;
    const due = padded(end, alignment);
    if (one.begin < end && last !== undefined) {
      const bytes = { offset: base + one.begin, length: Math.min(one.end, end) - one.begin };
      const other = last.entry.name;
      faults.add({ kind: 'gguf-overlap', file, bytes, tensor: name, other, ...GGML_REFUSES });
      sound = false;
    } else if (one.begin - due >= alignment && complete) {
      sound = false;
      const bytes = { offset: base + due, length: one.begin - due };
      const before = last === undefined ? {} : { before: last.entry.name };
      const fault = { kind: 'gguf-hole', file, bytes, ...before, after: name, ...GGML_REFUSES } as const;
      // what begins beyond the file is said to do so
      if (base + one.begin < size) faults.add(fault);
    }
    if (last === undefined || one.end >= end) {
      end = one.end;
      last = one;
    }
  }
  return sound;
}

/** Compares the end of the last tensor with that of the file. */
function checkEnd(
  sorted: readonly Placed[],
  sound: boolean,
  complete: boolean,
  { file, base, size, alignment }: DataPlace,
  faults: FaultCollector,
): void {
  const end = sorted.reduce((most, one) => Math.max(most, one.end), 0);
  if (base + end > size) {
    const beyond = sorted.filter((one) => base + one.end > size);
    if (!sound) {
      for (const { entry } of beyond) addBeyond(entry, Math.max(0, size - base), file, faults);
      return;
    }
    // everything agrees with everything but the length of the file: the rest of it never arrived
    const sizes = { expected: base + end, actual: size };
    const bytes = { offset: size, length: 0 };
    faults.add({ kind: 'gguf-truncated', file, bytes, ...sizes, tensors: beyond.length, ...GGML_REFUSES });
    return;
  }
  // the last tensor is padded too, or not: llama.cpp takes both
  const due = base + padded(end, alignment);
  if (size <= due || !complete) return;
  const bytes = { offset: due, length: size - due };
  faults.add({ kind: 'gguf-trailing', file, bytes, expected: due, actual: size, ...GGML_ACCEPTS });
}
