/** Checkpoints as torch.save has written them since 1.6: a zip with a pickle and one entry for each storage. */
import { HEAD_BYTES, MAX_ZIP_PICKLES } from '../../bytes/limits.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { FaultCollector } from '../collector.ts';
import type { FileContent } from '../reader.ts';
import { recognise } from '../recognise.ts';
import type { RecordSum } from '../record-sums.ts';
import { unread } from '../unread.ts';
import { PickleLog } from './pickle-log.ts';
import {
  type PickleReport,
  type PickleStream,
  reportPickle,
  runPickles,
  unreadPickle,
} from './pickle-report.ts';
import { looksLikePickle } from './sniff.ts';
import { readState } from './state-dict.ts';
import { type StorageRef, storageRef } from './tensor-call.ts';
import { placeTensors, type StoragePlace } from './tensors.ts';
import { weightsOnlyAnswer } from './weights-only-answer.ts';
import { readZip } from './zip.ts';
import { entryHead, readEntry } from './zip-contents.ts';
import { DEFLATED, foldedName, STORED, type ZipEntry } from './zip-entry.ts';
import { zipFault } from './zip-kind.ts';
import { reportPrograms } from './zip-programs.ts';

const PICKLE = 'data.pkl';

/** Bytes of the record of the byte order, which is a word. */
const MAX_WORD = 64;

/** Reads a zip; one that is no checkpoint is judged for the pickles in it. @throws {ReadError} */
export async function readTorchZip(source: ByteSource, index: number): Promise<FileContent> {
  const faults = new FaultCollector(source.name);
  return new ZipReader(source, index, faults).read();
}

/** A pickle that was run, and what it was run with. */
interface Judged extends PickleStream {
  readonly log: PickleLog;
  /** Where its bytes stand; 0 where they are deflated. */
  readonly base: number;
}

class ZipReader {
  readonly #source: ByteSource;
  readonly #index: number;
  readonly #faults: FaultCollector;
  readonly #pickles: PickleReport[] = [];
  #tensors: FileContent['tensors'] = [];
  #metadata: FileContent['metadata'] = new Map();
  #sums: readonly RecordSum[] = [];
  #dataAt: number;

  constructor(source: ByteSource, index: number, faults: FaultCollector) {
    this.#source = source;
    this.#index = index;
    this.#faults = faults;
    this.#dataAt = source.size;
  }

  async read(): Promise<FileContent> {
    const { name: path, size } = this.#source;
    const head = await this.#source.read(0, Math.min(HEAD_BYTES, size));
    const archive = await readZip(this.#source, this.#faults);
    const entries = archive?.entries ?? [];
    const main = mainPickle(entries);
    if (archive !== undefined) {
      const names = entries.map(({ name }) => name);
      reportPrograms(path, names, this.#faults);
      const storages = main === undefined ? new Set<ZipEntry>() : await this.#readCheckpoint(entries, main);
      await this.#judgeOthers(entries, main, storages);
      if (main === undefined) this.#faults.add(zipFault(path, names));
    } else {
      // a zip that is cut off may still be known by its beginning
      const known = recognise(head);
      if (known?.id !== 'pytorch-zip') this.#faults.add(unread(path, known));
    }
    return {
      file: { path, size, format: 'pytorch', headerLength: this.#dataAt },
      tensors: this.#tensors,
      metadata: this.#metadata,
      faults: this.#faults.list(),
      ...(this.#pickles.length === 0 ? {} : { pickles: this.#pickles }),
      ...(main === undefined ? { weightless: true } : { sums: this.#sums }),
    };
  }

  /** The entries that are storages: those that the pickle refers to. */
  async #readCheckpoint(entries: readonly ZipEntry[], main: ZipEntry): Promise<ReadonlySet<ZipEntry>> {
    const judged = await this.#judge(main);
    if (judged === undefined) return new Set();
    const { log, values, base, firstEnd, broken } = judged;
    const { name: path, size } = this.#source;
    const top = main.name.slice(0, -PICKLE.length);
    // the first of two: that they are two is a fault
    const byName = new Map([...entries].reverse().map((entry) => [foldedName(entry.name), entry]));
    const entryOf = (name: string) => byName.get(foldedName(`${top}${name}`));
    const bigEndian = await this.#isBigEndian(entryOf('byteorder'));
    const [root] = values;
    if (root !== undefined) {
      const { tensors, metadata } = readState(root, path, this.#faults);
      const place = ({ key }: StorageRef): StoragePlace | string => {
        const record = `${top}data/${key}`;
        const entry = entryOf(`data/${key}`);
        if (entry?.data === undefined) return record;
        const found = { offset: entry.data, length: entry.packed, record };
        return entry.method === STORED ? found : { ...found, deflated: true };
      };
      this.#metadata = metadata;
      this.#tensors = placeTensors(
        tensors,
        { path, index: this.#index, size, bigEndian, place },
        this.#faults,
      );
      this.#dataAt = this.#tensors.reduce((first, { offset }) => Math.min(first, offset), size);
      if (tensors.length === 0) this.#faults.add({ kind: 'pickle-without-tensors', file: path });
    }
    const weightsOnly = weightsOnlyAnswer({
      rules: log.weightsOnly,
      end: base + (root === undefined ? Number.POSITIVE_INFINITY : firstEnd),
      broken: root === undefined ? broken : undefined,
      faults: this.#faults.list(),
      container: containerRefusal(entries, top, entryOf),
    });
    if (weightsOnly !== undefined) this.#pickles[0] = { ...(this.#pickles[0] as PickleReport), weightsOnly };
    const storages = storagesOf(log, entryOf);
    // the same bytes as a thousand entries would be read a thousand times
    const overlap = this.#faults.has('zip-overlap');
    this.#sums = [...storages].flatMap(({ name: record, data, packed, method, crc }) =>
      data === undefined || method !== STORED || overlap
        ? []
        : [{ file: this.#index, record, offset: data, length: packed, crc }],
    );
    return storages;
  }

  /** torch takes a file without the record for little-endian. */
  async #isBigEndian(entry: ZipEntry | undefined): Promise<boolean> {
    if (entry === undefined) return false;
    const invalid = (found: string) => {
      this.#faults.add({ kind: 'byteorder-invalid', file: this.#source.name, found });
      return false;
    };
    if (entry.size > MAX_WORD) return invalid(`${entry.size} bytes`);
    const found = await readEntry(this.#source, entry, this.#faults);
    if (found === undefined) return false;
    const order = new TextDecoder().decode(found.bytes);
    return order === 'little' || order === 'big' ? order === 'big' : invalid(order);
  }

  /** Runs the pickle in an entry and keeps its verdict; undefined where its bytes cannot be had. */
  async #judge(entry: ZipEntry): Promise<Judged | undefined> {
    const { name: file } = this.#source;
    const place = { file, entry: entry.name };
    const found = await readEntry(this.#source, entry, this.#faults);
    if (found === undefined) {
      this.#pickles.push(unreadPickle(place, 'its bytes cannot be had'));
      return undefined;
    }
    const { bytes, base } = found;
    const log = new PickleLog();
    if (entry.method === DEFLATED) log.odd(entry.data ?? entry.header, 'compressed');
    const stream = runPickles(bytes, log, base);
    const whole = stream.values.length > 0;
    const count = bytes.length - stream.firstEnd;
    if (whole && count > 0) {
      this.#faults.add({ kind: 'pickle-trailing-bytes', file, entry: entry.name, count });
    }
    this.#pickles.push(reportPickle(place, log, whole ? undefined : stream.broken));
    return { ...stream, log, base };
  }

  /** Judges whatever else in the archive is a pickle, whatever it is called, and names archives within it. */
  async #judgeOthers(
    entries: readonly ZipEntry[],
    main: ZipEntry | undefined,
    storages: ReadonlySet<ZipEntry>,
  ): Promise<void> {
    const { name: file } = this.#source;
    let looked = 0;
    for (const entry of entries) {
      if (entry === main || storages.has(entry)) continue;
      const named = /\.(?:pkl|pickle)$/i.test(entry.name);
      if (!named) {
        const head = await entryHead(this.#source, entry, HEAD_BYTES);
        this.#reportArchive(entry, head);
        if (!looksLikePickle(head)) continue;
      }
      looked += 1;
      if (looked > MAX_ZIP_PICKLES) {
        const reason = `more than ${MAX_ZIP_PICKLES} pickles in the archive`;
        this.#faults.add({ kind: 'pickle-not-run', file, entry: entry.name, reason });
        return;
      }
      await this.#judge(entry);
      if (!named) this.#faults.add({ kind: 'disguised-pickle', file, entry: entry.name });
      else if (main !== undefined && /(?:^|\/)data\.pkl$/i.test(entry.name)) {
        this.#faults.add({ kind: 'second-pickle', file, entry: entry.name, other: main.name });
      }
    }
  }

  #reportArchive({ name: entry }: ZipEntry, head: Uint8Array): void {
    const found = recognise(head);
    if (found?.nature !== 'archive' && !/zip/.test(found?.id ?? '')) return;
    const title = found?.title ?? '';
    this.#faults.add({ kind: 'nested-archive', file: this.#source.name, entry, title });
  }
}

/** The pickle that torch loads: in the top folder of the first entry, whatever the case of its letters. */
function mainPickle(entries: readonly ZipEntry[]): ZipEntry | undefined {
  const first = entries[0]?.name ?? '';
  const slash = first.indexOf('/');
  if (slash === -1) return undefined;
  const name = `${first.slice(0, slash)}/${PICKLE}`;
  return (
    entries.find((entry) => entry.name === name) ??
    entries.find((entry) => foldedName(entry.name) === foldedName(name))
  );
}

/** The storages that a pickle refers to. */
function storagesOf(
  { persistents }: PickleLog,
  entryOf: (name: string) => ZipEntry | undefined,
): ReadonlySet<ZipEntry> {
  const storages = new Set<ZipEntry>();
  for (const persistent of persistents) {
    const storage = storageRef(persistent);
    const entry = typeof storage === 'string' ? undefined : entryOf(`data/${storage.key}`);
    if (entry !== undefined) storages.add(entry);
  }
  return storages;
}

/** Why torch does not open the archive for weights alone. Source: torch `inline_container.cc`, `serialization.py`. */
function containerRefusal(
  entries: readonly ZipEntry[],
  top: string,
  entryOf: (name: string) => ZipEntry | undefined,
): string | undefined {
  if (entryOf('constants.pkl') !== undefined) return 'it is TorchScript';
  if ((entryOf('version') ?? entryOf('.data/version')) === undefined) return 'it has no version';
  const outside = entries.find(({ name }) => !name.startsWith(top));
  return outside === undefined ? undefined : 'an entry of its archive lies outside of its folder';
}
