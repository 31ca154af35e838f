import type { Reader } from './reader.ts';
import { safetensorsReader } from './safetensors.ts';

/** Every format of weights that is read. A new one is a line here. */
export const READERS: readonly Reader[] = [safetensorsReader];
