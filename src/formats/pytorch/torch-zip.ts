/** Checkpoints as torch.save has written them since 1.6: a zip with a pickle and one entry for each storage. */
import { MAX_ZIP_PICKLES } from '../../bytes/limits.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { FaultCollector } from '../collector.ts';
import type { FileContent } from '../reader.ts';
import { recognise } from '../recognise.ts';
import { unread } from '../unread.ts';
import { PickleLog } from './pickle-log.ts';
import { type PickleReport, reportPickle, runPickles } from './pickle-report.ts';
import type { PickleValue } from './pickle-value.ts';
import { looksLikePickle } from './sniff.ts';
import { readState } from './state-dict.ts';
import type { StorageRef } from './tensor-call.ts';
import { placeTensors, type StoragePlace } from './tensors.ts';
import { readZip } from './zip.ts';
import { entryHead, readEntry } from './zip-contents.ts';
import { DEFLATED, STORED, type ZipEntry } from './zip-entry.ts';
import { zipFault } from './zip-kind.ts';

const PICKLE = 'data.pkl';

/** Bytes of an entry that tell whether it is a pickle. */
const SNIFFED = 64;

/** Reads a zip; one that is no checkpoint is judged for the pickles in it. @throws {ReadError} */
export async function readTorchZip(source: ByteSource, index: number): Promise<FileContent> {
  const faults = new FaultCollector(source.name);
  return new ZipReader(source, index, faults).read();
}

class ZipReader {
  readonly #source: ByteSource;
  readonly #index: number;
  readonly #faults: FaultCollector;
  readonly #pickles: PickleReport[] = [];
  #tensors: FileContent['tensors'] = [];
  #metadata: FileContent['metadata'] = new Map();
  #dataAt: number;

  constructor(source: ByteSource, index: number, faults: FaultCollector) {
    this.#source = source;
    this.#index = index;
    this.#faults = faults;
    this.#dataAt = source.size;
  }

  async read(): Promise<FileContent> {
    const head = await this.#source.read(0, Math.min(512, this.#source.size));
    const archive = await readZip(this.#source, this.#faults);
    const entries = archive?.entries ?? [];
    const main = mainPickle(entries);
    if (archive !== undefined) {
      this.#reportPrograms(entries);
      if (main !== undefined) await this.#readCheckpoint(entries, main);
      await this.#judgeOthers(entries, main);
    }
    const { name: path, size } = this.#source;
    // a zip that is cut off may still be known by its beginning
    if (archive === undefined) {
      const known = recognise(head);
      if (known?.id !== 'pytorch-zip') this.#faults.add(unread(path, known));
    } else if (main === undefined) {
      this.#faults.add(
        zipFault(
          path,
          entries.map((entry) => entry.name),
        ),
      );
    }
    return {
      file: { path, size, format: 'pytorch', headerLength: this.#dataAt },
      tensors: this.#tensors,
      metadata: this.#metadata,
      faults: this.#faults.list(),
      ...(this.#pickles.length === 0 ? {} : { pickles: this.#pickles }),
      ...(main === undefined ? { weightless: true } : {}),
    };
  }

  async #readCheckpoint(entries: readonly ZipEntry[], main: ZipEntry): Promise<void> {
    const root = await this.#judge(main);
    if (root === undefined) return;
    const { name: path, size } = this.#source;
    const top = main.name.slice(0, -PICKLE.length);
    const byName = new Map(entries.map((entry) => [entry.name, entry]));
    const bigEndian = await this.#isBigEndian(byName.get(`${top}byteorder`));
    const { tensors, metadata } = readState(root, path, this.#faults);
    const place = ({ key }: StorageRef): StoragePlace | string => {
      const record = `${top}data/${key}`;
      const entry = byName.get(record);
      if (entry?.data === undefined) return record;
      const found = { offset: entry.data, length: entry.packed, record };
      return entry.method === STORED ? found : { ...found, deflated: true };
    };
    this.#metadata = metadata;
    this.#tensors = placeTensors(tensors, { path, index: this.#index, size, bigEndian, place }, this.#faults);
    this.#dataAt = this.#tensors.reduce((first, { offset }) => Math.min(first, offset), size);
    if (tensors.length === 0) this.#faults.add({ kind: 'pickle-without-tensors', file: path });
  }

  /** torch takes a file without the record for little-endian. */
  async #isBigEndian(entry: ZipEntry | undefined): Promise<boolean> {
    if (entry === undefined || entry.size > SNIFFED) return false;
    const found = await readEntry(this.#source, entry, this.#faults);
    const order = new TextDecoder().decode(found?.bytes ?? new Uint8Array(0));
    if (order !== 'little' && order !== 'big' && found !== undefined) {
      this.#faults.add({ kind: 'byteorder-invalid', file: this.#source.name, found: order });
    }
    return order === 'big';
  }

  /** Runs the pickle in an entry and keeps its verdict; what the first pickle in it leaves. */
  async #judge(entry: ZipEntry): Promise<PickleValue | undefined> {
    const found = await readEntry(this.#source, entry, this.#faults);
    if (found === undefined) return undefined;
    const { bytes, base } = found;
    const log = new PickleLog();
    const { values, firstEnd, broken } = runPickles(bytes, log, base);
    const [first] = values;
    const { name: file } = this.#source;
    const count = bytes.length - firstEnd;
    if (first !== undefined && count > 0) {
      this.#faults.add({ kind: 'pickle-trailing-bytes', file, entry: entry.name, count });
    }
    const place = { file, entry: entry.name };
    this.#pickles.push(reportPickle(place, log, first === undefined ? broken : undefined));
    return first;
  }

  /** Judges whatever else in the archive is a pickle, whatever it is called. */
  async #judgeOthers(entries: readonly ZipEntry[], main: ZipEntry | undefined): Promise<void> {
    const { name: file } = this.#source;
    let looked = 0;
    for (const entry of entries) {
      if (entry === main || isStorage(entry, main)) continue;
      const named = /\.(?:pkl|pickle)$/i.test(entry.name);
      if (!named && !looksLikePickle(await this.#headOf(entry))) continue;
      looked += 1;
      if (looked > MAX_ZIP_PICKLES) {
        const reason = `more than ${MAX_ZIP_PICKLES} pickles in the archive`;
        this.#faults.add({ kind: 'pickle-not-run', file, entry: entry.name, reason });
        return;
      }
      await this.#judge(entry);
      if (!named) this.#faults.add({ kind: 'disguised-pickle', file, entry: entry.name });
      else if (main !== undefined && entry.name.endsWith(`/${PICKLE}`)) {
        this.#faults.add({ kind: 'second-pickle', file, entry: entry.name, other: main.name });
      }
    }
  }

  /** The first bytes of an entry; all of a small one that is deflated. */
  async #headOf(entry: ZipEntry): Promise<Uint8Array> {
    if (entry.method !== DEFLATED || entry.size > MAX_SNIFFED_INFLATED) {
      return entryHead(this.#source, entry, SNIFFED);
    }
    const found = await readEntry(this.#source, entry, this.#faults);
    return found?.bytes.subarray(0, SNIFFED) ?? new Uint8Array(0);
  }

  #reportPrograms(entries: readonly ZipEntry[]): void {
    const names = entries.map(({ name }) => name);
    for (const [program, pattern] of PROGRAMS) {
      const found = names.filter((name) => pattern.test(name));
      if (found.length === 0) continue;
      this.#faults.add({
        kind: 'program-inside',
        file: this.#source.name,
        program,
        entries: found.slice(0, 5),
      });
    }
  }
}

/** Deflated entries up to this size are unfolded to see what they are. */
const MAX_SNIFFED_INFLATED = 1024 * 1024;

/** Entries by which archives are told whose loading runs a program. Source: torch's own writers of each. */
const PROGRAMS: readonly (readonly [program: string, pattern: RegExp])[] = [
  ['TorchScript', /(?:^|\/)constants\.pkl$|(?:^|\/)code\/.+\.py(?:\.debug_pkl)?$/],
  ['torch.package', /(?:^|\/)\.data\/(?:version|extern_modules)$/],
  ['an exported program (PT2)', /(?:^|\/)archive_format$/],
  ['Python code', /^(?!.*\/?code\/).*\.(?:py|pyc|so|pyd|dll)$/i],
];

/** The pickle that torch loads: in the top folder of the first entry. */
function mainPickle(entries: readonly ZipEntry[]): ZipEntry | undefined {
  const first = entries[0]?.name ?? '';
  const slash = first.indexOf('/');
  const name = slash === -1 ? undefined : `${first.slice(0, slash)}/${PICKLE}`;
  return entries.find((entry) => entry.name === name);
}

/** Whether an entry is the raw bytes of a storage. */
function isStorage({ name }: ZipEntry, main: ZipEntry | undefined): boolean {
  if (main === undefined) return false;
  return name.startsWith(`${main.name.slice(0, -PICKLE.length)}data/`);
}
