/**
 * Whether a file is an ONNX model. Protobuf has no signature, so that its first fields are held against those of a
 * ModelProto: each must be one of them and written as it is there, and one must be the version of the format.
 */
import { HEAD_BYTES } from '../../bytes/limits.ts';
import { MODEL } from './schema.ts';

/** A tag and a length of as many bytes as are looked at. */
const LONGEST_HEAD = 10;

/** Versions of the format so far are below 20. */
const MOST = 127;

/** A number of at most five bytes, or undefined where there is none. */
function small(head: Uint8Array, at: number): { readonly value: number; readonly next: number } | undefined {
  let value = 0;
  for (let index = 0; index < 5; index += 1) {
    const byte = head[at + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, next: at + index + 1 };
  }
  return undefined;
}

/** @param head the first bytes of the file */
export function looksLikeOnnx(head: Uint8Array): boolean {
  let version = 0;
  let inner = 0;
  for (let at = 0; at < head.length; ) {
    // the field that the head ends in is not looked at
    if (at + LONGEST_HEAD > head.length && head.length >= HEAD_BYTES) break;
    const tag = small(head, at);
    const field = tag === undefined ? undefined : MODEL.fields.get(tag.value >>> 3);
    if (tag === undefined || field === undefined || field.type !== (tag.value & 7)) return false;
    const value = small(head, tag.next);
    if (value === undefined) return false;
    if (field.name === 'ir_version') {
      if (value.value === 0 || value.value > MOST) return false;
      version += 1;
    }
    if (field.type === 2) inner += 1;
    at = field.type === 2 ? value.next + value.value : value.next;
  }
  return version === 1 && inner > 0;
}
