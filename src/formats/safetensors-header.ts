/**
 * The JSON header of a safetensors file, entry by entry. It reports what the reference reader refuses and what
 * it lets pass against the written format, and keeps every entry that still makes sense.
 * Where the tensors lie in the file is not looked at here: see `safetensors-layout.ts`.
 */
import { MAX_TENSORS } from '../bytes/limits.ts';
import type { FaultCollector } from './collector.ts';
import { ACCEPTS, type ByteRange, refuses } from './fault.ts';
import { kindInWords } from './json.ts';
import { JsonCursor } from './json-cursor.ts';
import { firstInvalidUtf8, JsonSyntaxError } from './json-syntax.ts';
import { type Entry, EntryReader, NOT_DESERIALIZED } from './safetensors-entry.ts';

/** A name that stands twice. The reference keeps the last, so `dropped` is not among the entries. */
interface Repeated {
  readonly dropped: Entry;
  readonly kept: Entry;
}

export interface Header {
  /** By name, in the order of the file; the last of a name that stands twice. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly repeated: readonly Repeated[];
  readonly metadata: ReadonlyMap<string, string>;
  /** False when an entry was lost to a fault: what the layout then seems to lack says nothing. */
  readonly complete: boolean;
}

/**
 * Reads the header that `bytes` holds; they begin at `base` in the file. Never throws for what stands in them.
 */
export function readHeader(file: string, bytes: Uint8Array, base: number, faults: FaultCollector): Header {
  return new HeaderReader(file, bytes, base, faults).read();
}

class HeaderReader {
  readonly #file: string;
  readonly #bytes: Uint8Array;
  readonly #base: number;
  readonly #faults: FaultCollector;
  #cursor: JsonCursor;
  readonly #entries = new Map<string, Entry>();
  readonly #repeated: Repeated[] = [];
  readonly #metadata = new Map<string, string>();
  #metadataAt: ByteRange | undefined;
  #complete = true;
  #seen = 0;

  constructor(file: string, bytes: Uint8Array, base: number, faults: FaultCollector) {
    this.#file = file;
    this.#bytes = bytes;
    this.#base = base;
    this.#faults = faults;
    this.#cursor = new JsonCursor(bytes);
  }

  read(): Header {
    try {
      this.#readRoot();
    } catch (error) {
      if (!(error instanceof JsonSyntaxError)) throw error;
      this.#addSyntax(error);
      if (error.problem !== 'trailing-data') this.#complete = false;
    }
    return {
      entries: this.#entries,
      repeated: this.#repeated,
      metadata: this.#metadata,
      complete: this.#complete,
    };
  }

  #readRoot(): void {
    const bytes = this.#bytes;
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
      this.#addSyntax(new JsonSyntaxError('byte-order-mark', 0, 3, '“{”', 'a byte order mark'));
      this.#cursor = new JsonCursor(bytes, 3);
    }
    const cursor = this.#cursor;
    const before = cursor.pos;
    const kind = cursor.kind();
    if (cursor.pos > before) {
      const space = this.#range(before, cursor.pos);
      this.#faults.add({ kind: 'header-leading-whitespace', file: this.#file, bytes: space, ...ACCEPTS });
    }
    if (kind !== 'object') {
      const start = cursor.pos;
      cursor.skip();
      const at = this.#range(start, cursor.pos);
      const found = kindInWords(kind);
      this.#faults.add({
        kind: 'header-not-object',
        file: this.#file,
        bytes: at,
        found,
        ...NOT_DESERIALIZED,
      });
      this.#addNotUtf8();
      this.#complete = false;
      return;
    }
    const entries = new EntryReader(this.#file, this.#base, cursor, this.#faults);
    cursor.enterObject();
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
      if (key === '__metadata__') this.#readMetadata(this.#keyRange());
      else this.#readTensor(entries, key);
    }
    const padding = cursor.pos;
    cursor.end();
    const odd = this.#bytes.subarray(padding).findIndex((byte) => byte !== 0x20);
    if (odd !== -1) {
      const at = this.#range(padding + odd, bytes.length);
      const found = cursor.describe(padding + odd);
      this.#faults.add({ kind: 'header-odd-padding', file: this.#file, bytes: at, found, ...ACCEPTS });
    }
  }

  #addSyntax({ problem, offset, length, expected, found }: JsonSyntaxError): void {
    const invalid = problem === 'byte-order-mark' ? undefined : this.#addNotUtf8();
    if (invalid === offset || problem === 'not-utf8') return;
    const file = this.#file;
    const bytes = this.#range(offset, offset + length);
    this.#faults.add({ kind: 'header-not-json', file, bytes, problem, expected, found, ...NOT_DESERIALIZED });
  }

  /**
   * Reports the first byte of the header that is not UTF-8, and returns its place. Asked when reading has
   * stopped for another reason: the reference checks this before anything else.
   */
  #addNotUtf8(): number | undefined {
    const invalid = firstInvalidUtf8(this.#bytes);
    if (invalid === undefined) return undefined;
    const found = this.#cursor.describe(invalid);
    const bytes = this.#range(invalid, invalid + 1);
    this.#faults.add({
      kind: 'header-not-utf8',
      file: this.#file,
      bytes,
      found,
      ...refuses('InvalidHeader'),
    });
    return invalid;
  }

  #range(start: number, end: number): ByteRange {
    return { offset: this.#base + start, length: end - start };
  }

  #keyRange(): ByteRange {
    return this.#range(this.#cursor.keyStart, this.#cursor.keyEnd);
  }

  #readMetadata(at: ByteRange): void {
    const cursor = this.#cursor;
    const file = this.#file;
    if (this.#metadataAt === undefined) this.#metadataAt = at;
    else {
      const first = this.#metadataAt;
      this.#faults.add({ kind: 'duplicate-metadata', file, bytes: at, first, ...NOT_DESERIALIZED });
    }
    const kind = cursor.kind();
    if (kind !== 'object') {
      cursor.skip();
      if (kind === 'null') this.#faults.add({ kind: 'metadata-null', file, bytes: at, ...ACCEPTS });
      else {
        const found = kindInWords(kind);
        this.#faults.add({ kind: 'metadata-not-object', file, bytes: at, found, ...NOT_DESERIALIZED });
      }
      return;
    }
    const keys = new Map<string, ByteRange>();
    cursor.enterObject();
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
      const bytes = this.#keyRange();
      const first = keys.get(key);
      if (first === undefined) keys.set(key, bytes);
      else this.#faults.add({ kind: 'duplicate-metadata-key', file, bytes, key, first, ...ACCEPTS });
      const value = cursor.kind();
      if (value === 'string') this.#metadata.set(key, cursor.string());
      else {
        cursor.skip();
        const found = kindInWords(value);
        this.#faults.add({ kind: 'metadata-not-string', file, bytes, key, found, ...NOT_DESERIALIZED });
      }
    }
  }

  #readTensor(entries: EntryReader, name: string): void {
    this.#seen += 1;
    if (this.#seen === MAX_TENSORS + 1) {
      this.#faults.add({
        kind: 'limit-exceeded',
        file: this.#file,
        what: 'tensors in a file',
        limit: MAX_TENSORS,
        actual: this.#seen,
      });
    }
    const entry = this.#seen > MAX_TENSORS ? this.#cursor.skip() : entries.read(name);
    if (entry === undefined) this.#complete = false;
    else this.#keep(entry);
  }

  #keep(entry: Entry): void {
    const dropped = this.#entries.get(entry.name);
    if (dropped !== undefined) this.#repeated.push({ dropped, kept: entry });
    this.#entries.set(entry.name, entry);
  }
}
