/** Goes through the messages of an ONNX file: holds fields against the format, counts what is spent, gathers faults. */
import { MAX_NAME_LENGTH, MAX_ONNX_DEPTH, MAX_ONNX_FIELDS, MAX_ONNX_TEXT_BYTES } from '../../bytes/limits.ts';
import type { ByteSource } from '../../bytes/source.ts';
import type { FaultCollector } from '../collector.ts';
import type { ByteRange } from '../place.ts';
import { BROKEN, ODD } from './faults.ts';
import type { FieldSpec, MessageSpec } from './schema.ts';
import { type Field, type Varint, Wire, WireStop } from './wire.ts';

/** More than is looked at: what follows is not read. */
export class BudgetStop extends Error {
  override readonly name = 'BudgetStop';
}

/** What is done with a field of a message; the bytes behind it need not be taken. */
type Visit = (field: Readonly<Field>, name: string) => void | Promise<unknown>;

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LENIENT = new TextDecoder('utf-8', { ignoreBOM: true });

export class Walker {
  readonly file: string;
  readonly size: number;
  readonly faults: FaultCollector;
  /** False when something was lost to a fault: what then seems to be missing says nothing. */
  complete = true;
  readonly #wire: Wire;
  /** The file ends before the message that it is. */
  #cut = false;
  #depth = 0;
  #fields = 0;
  #text = 0;

  constructor(source: ByteSource, faults: FaultCollector) {
    this.file = source.name;
    this.size = source.size;
    this.faults = faults;
    this.#wire = new Wire(source);
  }

  /**
   * Reads a message that begins here and ends at `end`. What is wrong inside of it ends it and nothing else; false then.
   * @throws {BudgetStop} when more than is looked at has been seen. @throws {ReadError}
   */
  async message(spec: MessageSpec, end: number, visit: Visit): Promise<boolean> {
    if (this.#depth === MAX_ONNX_DEPTH) {
      this.#limit('messages inside each other', MAX_ONNX_DEPTH, MAX_ONNX_DEPTH + 1);
      return false;
    }
    this.#depth += 1;
    try {
      await this.#fieldsOf(spec, end, visit);
      return true;
    } catch (error) {
      if (!(error instanceof WireStop)) throw error;
      this.complete = false;
      // where the file was cut everything ends too early
      if (!(this.#cut && end === this.size)) this.#malformed(spec.name, error, end);
      return false;
    } finally {
      this.#depth -= 1;
    }
  }

  /** A message in a field. */
  inner(spec: MessageSpec, { offset, length }: ByteRange, visit: Visit): Promise<boolean> {
    this.#wire.pos = offset;
    return this.message(spec, offset + length, visit);
  }

  async #fieldsOf(spec: MessageSpec, end: number, visit: Visit): Promise<void> {
    const wire = this.#wire;
    const field: Field = { number: 0, type: 0, at: 0, offset: 0, length: 0, value: 0 };
    const seen = new Map<number, ByteRange>();
    while (wire.pos < end) {
      if (!wire.ready) await wire.need();
      this.#count();
      try {
        wire.head(field, end);
      } catch (error) {
        if (!(error instanceof WireStop) || !this.#isCut(spec, field, error, end)) throw error;
      }
      const next = field.offset + field.length;
      const known = spec.fields.get(field.number);
      if (known !== undefined && this.#fits(spec, known, field)) {
        if (!known.repeated) this.#checkOnce(spec, known, field, seen);
        const done = visit(field, known.name);
        if (done !== undefined) await done;
      }
      wire.pos = next;
    }
  }

  /** Whether the model's last field is longer than the file: then what there is of it is read. */
  #isCut(spec: MessageSpec, field: Field, { problem, at }: WireStop, end: number): boolean {
    const cut = problem === 'beyond-message' && field.at === at && field.offset > at && end === this.size;
    if (!cut || this.#depth > 1 || spec.name !== 'ModelProto') return false;
    const expected = field.offset + field.length;
    const bytes = { offset: this.size, length: 0 };
    this.faults.add({
      kind: 'onnx-truncated',
      file: this.file,
      bytes,
      expected: Number.isSafeInteger(expected) ? expected : String(expected),
      actual: this.size,
      ...BROKEN,
    });
    this.complete = false;
    this.#cut = true;
    field.length = end - field.offset;
    return true;
  }

  #fits({ name: message }: MessageSpec, known: FieldSpec, field: Field): boolean {
    // numbers may be packed into one field, or stand one by one, whatever the format says
    if (field.type === known.type || (known.repeated && field.type === 2)) return true;
    const bytes = rangeOf(field);
    const fault = { kind: 'onnx-field-type', message, field: known.name, found: field.type } as const;
    this.faults.add({ ...fault, file: this.file, bytes, ...BROKEN });
    this.complete = false;
    return false;
  }

  #checkOnce(
    { name: message }: MessageSpec,
    known: FieldSpec,
    field: Field,
    seen: Map<number, ByteRange>,
  ): void {
    const first = seen.get(field.number);
    const bytes = rangeOf(field);
    if (first === undefined) {
      seen.set(field.number, bytes);
      return;
    }
    const fault = { kind: 'onnx-field-twice', message, field: known.name, first } as const;
    this.faults.add({ ...fault, file: this.file, bytes, ...BROKEN });
  }

  #malformed(
    message: string,
    { problem, at }: { problem: WireStop['problem']; at: number },
    end: number,
  ): void {
    const bytes = { offset: at, length: Math.max(0, end - at) };
    this.faults.add({ kind: 'onnx-malformed', file: this.file, bytes, message, problem, ...BROKEN });
    this.complete = false;
  }

  /** The text in a field; undefined where it is longer than `limit` bytes. `what` names it in words. */
  async text(
    { offset, length }: Readonly<Field>,
    what: string,
    limit: number = MAX_NAME_LENGTH,
  ): Promise<string | undefined> {
    const bytes = { offset, length };
    if (length > limit) {
      this.#limit(`bytes of ${what}`, limit, length, bytes);
      return undefined;
    }
    this.#text += length;
    if (this.#text > MAX_ONNX_TEXT_BYTES) {
      this.#limit('bytes of names and texts', MAX_ONNX_TEXT_BYTES, this.#text, bytes);
      throw new BudgetStop();
    }
    this.#wire.pos = offset;
    if (!this.#wire.has(length)) await this.#wire.need(length);
    const raw = this.#wire.bytes(length);
    try {
      return STRICT.decode(raw);
    } catch {
      this.faults.add({ kind: 'onnx-not-utf8', file: this.file, bytes, what, ...ODD });
      return LENIENT.decode(raw);
    }
  }

  /** The numbers in a field, one or packed; undefined where there are more than `limit`. */
  async numbers(field: Readonly<Field>, limit: number): Promise<readonly Varint[] | undefined> {
    if (field.type === 0) return [field.value];
    const { offset, length } = field;
    if (length > 10 * limit) return undefined;
    const wire = this.#wire;
    wire.pos = offset;
    const end = offset + length;
    if (!wire.has(length)) await wire.need(length);
    const found: Varint[] = [];
    while (wire.pos < end && found.length <= limit) found.push(wire.varint(end));
    return found.length > limit ? undefined : found;
  }

  /**
   * How many numbers are packed into these bytes; they are gone through without being kept.
   * @throws {WireStop} when the last one is cut off.
   */
  async countNumbers({ offset, length }: ByteRange): Promise<number> {
    const wire = this.#wire;
    const end = offset + length;
    let count = 0;
    let run = 0;
    for (wire.pos = offset; wire.pos < end; ) {
      const step = Math.min(end - wire.pos, COUNTED_AT_ONCE);
      await wire.need(step);
      for (const byte of wire.bytes(step)) {
        run += 1;
        if (byte < 0x80) {
          count += 1;
          run = 0;
        } else if (run === 10) throw new WireStop('varint-too-long', wire.pos);
      }
      wire.pos += step;
    }
    if (run > 0) throw new WireStop('packed-uneven', offset);
    return count;
  }

  /** The bytes of a field; callers bound its length. */
  async bytes({ offset, length }: ByteRange): Promise<Uint8Array> {
    this.#wire.pos = offset;
    await this.#wire.need(length);
    return this.#wire.bytes(length).slice();
  }

  /** Says that something is more than is looked at. */
  #limit(what: string, limit: number, actual: number, bytes?: ByteRange): void {
    this.complete = false;
    const place = bytes === undefined ? {} : { bytes };
    this.faults.add({ kind: 'limit-exceeded', file: this.file, ...place, what, limit, actual });
  }

  /** Ends the reading where there are more of something than is looked at. @throws {BudgetStop} */
  bound(what: string, limit: number, actual: number): void {
    if (actual <= limit) return;
    this.#limit(what, limit, actual);
    throw new BudgetStop();
  }

  #count(): void {
    this.#fields += 1;
    if (this.#fields > MAX_ONNX_FIELDS) this.bound('fields', MAX_ONNX_FIELDS, this.#fields);
  }
}

const COUNTED_AT_ONCE = 64 * 1024;

/** A field with its tag. */
function rangeOf({ at, offset, length }: Field): ByteRange {
  return { offset: at, length: offset + length - at };
}
