import { ggufReader } from './gguf/reader.ts';
import { onnxReader } from './onnx/reader.ts';
import { legacyReader, legacyTarReader, picklesReader, torchZipReader } from './pytorch/index.ts';
import type { Reader } from './reader.ts';
import { recognise } from './recognise.ts';
import { safetensorsReader } from './safetensors.ts';
import { tzaReader } from './tza/reader.ts';

/**
 * Every format of weights that is read; of those that match, the first reads it. A new one is a line here. What is
 * imported here tells formats apart; a parser is loaded when there is something for it.
 */
const READERS: readonly Reader[] = [
  safetensorsReader,
  ggufReader,
  tzaReader,
  torchZipReader,
  legacyReader,
  legacyTarReader,
  onnxReader,
  // told by less than a signature, so the last to be asked
  picklesReader,
];

/** What reads a file that begins like this; undefined where nothing does. */
export async function readerOf(
  head: Uint8Array,
  among: (reader: Reader) => boolean = () => true,
): Promise<Reader | undefined> {
  for (const reader of READERS) {
    if (!among(reader) || !(await reader.match(head))) continue;
    // ONNX has no signature, and other formats of protobuf begin much like it
    if (reader.id === 'onnx' && recognise(head)?.nature === 'model') continue;
    return reader;
  }
  return undefined;
}
