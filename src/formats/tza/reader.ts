import type { Reader } from '../reader.ts';

export const tzaReader: Reader = {
  id: 'tza',
  title: 'tensor archive of Open Image Denoise',
  // the magic number, and the major version after it
  match: (head) => head[0] === 0xd7 && head[1] === 0x41 && head[2] === 2,
  read: async (source, file) => (await import('./index.ts')).readTza(source, file),
};
