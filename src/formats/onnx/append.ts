/** Puts more into the graph of a model, whose own bytes stay as they are. */
import { joined } from '../../bytes/joined.ts';
import { encoded, varint } from './relocate.ts';
import { MODEL } from './schema.ts';

/**
 * The model with more behind what its graph has.
 * @param bytes a model that `readOnnx` found no fault in
 * @param fields of a GraphProto, serialised: nodes, outputs
 * @throws {RangeError} for bytes that are no model with a graph.
 */
export function appendToGraph(bytes: Uint8Array, fields: Uint8Array): Uint8Array {
  for (let at = 0; at < bytes.length; ) {
    const tag = varint(bytes, at);
    const type = tag.value % 8;
    if (type === 2) {
      const length = varint(bytes, tag.next);
      const end = length.next + length.value;
      if (end > bytes.length) throw new RangeError('a field is longer than its message');
      if (MODEL.fields.get(Math.floor(tag.value / 8))?.name === 'graph') {
        const [before, contents] = [bytes.subarray(0, tag.next), bytes.subarray(length.next, end)];
        return joined([before, encoded(length.value + fields.length), contents, fields, bytes.subarray(end)]);
      }
      at = end;
    } else {
      at = type === 0 ? varint(bytes, tag.next).next : tag.next + (type === 1 ? 8 : 4);
    }
  }
  throw new RangeError('a model without a graph');
}
