import { ggufReader } from './gguf/index.ts';
import { legacyReader, legacyTarReader, picklesReader, torchZipReader } from './pytorch/index.ts';
import type { Reader } from './reader.ts';
import { safetensorsReader } from './safetensors.ts';

/** Every format of weights that is read; of those that match, the first reads it. A new one is a line here. */
export const READERS: readonly Reader[] = [
  safetensorsReader,
  ggufReader,
  torchZipReader,
  legacyReader,
  legacyTarReader,
  // told by less than a signature, so the last to be asked
  picklesReader,
];
