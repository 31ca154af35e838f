import { createHash } from 'node:crypto';
import { ReadError } from '../bytes/source.ts';
import type { FileReport } from '../report/report.ts';
import type { Target } from './targets.ts';

/** Bytes read at once. */
const PIECE = 4 * 2 ** 20;

/**
 * The report with the SHA-256 of each file's bytes. One that cannot be read to its end has none, and is told in
 * `unchecked`.
 * @param told hears which share is done
 */
export async function withHashes(
  file: FileReport,
  { source, path }: Target,
  told: (what: string, share: number) => void,
): Promise<FileReport> {
  const { checkpoint } = file;
  if (checkpoint === undefined) return file;
  if (source === undefined) return { ...file, unchecked: [...file.unchecked, { path, reason: NOT_FETCHED }] };
  const unchecked = [...file.unchecked];
  const files = [];
  let done = 0;
  for (const one of checkpoint.files) {
    try {
      const opened = await source(one.path);
      const hash = createHash('sha256');
      try {
        for (let at = 0; at < opened.size; at += PIECE) {
          const bytes = await opened.read(at, Math.min(PIECE, opened.size - at));
          hash.update(bytes);
          done += bytes.length;
          told('SHA-256', done / Math.max(1, checkpoint.size));
        }
      } finally {
        await opened.close();
      }
      files.push({ ...one, sha256: hash.digest('hex') });
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
      files.push(one);
      unchecked.push({ path: one.path, reason: `no SHA-256: ${error.reason}` });
    }
  }
  return { ...file, checkpoint: { ...checkpoint, files }, unchecked };
}

const NOT_FETCHED = 'no SHA-256: whole files are not fetched from an address';
