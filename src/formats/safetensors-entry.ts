/** One entry of a safetensors header: a tensor's dtype, shape and offsets. */
import { MAX_RANK } from '../bytes/limits.ts';
import type { FaultCollector } from './collector.ts';
import { dtypeNamed, type PlainDtype } from './dtype.ts';
import { ACCEPTS, type ByteRange, type Count, refuses } from './fault.ts';
import { kindInWords } from './json.ts';
import type { JsonCursor } from './json-cursor.ts';
import { PlainReader } from './safetensors-plain.ts';

/** An unsigned 64-bit integer: a number where that is exact. */
export type Unsigned = number | bigint;

/** A tensor as its header entry declares it. */
export interface Entry {
  readonly name: string;
  readonly dtype: PlainDtype;
  /** Undefined when it has more dimensions than are kept. */
  readonly shape: readonly Unsigned[] | undefined;
  /** Offsets within the data. */
  readonly begin: Unsigned;
  readonly end: Unsigned;
  /** Where name and entry stand in the file. Two numbers, because a header may have a million entries. */
  readonly headerOffset: number;
  readonly headerLength: number;
}

/** What the reference says to everything that its JSON library refuses. */
export const NOT_DESERIALIZED = refuses('InvalidHeaderDeserialization');

const FIELDS = ['dtype', 'shape', 'data_offsets'] as const;
type Field = (typeof FIELDS)[number];

/** What the fields of one entry hold, as far as they could be read. */
interface Draft {
  dtype?: PlainDtype;
  shape?: readonly Unsigned[] | 'too-long';
  offsets?: readonly [Unsigned, Unsigned];
}

/** A count that may be beyond the exact numbers, for a fault. */
export function asCount(value: Unsigned): Count {
  return typeof value === 'bigint' ? value.toString() : value;
}

type EntryFault =
  | { readonly kind: 'entry-not-object'; readonly found: string }
  | { readonly kind: 'entry-as-array' }
  | { readonly kind: 'missing-field'; readonly field: string }
  | { readonly kind: 'duplicate-field'; readonly field: string; readonly first: ByteRange }
  | { readonly kind: 'unknown-field'; readonly field: string }
  | {
      readonly kind: 'field-wrong-type';
      readonly field: string;
      readonly expected: string;
      readonly found: string;
    }
  | { readonly kind: 'not-an-integer'; readonly field: string; readonly found: string }
  | { readonly kind: 'dtype-unknown'; readonly dtype: string }
  | { readonly kind: 'dtype-as-object'; readonly dtype: string };

/** Reads entries off a cursor that stands behind their name. */
export class EntryReader {
  readonly #file: string;
  /** Where in the file the cursor's bytes begin. */
  readonly #base: number;
  readonly #cursor: JsonCursor;
  readonly #faults: FaultCollector;
  readonly #plain: PlainReader;

  constructor(file: string, base: number, cursor: JsonCursor, faults: FaultCollector) {
    this.#file = file;
    this.#base = base;
    this.#cursor = cursor;
    this.#faults = faults;
    this.#plain = new PlainReader(cursor.bytes);
  }

  /** Reads the entry of that name, whose key the cursor has just read; undefined when it cannot be used. */
  read(name: string): Entry | undefined {
    const cursor = this.#cursor;
    const start = cursor.keyStart;
    const plain = this.#plain.read(cursor.pos);
    if (plain !== undefined) {
      const { dtype, shape, begin, end, next } = plain;
      cursor.pos = next;
      const headerOffset = this.#base + start;
      return { name, dtype, shape, begin, end, headerOffset, headerLength: next - start };
    }
    const draft: Draft = {};
    const kind = cursor.kind();
    let sound = false;
    if (kind === 'object') sound = this.#readFields(name, draft);
    else if (kind === 'array') sound = this.#readFieldsInOrder(name, draft);
    else {
      cursor.skip();
      this.#addAt(name, { kind: 'entry-not-object', found: kindInWords(kind) }, start);
    }
    const { dtype, shape, offsets } = draft;
    if (!sound || dtype === undefined || shape === undefined || offsets === undefined) return undefined;
    return {
      name,
      dtype,
      shape: shape === 'too-long' ? undefined : shape,
      begin: offsets[0],
      end: offsets[1],
      headerOffset: this.#base + start,
      headerLength: cursor.pos - start,
    };
  }

  /** Reads the fields of an entry; false when one of them cannot be used. */
  #readFields(name: string, draft: Draft): boolean {
    const cursor = this.#cursor;
    const start = cursor.keyStart;
    let sound = true;
    let dtypeAt: ByteRange | undefined;
    let shapeAt: ByteRange | undefined;
    let offsetsAt: ByteRange | undefined;
    cursor.enterObject();
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
      const keyStart = cursor.keyStart;
      let first: ByteRange | undefined;
      if (key === 'dtype') {
        first = dtypeAt;
        dtypeAt = this.#keyRange();
      } else if (key === 'shape') {
        first = shapeAt;
        shapeAt = this.#keyRange();
      } else if (key === 'data_offsets') {
        first = offsetsAt;
        offsetsAt = this.#keyRange();
      } else {
        cursor.skip();
        this.#addAt(name, { kind: 'unknown-field', field: key }, keyStart, ACCEPTS);
        continue;
      }
      if (first !== undefined) {
        this.#addAt(name, { kind: 'duplicate-field', field: key, first }, keyStart);
        sound = false;
      }
      if (!this.#readField(name, key, draft)) sound = false;
    }
    const missing = [dtypeAt, shapeAt, offsetsAt];
    for (const [i, field] of FIELDS.entries()) {
      if (missing[i] !== undefined) continue;
      this.#addAt(name, { kind: 'missing-field', field }, start);
      sound = false;
    }
    return sound;
  }

  /** Reads an entry written as `["F16", [2], [0, 4]]`, which the reference takes too. */
  #readFieldsInOrder(name: string, draft: Draft): boolean {
    const cursor = this.#cursor;
    const start = cursor.keyStart;
    let sound = true;
    let count = 0;
    cursor.enterArray();
    while (cursor.nextItem()) {
      const field = FIELDS[count];
      count += 1;
      if (field === undefined) cursor.skip();
      else if (!this.#readField(name, field, draft)) sound = false;
    }
    if (count === FIELDS.length) {
      this.#addAt(name, { kind: 'entry-as-array' }, start, ACCEPTS);
      return sound;
    }
    this.#addAt(name, { kind: 'entry-not-object', found: `an array of ${count}` }, start);
    return false;
  }

  #readField(name: string, field: Field, draft: Draft): boolean {
    switch (field) {
      case 'dtype':
        return this.#readDtype(name, draft);
      case 'shape':
        return this.#readShape(name, draft);
      case 'data_offsets':
        return this.#readOffsets(name, draft);
    }
  }

  #readDtype(name: string, draft: Draft): boolean {
    const cursor = this.#cursor;
    const kind = cursor.kind();
    const start = cursor.pos;
    if (kind === 'object') return this.#readDtypeObject(name, draft);
    if (kind !== 'string') {
      cursor.skip();
      return this.#wrongType(name, 'dtype', 'a string', kindInWords(kind), start);
    }
    return this.#setDtype(name, cursor.string(), draft, start);
  }

  /** Reads `{"F16": null}`, serde's other way to write an enum. */
  #readDtypeObject(name: string, draft: Draft): boolean {
    const cursor = this.#cursor;
    const start = cursor.pos;
    const names: string[] = [];
    let unit = true;
    cursor.enterObject();
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
      names.push(key);
      if (cursor.kind() !== 'null') unit = false;
      cursor.skip();
    }
    const [dtype] = names;
    if (!unit || dtype === undefined || names.length > 1) {
      return this.#wrongType(name, 'dtype', 'a string', 'an object', start);
    }
    if (!this.#setDtype(name, dtype, draft, start)) return false;
    this.#addAt(name, { kind: 'dtype-as-object', dtype }, start, ACCEPTS);
    return true;
  }

  #setDtype(name: string, text: string, draft: Draft, start: number): boolean {
    const dtype = dtypeNamed(text);
    if (dtype === undefined) {
      this.#addAt(name, { kind: 'dtype-unknown', dtype: text }, start);
      return false;
    }
    draft.dtype = dtype;
    return true;
  }

  #readShape(name: string, draft: Draft): boolean {
    const cursor = this.#cursor;
    const kind = cursor.kind();
    const start = cursor.pos;
    if (kind !== 'array') {
      cursor.skip();
      return this.#wrongType(name, 'shape', 'an array of integers', kindInWords(kind), start);
    }
    const shape: Unsigned[] = [];
    let sound = true;
    let rank = 0;
    cursor.enterArray();
    while (cursor.nextItem()) {
      rank += 1;
      const dim = this.#unsigned(name, 'shape');
      if (dim === undefined) sound = false;
      else if (rank <= MAX_RANK) shape.push(dim);
    }
    if (rank > MAX_RANK) {
      this.#faults.add({
        kind: 'limit-exceeded',
        file: this.#file,
        bytes: this.#range(start, cursor.pos),
        tensor: name,
        what: 'dimensions of a tensor',
        limit: MAX_RANK,
        actual: rank,
      });
    }
    draft.shape = rank > MAX_RANK ? 'too-long' : shape;
    return sound;
  }

  #readOffsets(name: string, draft: Draft): boolean {
    const cursor = this.#cursor;
    const kind = cursor.kind();
    const start = cursor.pos;
    const expected = 'an array of two integers';
    if (kind !== 'array') {
      cursor.skip();
      return this.#wrongType(name, 'data_offsets', expected, kindInWords(kind), start);
    }
    const offsets: (Unsigned | undefined)[] = [];
    let count = 0;
    cursor.enterArray();
    while (cursor.nextItem()) {
      count += 1;
      if (count > 2) cursor.skip();
      else offsets.push(this.#unsigned(name, 'data_offsets'));
    }
    if (count !== 2) {
      return this.#wrongType(name, 'data_offsets', expected, `an array of ${count}`, start);
    }
    const [begin, end] = offsets;
    if (begin === undefined || end === undefined) return false;
    draft.offsets = [begin, end];
    return true;
  }

  #unsigned(name: string, field: Field): Unsigned | undefined {
    const cursor = this.#cursor;
    cursor.kind();
    const start = cursor.pos;
    const value = cursor.unsigned();
    if (value === undefined)
      this.#addAt(name, { kind: 'not-an-integer', field, found: this.#lexeme(start) }, start);
    return value;
  }

  /** What is written from `start` to here, cut to a length that can be shown. */
  #lexeme(start: number): string {
    const text = this.#cursor.bytes.subarray(start, Math.min(this.#cursor.pos, start + 40));
    return new TextDecoder().decode(text);
  }

  #wrongType(name: string, field: Field, expected: string, found: string, start: number): false {
    this.#addAt(name, { kind: 'field-wrong-type', field, expected, found }, start);
    return false;
  }

  /** A fault of the entry called `name`, at the bytes from `start` to the cursor. */
  #addAt(name: string, fault: EntryFault, start: number, verdict = NOT_DESERIALIZED): void {
    const bytes = this.#range(start, this.#cursor.pos);
    this.#faults.add({ ...fault, file: this.#file, bytes, tensor: name, ...verdict });
  }

  #range(start: number, end: number): ByteRange {
    return { offset: this.#base + start, length: end - start };
  }

  #keyRange(): ByteRange {
    return this.#range(this.#cursor.keyStart, this.#cursor.keyEnd);
  }
}
