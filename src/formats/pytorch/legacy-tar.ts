/**
 * Checkpoints of torch 0.1.1: a tar archive of `sys_info`, `storages`, `tensors` and `pickle`, each pickles with raw
 * bytes between them. Source: torch `serialization.py`, `legacy_load`.
 */
import { MAX_RANK, MAX_TENSORS } from '../../bytes/limits.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { FaultCollector } from '../collector.ts';
import type { FileContent } from '../reader.ts';
import { isModelFile } from '../weights-names.ts';
import { type ElementType, storageElement } from './element.ts';
import { PickleLog } from './pickle-log.ts';
import type { Broken } from './pickle-machine.ts';
import { reportPickle } from './pickle-report.ts';
import { integerOf, ofKind, type PickleValue } from './pickle-value.ts';
import { readState } from './state-dict.ts';
import { readTar, type TarEntry } from './tar.ts';
import type { StorageRef, TensorCall } from './tensor-call.ts';
import { placeTensors, type StoragePlace } from './tensors.ts';
import { buffered, runPickleAt } from './window.ts';

/** Models that are named of an archive that is no checkpoint itself. */
const NAMED = 5;

/** Reads a tar; one that is no checkpoint is none. @throws {ReadError} */
export async function readLegacyTar(file: ByteSource, index: number): Promise<FileContent> {
  // thousands of pickles stand in it, of a hundred bytes each
  const source = buffered(file);
  const faults = new FaultCollector(source.name);
  const entries = await readTar(source, faults);
  return new TarReader(source, index, entries, faults).read();
}

const REFUSED = { takes: false, reason: 'it is of the tar container' } as const;

interface Storage extends StoragePlace {
  readonly element: ElementType;
  readonly count: number;
}

/** The reading of one entry, from pickle to pickle. */
interface Place {
  at: number;
  readonly until: number;
}

class TarReader {
  readonly #source: ByteSource;
  readonly #index: number;
  readonly #entries: ReadonlyMap<string, TarEntry>;
  readonly #faults: FaultCollector;
  readonly #log = new PickleLog();
  readonly #storages = new Map<string, Storage>();
  readonly #tensors = new Map<string, TensorCall>();
  #broken: Broken | undefined;

  constructor(
    source: ByteSource,
    index: number,
    entries: ReadonlyMap<string, TarEntry>,
    faults: FaultCollector,
  ) {
    this.#source = source;
    this.#index = index;
    this.#entries = entries;
    this.#faults = faults;
  }

  async read(): Promise<FileContent> {
    const { name: path, size } = this.#source;
    const empty = { tensors: [], metadata: new Map<string, string>() };
    const file = { path, size, format: 'pytorch', headerLength: 0 } as const;
    const pickle = this.#entries.get('pickle');
    if (pickle === undefined) {
      const inside = [...this.#entries.keys()].filter(isModelFile).slice(0, NAMED);
      const named = inside.length === 0 ? {} : { inside };
      this.#faults.add({ kind: 'packed-archive', file: path, format: 'tar', title: 'tar archive', ...named });
      return { file, ...empty, faults: this.#faults.list(), weightless: true };
    }
    const system = await this.#only('sys_info');
    await this.#readStorages();
    await this.#readTensors();
    const root = await this.#only('pickle');
    const pickles = [{ ...reportPickle({ file: path }, this.#log, this.#broken), weightsOnly: REFUSED }];
    if (root === undefined) return { file, ...empty, faults: this.#faults.list(), pickles };
    const resolve = (id: PickleValue) => this.#tensors.get(keyOf(id) ?? '');
    const { tensors: named, metadata } = readState(root, path, this.#faults, resolve);
    const bigEndian = ofKind(system, 'dict')?.entries.get('little_endian') === false;
    const place = ({ key }: StorageRef) => this.#storages.get(key) ?? key;
    const where = { path, index: this.#index, size, bigEndian, place };
    const tensors = placeTensors(named, where, this.#faults);
    if (named.length === 0) this.#faults.add({ kind: 'pickle-without-tensors', file: path });
    return { file, tensors, metadata, faults: this.#faults.list(), pickles };
  }

  /** What the one pickle in an entry leaves. */
  async #only(name: string): Promise<PickleValue | undefined> {
    const place = this.#placeOf(name);
    return place === undefined ? undefined : this.#next(place);
  }

  #placeOf(name: string): Place | undefined {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return { at: entry.offset, until: entry.offset + entry.length };
    this.#invalid(this.#source.size, `it has no entry called ${name}`);
    return undefined;
  }

  /** Runs the next pickle. */
  async #next(place: Place): Promise<PickleValue | undefined> {
    const run = await runPickleAt(this.#source, place.at, place.until, this.#log);
    this.#broken ??= run.broken;
    place.at = run.end;
    return run.value;
  }

  async #view(place: Place, length: number): Promise<DataView | undefined> {
    if (place.at + length > place.until) {
      this.#invalid(place.at, 'an entry ends too early');
      return undefined;
    }
    const bytes = await this.#source.read(place.at, length);
    place.at += length;
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  /** A count, then for each storage a pickle of key, location and class, its elements' count and these; then views. */
  async #readStorages(): Promise<void> {
    const place = this.#placeOf('storages');
    if (place === undefined) return;
    const total = integerOf(await this.#next(place)) ?? 0;
    for (let i = 0; i < Math.min(total, MAX_TENSORS); i += 1) {
      const [key, , type] = itemsOf(await this.#next(place));
      const element = storageElement(type);
      const record = keyOf(key);
      if (element === undefined || record === undefined) {
        return this.#invalid(place.at, 'a storage without key or class');
      }
      const count = Number((await this.#view(place, 8))?.getBigInt64(0, true) ?? -1);
      const length = count * element.bytes;
      if (!(count >= 0 && place.at + length <= place.until)) {
        return this.#invalid(place.at, 'a storage that reaches beyond its entry');
      }
      this.#storages.set(record, { offset: place.at, length, record, element, count });
      place.at += length;
    }
    // storages that are views of others; torch wrote an empty list where there are none
    if (place.at === place.until) return;
    for (const view of itemsOf(await this.#next(place))) {
      const [target, root, offset, count] = itemsOf(view);
      const whole = this.#storages.get(keyOf(root) ?? '');
      const [key, from, elements] = [keyOf(target), integerOf(offset), integerOf(count)];
      if (whole === undefined || key === undefined || from === undefined || elements === undefined) {
        return this.#invalid(place.at, 'a view of a storage that is not there');
      }
      const { element, record } = whole;
      if (from < 0 || elements < 0 || from + elements > whole.count) {
        return this.#invalid(place.at, 'a view that reaches beyond its storage');
      }
      const [at, length] = [whole.offset + from * element.bytes, elements * element.bytes];
      this.#storages.set(key, { offset: at, length, record, element, count: elements });
    }
  }

  /** A count, then for each tensor a pickle of key, storage and class, and its shape, strides and offset. */
  async #readTensors(): Promise<void> {
    const place = this.#placeOf('tensors');
    if (place === undefined) return;
    const total = integerOf(await this.#next(place)) ?? 0;
    for (let i = 0; i < Math.min(total, MAX_TENSORS); i += 1) {
      const [key, storage] = itemsOf(await this.#next(place)).map(keyOf);
      const rank = (await this.#view(place, 8))?.getInt32(0, true) ?? -1;
      if (key === undefined || storage === undefined || rank < 0 || rank > MAX_RANK) {
        return this.#invalid(place.at, 'a tensor without key, storage or shape');
      }
      const numbers = await this.#view(place, (2 * rank + 1) * 8);
      if (numbers === undefined) return;
      const at = (index: number) => Number(numbers.getBigInt64(index * 8, true));
      const axes = Array.from({ length: rank }, (_, axis) => axis);
      const shape = axes.map(at);
      const strides = axes.map((axis) => at(rank + axis));
      this.#tensors.set(key, this.#call(storage, at(2 * rank), shape, strides));
    }
  }

  #call(key: string, offset: number, shape: readonly number[], strides: readonly number[]): TensorCall {
    const storage = this.#storages.get(key);
    if (storage === undefined) return { kind: 'invalid', reason: 'its storage is not there' };
    const { element, count } = storage;
    const counts = [offset, ...shape, ...strides];
    if (!counts.every((value) => Number.isSafeInteger(value) && value >= 0)) {
      return { kind: 'invalid', reason: 'its shape, strides or offset holds something that is no count' };
    }
    return {
      kind: 'tensor',
      storage: { key, element, count, viewOffset: 0 },
      element,
      offset,
      shape,
      strides,
    };
  }

  #invalid(offset: number, reason: string): void {
    this.#faults.add({ kind: 'tar-invalid', file: this.#source.name, bytes: { offset, length: 0 }, reason });
  }
}

function itemsOf(value: PickleValue | undefined): readonly PickleValue[] {
  return (ofKind(value, 'tuple') ?? ofKind(value, 'list'))?.items ?? [];
}

/** Keys are numbers, or their digits. */
function keyOf(value: PickleValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'bigint' ? value.toString() : integerOf(value)?.toString();
}
