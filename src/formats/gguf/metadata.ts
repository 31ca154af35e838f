/**
 * The metadata of a GGUF file: keys with typed values. Strings are kept as they stand, numbers as text; of a
 * long array only its length and type are, and it is passed over without being held. A template for chat is a
 * program in another language: here it is text like any other.
 */
import { MAX_GGUF_ENTRIES, MAX_METADATA_BYTES } from '../../bytes/limits.ts';
import type { FaultCollector } from '../collector.ts';
import type { ByteRange } from '../place.ts';
import { beyond, type Cursor, HeaderStop } from './cursor.ts';
import { GGML_ACCEPTS, GGML_REFUSES } from './faults.ts';
import { checkedLength, readString, shortest } from './string.ts';
import { ARRAY, BOOL, INT32, STRING, valueType } from './types.ts';

/** Values of an array that are kept. */
const LONGEST_SHOWN = 16;

/** How ComfyUI-GGUF notes a tensor's own shape; the tensor's name follows. Source: its `tools/convert.py`. */
const SHAPE_NOTE = 'comfy.gguf.orig_shape.';

/** Keys whose numbers the rest of the file is read by. */
const COUNTS = new Set(['general.file_type', 'split.no', 'split.count']);

/** ggml's alignment where the file says none (`GGUF_DEFAULT_ALIGNMENT`). */
const DEFAULT_ALIGNMENT = 32;

/** A note of a tensor's own shape, and where its key stands. */
export interface ShapeNote {
  /** Undefined where the note is no array of INT32. */
  readonly shape: readonly number[] | undefined;
  /** What the value is, in words. */
  readonly found: string;
  readonly bytes: ByteRange;
}

export interface Metadata {
  /** Without the notes of shapes. */
  readonly texts: ReadonlyMap<string, string>;
  /** By the tensor's name. */
  readonly shapes: ReadonlyMap<string, ShapeNote>;
  /** Bytes that the data and each tensor begin at a multiple of. */
  readonly alignment: number;
  /** What `general.file_type` says the file was quantised to. */
  readonly fileType?: number;
  /** Which of several files this is, from 0, and how many there are. */
  readonly split?: { readonly part: number; readonly of: number };
}

/** One value: the text it is kept as, undefined where it is too long for that, and what it is in words. */
interface Value {
  readonly text: string | undefined;
  readonly found: string;
  /** The numbers of a short array of INT32. */
  readonly list?: readonly number[];
}

/** Reads metadata off a cursor that stands at the first key. */
export class MetadataReader {
  readonly #file: string;
  readonly #cursor: Cursor;
  readonly #faults: FaultCollector;
  readonly #keys = new Map<string, ByteRange>();
  readonly #texts = new Map<string, string>();
  readonly #shapes = new Map<string, ShapeNote>();
  /** The whole numbers that the rest of the file is read by. */
  readonly #numbers = new Map<string, number>();
  #alignment = DEFAULT_ALIGNMENT;
  #kept = 0;

  constructor(file: string, cursor: Cursor, faults: FaultCollector) {
    this.#file = file;
    this.#cursor = cursor;
    this.#faults = faults;
  }

  /** @throws {HeaderStop} where nothing after a fault can be read. @throws {ReadError} */
  async read(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      if (index === MAX_GGUF_ENTRIES)
        throw beyond(this.#file, 'keys of the metadata', MAX_GGUF_ENTRIES, count);
      await this.#readPair();
    }
  }

  /** What was read until now. */
  get metadata(): Metadata {
    const fileType = this.#numbers.get('general.file_type');
    const [part, of] = [this.#numbers.get('split.no'), this.#numbers.get('split.count')];
    return {
      texts: this.#texts,
      shapes: this.#shapes,
      alignment: this.#alignment,
      ...(fileType === undefined ? {} : { fileType }),
      ...(part === undefined || of === undefined ? {} : { split: { part, of } }),
    };
  }

  async #readPair(): Promise<void> {
    const cursor = this.#cursor;
    const offset = cursor.pos;
    const file = this.#file;
    cursor.checkEnd();
    const key = await readString(cursor, 'a key of the metadata', file, this.#faults);
    const bytes = { offset, length: cursor.pos - offset };
    if (key === '') this.#faults.add({ kind: 'gguf-key-empty', file, bytes, ...GGML_REFUSES });
    const first = key === undefined ? undefined : this.#keys.get(key);
    if (key !== undefined && first !== undefined) {
      this.#faults.add({ kind: 'gguf-key-twice', file, bytes, key, first, ...GGML_REFUSES });
    }
    await cursor.need(4, 'the type of a value');
    const value = await this.#value(key ?? '', cursor.u32());
    // of a key that stands twice the first counts: readers look a key up from the start
    if (key === undefined || first !== undefined) return;
    this.#keys.set(key, bytes);
    if (key.startsWith(SHAPE_NOTE)) {
      const { list: shape, found } = value;
      this.#shapes.set(key.slice(SHAPE_NOTE.length), { shape, found, bytes });
      return;
    }
    this.#texts.set(key, value.text ?? value.found);
    if (key === 'general.alignment') this.#align(value, bytes);
  }

  #align({ text, found }: Value, bytes: ByteRange): void {
    const alignment = Number(text);
    // as a number of 32 bits, which is what the bits of a power of two can be asked of
    if (found === 'UINT32' && alignment !== 0 && (alignment & (alignment - 1)) === 0) {
      this.#alignment = alignment;
      return;
    }
    const said = text === undefined ? found : `${text} (${found})`;
    this.#faults.add({ kind: 'gguf-alignment', file: this.#file, bytes, found: said, ...GGML_REFUSES });
  }

  async #value(key: string, type: number): Promise<Value> {
    const cursor = this.#cursor;
    if (type === ARRAY) return this.#array(key);
    const { name, size } = this.#known(key, type, false);
    if (type === STRING) {
      const text = await readString(cursor, 'a value of the metadata', this.#file, this.#faults);
      const kept = text !== undefined && this.#spend(text.length);
      return kept ? { text, found: name } : { text: undefined, found: 'a string too long to be kept' };
    }
    await cursor.need(size, 'a value of the metadata');
    const text = this.#scalar(key, type);
    if (COUNTS.has(key)) this.#numbers.set(key, Number(text));
    return { text: this.#spend(text.length) ? text : undefined, found: name };
  }

  async #array(key: string): Promise<Value> {
    const cursor = this.#cursor;
    const what = 'an array of the metadata';
    await cursor.need(12, what);
    const type = cursor.u32();
    const { name, size } = this.#known(key, type, true);
    const at = cursor.pos;
    const count = checkedLength(cursor.u64(), what, this.#file, at);
    const found = `an array of ${count} ${name}`;
    // a string takes at least its length
    if (count * size > cursor.left) cursor.cut(what);
    if (count > LONGEST_SHOWN) {
      if (type === STRING) await this.#walkStrings(count, what);
      else cursor.skip(count * size, what);
      return { text: undefined, found };
    }
    const items: string[] = [];
    for (let index = 0; index < count; index += 1) {
      if (type === STRING) {
        const text = await readString(cursor, what, this.#file, this.#faults);
        items.push(text === undefined || !this.#spend(text.length) ? '…' : JSON.stringify(text));
      } else {
        await cursor.need(size, what);
        items.push(this.#scalar(key, type));
      }
    }
    return {
      text: `[${items.join(', ')}]`,
      found,
      ...(type === INT32 ? { list: items.map(Number) } : {}),
    };
  }

  /** The type's name and bytes; a string counts for the bytes of its length. */
  #known(key: string, type: number, inArray: boolean): { readonly name: string; readonly size: number } {
    const known = valueType(type);
    const file = this.#file;
    const bytes = { offset: this.#cursor.pos - 4, length: 4 };
    if (known === undefined) {
      throw new HeaderStop({ kind: 'gguf-value-type', file, bytes, key, type, inArray, ...GGML_REFUSES });
    }
    if (type === ARRAY)
      throw new HeaderStop({ kind: 'gguf-array-nested', file, bytes, key, ...GGML_REFUSES });
    return { name: known.name, size: known.size ?? 8 };
  }

  /** Passes over strings by their lengths alone. */
  async #walkStrings(count: number, what: string): Promise<void> {
    const cursor = this.#cursor;
    for (let index = 0; index < count; index += 1) {
      if (!cursor.has(8)) await cursor.need(8, what);
      const at = cursor.pos;
      // two halves as numbers: millions of strings are walked, and most are short
      const [low, high] = [cursor.u32(), cursor.u32()];
      const length = high === 0 ? low : (BigInt(high) << 32n) | BigInt(low);
      cursor.skip(checkedLength(length, what, this.#file, at), what);
      cursor.checkEnd();
    }
  }

  #scalar(key: string, type: number): string {
    const cursor = this.#cursor;
    switch (type) {
      case 0:
        return String(cursor.u8());
      case 1:
        return String(cursor.i8());
      case 2:
        return String(cursor.u16());
      case 3:
        return String(cursor.i16());
      case 4:
        return String(cursor.u32());
      case INT32:
        return String(cursor.i32());
      case 6:
        return shortest(cursor.f32());
      case BOOL: {
        const bytes = { offset: cursor.pos, length: 1 };
        const found = cursor.u8();
        if (found > 1) {
          this.#faults.add({ kind: 'gguf-bool', file: this.#file, bytes, key, found, ...GGML_ACCEPTS });
        }
        return String(found !== 0);
      }
      case 10:
        return String(cursor.u64());
      case 11:
        return String(cursor.i64());
      default:
        return String(cursor.f64());
    }
  }

  /** Takes so many letters of what may be kept; false, and a fault, when that is spent. */
  #spend(letters: number): boolean {
    const before = this.#kept;
    this.#kept += letters;
    if (this.#kept <= MAX_METADATA_BYTES) return true;
    if (before <= MAX_METADATA_BYTES) {
      this.#faults.add({
        kind: 'limit-exceeded',
        file: this.#file,
        what: 'letters of the metadata',
        limit: MAX_METADATA_BYTES,
        actual: this.#kept,
      });
    }
    return false;
  }
}
