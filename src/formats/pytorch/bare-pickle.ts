/** A pickle that is no checkpoint of torch: judged, and looked through for what torch cannot have put there. */
import { MAX_PICKLE_BYTES } from '../../bytes/limits.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { FaultCollector } from '../collector.ts';
import type { FileContent } from '../reader.ts';
import { PickleLog } from './pickle-log.ts';
import { reportPickle, runPickles } from './pickle-report.ts';
import { endsAsZip } from './polyglot.ts';

const NONE = { takes: false, reason: 'it is no checkpoint that torch.save wrote' } as const;

/** Judges every pickle in the file. @throws {ReadError} */
export async function readBarePickle(source: ByteSource): Promise<FileContent> {
  const { name: path, size } = source;
  const faults = new FaultCollector(path);
  const log = new PickleLog();
  const length = Math.min(size, MAX_PICKLE_BYTES);
  const { values, end, broken } = runPickles(await source.read(0, length), log, 0);
  if (size > length) {
    faults.add({ kind: 'pickle-not-run', file: path, reason: `all behind its first ${length} bytes` });
  }
  const whole = values.length > 0;
  if (whole && end < length) {
    const bytes = { offset: end, length: size - end };
    faults.add({ kind: 'pickle-trailing-bytes', file: path, bytes, count: size - end });
  }
  if (await endsAsZip(source)) {
    faults.add({ kind: 'polyglot', file: path, format: 'Python pickle', other: 'zip archive' });
  }
  faults.add({ kind: 'unsupported-format', file: path, format: 'pickle', title: 'Python pickle' });
  return {
    file: { path, size, format: 'pytorch', headerLength: size },
    tensors: [],
    metadata: new Map(),
    faults: faults.list(),
    pickles: [{ ...reportPickle({ file: path }, log, whole ? undefined : broken), weightsOnly: NONE }],
    weightless: true,
  };
}
