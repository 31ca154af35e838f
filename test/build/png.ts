import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export type PngChunk = readonly [type: string, data: Uint8Array];

/** A picture of one pixel with these chunks before its data. */
export function png(chunks: readonly PngChunk[], end = true): Uint8Array {
  const all: PngChunk[] = [
    ['IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])],
    ...chunks,
    ['IDAT', deflateSync(Buffer.from([0, 0]))],
    ...(end ? [['IEND', new Uint8Array()] as const] : []),
  ];
  return Buffer.concat([SIGNATURE, ...all.map(([type, data]) => chunk(type, data))]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(typeof crc32 === 'function' ? crc32(body) : 0);
  return Buffer.concat([length, body, sum]);
}

export const tEXt = (keyword: string, text: string): PngChunk => [
  'tEXt',
  Buffer.from(`${keyword}\0${text}`, 'utf8'),
];

export const zTXt = (keyword: string, text: string): PngChunk => [
  'zTXt',
  Buffer.concat([Buffer.from(`${keyword}\0\0`, 'latin1'), deflateSync(Buffer.from(text, 'latin1'))]),
];

export const iTXt = (keyword: string, text: string, packed = false): PngChunk => [
  'iTXt',
  Buffer.concat([
    Buffer.from(`${keyword}\0`, 'latin1'),
    Buffer.from([packed ? 1 : 0, 0]),
    Buffer.from('\0\0', 'latin1'),
    packed ? deflateSync(Buffer.from(text, 'utf8')) : Buffer.from(text, 'utf8'),
  ]),
];
