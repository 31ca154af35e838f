import type { Reader } from '../reader.ts';
import { MAGIC } from './magic.ts';

export const ggufReader: Reader = {
  id: 'gguf',
  title: 'GGUF',
  match: (head) => MAGIC.every((byte, index) => head[index] === byte),
  read: async (source, file) => (await import('./index.ts')).readGguf(source, file),
};
