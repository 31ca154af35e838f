/** Files that are two formats at once: one reader checks the one, and another loads the other. */
import type { ByteSource } from '../../bytes/source.ts';

/** Bytes at the end of a file in which a zip's end record is looked for: the record and its longest comment. */
const TAIL = 22 + 0xffff;
const END = [0x50, 0x4b, 0x05, 0x06] as const;

/** Whether a file that begins otherwise ends as a zip does. */
export async function endsAsZip(source: ByteSource): Promise<boolean> {
  const length = Math.min(TAIL, source.size);
  const tail = await source.read(source.size - length, length);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  for (let at = tail.length - 22; at >= 0; at -= 1) {
    if (!END.every((byte, i) => tail[at + i] === byte)) continue;
    // a comment that reaches the end of the file: by chance once in four billion times
    if (at + 22 + view.getUint16(at + 20, true) === tail.length) return true;
  }
  return false;
}
