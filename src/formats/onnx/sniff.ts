/**
 * Whether a file is an ONNX model. Protobuf has no signature, so that its first fields are held against those of a
 * ModelProto: each must be one of them and written as it is there, and one must be the version of the format.
 */
import { HEAD_BYTES } from '../../bytes/limits.ts';
import { varintAt } from '../protobuf.ts';
import { MODEL } from './schema.ts';

/** Bytes of a number that are looked at; of a tag and a length together. */
const LONGEST_NUMBER = 5;
const LONGEST_HEAD = 2 * LONGEST_NUMBER;

/** Versions of the format so far are below 20. */
const MOST = 127;

/** @param head the first bytes of the file */
export function looksLikeOnnx(head: Uint8Array): boolean {
  let version = 0;
  let inner = 0;
  for (let at = 0; at < head.length; ) {
    // the field that the head ends in is not looked at
    if (at + LONGEST_HEAD > head.length && head.length >= HEAD_BYTES) break;
    const tag = varintAt(head, at, LONGEST_NUMBER);
    const field = tag === undefined ? undefined : MODEL.fields.get(tag.value >>> 3);
    if (tag === undefined || field === undefined || field.type !== (tag.value & 7)) return false;
    const value = varintAt(head, tag.next, LONGEST_NUMBER);
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
