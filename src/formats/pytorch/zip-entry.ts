/** One entry of a zip archive. */
export const STORED = 0;
export const DEFLATED = 8;

/** One entry, as the central directory has it. */
export interface ZipEntry {
  /** Hostile text. */
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  /** Bytes in the archive, and bytes they unfold to. */
  readonly packed: number;
  readonly size: number;
  /** First byte of its local header. */
  readonly header: number;
  /** First byte of its contents; undefined where its local header could not be read. */
  readonly data?: number;
}

/** A name as torch and Windows compare it: without regard to case, and with either slash. */
export function foldedName(name: string): string {
  return name.replaceAll('\\', '/').toLowerCase();
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A name in UTF-8, else each byte a character. */
export function nameOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return String.fromCharCode(...bytes);
  }
}
