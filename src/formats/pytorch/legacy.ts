/**
 * Checkpoints as torch.save wrote them before 1.6: five pickles after each other, then the bytes of each storage.
 * Source: torch `serialization.py`, `_legacy_save` and `_legacy_load`.
 */
import type { ByteSource } from '../../bytes/source.ts';
import { FaultCollector } from '../collector.ts';
import type { FileContent } from '../reader.ts';
import { PickleLog } from './pickle-log.ts';
import type { Broken } from './pickle-machine.ts';
import { type PickleReport, reportPickle } from './pickle-report.ts';
import { integerOf, ofKind, type PickleValue } from './pickle-value.ts';
import { endsAsZip } from './polyglot.ts';
import { readState } from './state-dict.ts';
import { type StorageRef, storageRef } from './tensor-call.ts';
import { placeTensors, type StoragePlace } from './tensors.ts';
import { weightsOnlyAnswer } from './weights-only-answer.ts';
import { runPickleAt } from './window.ts';

const PROTOCOL = 1001;

/** Items of a storage's persistent id: the last says of what it is a view. */
const STORAGE_ID_ITEMS = 6;

/** What the pickles are, in their order. */
const PICKLES = ['magic number', 'protocol', 'system information', 'object', 'keys of the storages'] as const;

/** Reads an old checkpoint. @throws {ReadError} */
export async function readLegacy(source: ByteSource, index: number): Promise<FileContent> {
  const { name: path, size } = source;
  const faults = new FaultCollector(path);
  const log = new PickleLog(STORAGE_ID_ITEMS);
  const values: PickleValue[] = [];
  let at = 0;
  let broken: Broken | undefined;
  for (const _ of PICKLES) {
    const run = await runPickleAt(source, at, size, log);
    broken = run.broken;
    if (run.value === undefined) break;
    values.push(run.value);
    at = run.end;
  }
  const judged = (): PickleReport => {
    const asked = { rules: log.weightsOnly, end: Number.POSITIVE_INFINITY, broken, faults: faults.list() };
    const weightsOnly = weightsOnlyAnswer(asked);
    const report = reportPickle({ file: path }, log, broken);
    return weightsOnly === undefined ? report : { ...report, weightsOnly };
  };
  if (await endsAsZip(source)) {
    faults.add({
      kind: 'polyglot',
      file: path,
      format: 'PyTorch checkpoint of the old kind',
      other: 'zip archive',
    });
  }
  const [, protocol, system, root, keys] = values;
  if (protocol !== undefined && protocol !== PROTOCOL) {
    faults.add({ kind: 'legacy-invalid', file: path, reason: `its protocol is not ${PROTOCOL}` });
  }
  if (root === undefined) return content(source, [], new Map(), faults, judged(), at);
  const { tensors: named, metadata } = readState(root, path, faults);
  const storages = keys === undefined ? [] : (ofKind(keys, 'list')?.items ?? []);
  if (keys !== undefined && ofKind(keys, 'list') === undefined) {
    faults.add({ kind: 'legacy-invalid', file: path, reason: 'the keys of its storages are no list' });
  }
  const little = ofKind(system, 'dict')?.entries.get('little_endian');
  const places = await placeStorages(source, at, storages, referred(log), faults);
  const bigEndian = little === false;
  const place = ({ key }: StorageRef) => places.get(key) ?? key;
  const tensors = placeTensors(named, { path, index, size, bigEndian, place }, faults);
  if (named.length === 0) faults.add({ kind: 'pickle-without-tensors', file: path });
  return content(source, tensors, metadata, faults, judged(), at);
}

function content(
  { name: path, size }: ByteSource,
  tensors: FileContent['tensors'],
  metadata: FileContent['metadata'],
  faults: FaultCollector,
  pickle: PickleReport,
  headerLength: number,
): FileContent {
  const file = { path, size, format: 'pytorch', headerLength } as const;
  return { file, tensors, metadata, faults: faults.list(), pickles: [pickle] };
}

/** Every storage that the pickles refer to, by its key. */
function referred(log: PickleLog): ReadonlyMap<string, StorageRef> {
  const storages = new Map<string, StorageRef>();
  for (const persistent of log.persistents) {
    const storage = storageRef(persistent);
    if (typeof storage !== 'string' && !storages.has(storage.key)) storages.set(storage.key, storage);
  }
  return storages;
}

const COUNT_BYTES = 8;

/** Where each storage lies: a count of elements, then these, in the order of the keys, to the end of the file. */
async function placeStorages(
  source: ByteSource,
  start: number,
  keys: readonly PickleValue[],
  storages: ReadonlyMap<string, StorageRef>,
  faults: FaultCollector,
): Promise<ReadonlyMap<string, StoragePlace>> {
  const { name: file, size } = source;
  const places = new Map<string, StoragePlace>();
  let at = start;
  for (const value of keys) {
    const record = typeof value === 'string' ? value : (integerOf(value)?.toString() ?? '');
    const storage = storages.get(record);
    if (storage === undefined || places.has(record)) {
      const reason =
        storage === undefined ? 'it has a storage that nothing refers to' : 'it has the same storage twice';
      faults.add({ kind: 'legacy-invalid', file, reason });
      return places;
    }
    const { element, count } = storage;
    const end = at + COUNT_BYTES + count * element.bytes;
    if (at + COUNT_BYTES > size || end > size) {
      faults.add({
        kind: 'pytorch-truncated',
        file,
        bytes: { offset: size, length: 0 },
        expected: end,
        actual: size,
      });
      return places;
    }
    const head = await source.read(at, COUNT_BYTES);
    const stored = new DataView(head.buffer, head.byteOffset).getBigInt64(0, true);
    if (stored !== BigInt(count)) {
      const bytes = { offset: at, length: COUNT_BYTES };
      const sizes = { expected: count * element.bytes, actual: Number(stored) * element.bytes };
      // where the next one begins can no longer be said
      faults.add({ kind: 'storage-size-mismatch', file, bytes, record, ...sizes });
      return places;
    }
    places.set(record, { offset: at + COUNT_BYTES, length: count * element.bytes, record });
    at = end;
  }
  if (at < size) {
    const bytes = { offset: at, length: size - at };
    faults.add({ kind: 'pytorch-trailing-bytes', file, bytes, expected: at, actual: size });
  }
  return places;
}
