/** Files that are no model that is read: named by their bytes, with what to do. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/bytes/memory.ts';
import { type ByteSource, ReadError } from '../../src/bytes/source.ts';
import type { Fault } from '../../src/formats/fault.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { recognise } from '../../src/formats/recognise.ts';
import { asBytes, buildFolder, weights } from '../build/folder.ts';
import { soundGguf } from '../build/gguf.ts';
import { concat } from '../build/bytes.ts';
import { assemble, entry, soundFile } from '../build/safetensors.ts';
import { soundZip } from '../build/torch-defects.ts';
import { buildZip } from '../build/zip.ts';

const open = (bytes: Uint8Array, name = 'model.bin') => openCheckpoint(memorySource(name, bytes));

const kinds = (faults: readonly Fault[]) => faults.map(({ kind }) => kind);

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** A field of protobuf: its number, and its content. */
const field = (number: number, content: Uint8Array | string): Uint8Array => {
  const bytes = asBytes(content);
  return concat([number * 8 + 2], [bytes.length], bytes);
};

const varint = (number: number, value: number) => Uint8Array.of(number * 8, value);

const zip = (...names: string[]) =>
  buildZip(
    names.map((name) => ({ name, data: asBytes(name) })),
    { plain: true },
  );

const at = (offset: number, text: string) => concat(new Uint8Array(offset), latin1(text), new Uint8Array(9));

/** Beginnings as the programs write them. */
const FOREIGN: readonly (readonly [kind: Fault['kind'], format: string, bytes: Uint8Array])[] = [
  ['foreign-model', 'hdf5', latin1('\x89HDF\r\n\x1a\n\x00')],
  ['foreign-model', 'keras-zip', zip('metadata.json', 'config.json', 'model.weights.h5')],
  ['foreign-model', 'numpy-zip', zip('arr_0.npy', 'arr_1.npy')],
  ['foreign-model', 'coreml-package', zip('Manifest.json', 'Data/com.apple.CoreML/model.mlmodel')],
  ['foreign-model', 'numpy', latin1('\x93NUMPY\x01\x00')],
  ['foreign-model', 'tflite', latin1('\x1c\x00\x00\x00TFL3')],
  ['foreign-model', 'executorch', latin1('\x1c\x00\x00\x00ET12')],
  ['foreign-model', 'ncnn-param', asBytes('7767517\n3 3\nInput input 0 1 data\n')],
  ['foreign-model', 'ncnn-param-bin', Uint8Array.of(0xdd, 0x85, 0x76, 0, 3, 0, 0, 0)],
  ['foreign-model', 'tensorrt', latin1('ptrt\x60\x00\x00\x00')],
  ['foreign-model', 'ggml', latin1('tjgg\x03\x00\x00\x00')],
  ['foreign-model', 'openvino', asBytes('<?xml version="1.0"?>\n<net name="unet" version="11">')],
  [
    'foreign-model',
    'tf-saved-model',
    concat(varint(1, 1), field(2, field(1, concat(field(4, 'serve'), field(5, '2.15.0'))))),
  ],
  ['foreign-model', 'tf-graph', field(1, concat(field(1, 'input/x'), field(2, 'Placeholder')))],
  [
    'foreign-model',
    'tf-checkpoint',
    concat(new Uint8Array(600).fill(7), Uint8Array.of(0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb)),
  ],
  [
    'foreign-model',
    'coreml',
    concat(varint(1, 7), field(2, field(1, concat(field(1, 'image'), field(3, 'x'))))),
  ],
  ['foreign-model', 'flax', concat([0x83, 0xa7], asBytes('conv_in'), [0x82])],
  ['packed-archive', 'zip', zip('a.safetensors', 'readme.txt')],
  ['packed-archive', '7z', latin1('7z\xbc\xaf\x27\x1c\x00\x04')],
  ['packed-archive', 'rar', latin1('Rar!\x1a\x07\x01\x00')],
  ['packed-archive', 'gzip', gzipSync(soundFile())],
  ['packed-archive', 'zstd', Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 4)],
  ['packed-archive', 'xz', latin1('\xfd7zXZ\x00\x00\x04')],
  ['packed-archive', 'bzip2', latin1('BZh91AY&SY')],
  ['packed-archive', 'lz4', Uint8Array.of(4, 0x22, 0x4d, 0x18, 0x64)],
  ['packed-archive', 'tar', at(257, 'ustar\x0000')],
  ['not-a-model', 'png', latin1('\x89PNG\r\n\x1a\n\x00')],
  ['not-a-model', 'jpeg', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)],
  ['not-a-model', 'gif', asBytes('GIF89a')],
  ['not-a-model', 'webp', latin1('RIFF\x24\x00\x00\x00WEBPVP8 ')],
  ['not-a-model', 'pdf', asBytes('%PDF-1.7\n')],
  ['not-a-model', 'elf', latin1('\x7fELF\x02\x01\x01\x00')],
  ['not-a-model', 'pe', latin1(`MZ${'\0'.repeat(126)}PE\0\0`)],
  ['not-a-model', 'macho', Uint8Array.of(0xcf, 0xfa, 0xed, 0xfe, 7)],
  ['not-a-model', 'script', asBytes('#!/bin/sh\n')],
  ['not-a-model', 'json', asBytes('{"architectures": ["UNet"]}')],
  ['not-a-model', 'xml', asBytes('<?xml version="1.0"?><note/>')],
  ['not-a-model', 'text', asBytes('these are the notes of a model\n')],
];

describe('a file that is no model that is read', () => {
  it.each(FOREIGN)('%s %s is named by its bytes, and left unchecked', async (kind, format, bytes) => {
    const { container, parts, faults, unchecked } = await open(bytes);
    expect([container, parts]).toEqual(['unknown', []]);
    expect(faults).toMatchObject([{ kind, format, file: 'model.bin' }]);
    expect(unchecked).toMatchObject([{ path: 'model.bin' }]);
  });

  it.each(FOREIGN)('%s %s is so under the name of safetensors', async (kind, _, bytes) => {
    const { faults } = await open(bytes, 'model.safetensors');
    const named = kinds(faults).filter((one) => one !== 'misnamed-file');
    expect(named).toEqual([kind]);
  });

  it('is never taken for one by its first bytes alone', () => {
    for (const bytes of [soundFile(), soundGguf(), weights(), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)]) {
      expect(recognise(bytes.subarray(0, 512))).toBeUndefined();
    }
    expect(recognise(soundZip())).toMatchObject({ nature: 'weights' });
  });

  it('names the models in an archive', async () => {
    const { faults } = await open(zip('a/sd.safetensors', 'a/b.ckpt', 'a/readme.txt'));
    expect(faults).toMatchObject([{ kind: 'packed-archive', inside: ['a/sd.safetensors', 'a/b.ckpt'] }]);
  });
});

describe('a file in place of a model', () => {
  it.each([
    '{"error":"Repository not found"}',
    '{"detail":"Not authenticated"}',
    'Entry not found',
    'Invalid username or password.',
    'Access to model owner/name is restricted.',
    'Access denied',
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>',
    '404 not found',
  ])('that a server said instead is told from a text: %s', async (reply) => {
    const { faults } = await open(asBytes(reply));
    expect(faults).toEqual([{ kind: 'error-reply', file: 'model.bin', reply: reply.split('\n')[0] }]);
  });

  it('is a pointer of Git LFS, with what it points to', async () => {
    const oid = '0123456789abcdef'.repeat(4);
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize 4265146304\n`;
    const { faults } = await open(asBytes(pointer), 'model.safetensors');
    expect(faults).toEqual([{ kind: 'lfs-pointer', file: 'model.safetensors', size: '4265146304', oid }]);
  });

  it('is empty, or zeros', async () => {
    expect(kinds((await open(new Uint8Array(0))).faults)).toEqual(['empty-file']);
    for (const size of [1, 511, 70_000]) {
      for (const name of ['model.ckpt', 'model.safetensors']) {
        const { faults } = await open(new Uint8Array(size), name);
        expect(faults).toMatchObject([{ kind: 'zero-filled', actual: size }]);
      }
    }
    const last = new Uint8Array(70_000);
    last[69_999] = 1;
    expect(kinds((await open(last)).faults)).toEqual(['unsupported-format']);
  });

  it('of zeros is not read through', async () => {
    let read = 0;
    const size = 7_000_000_000;
    const source: ByteSource = {
      name: 'model.ckpt',
      size,
      read: async (_, length) => {
        read += length;
        return new Uint8Array(length);
      },
      close: async () => {},
    };
    expect((await openCheckpoint(source)).faults).toMatchObject([{ kind: 'zero-filled', looked: 65_536 }]);
    expect(read).toBeLessThan(200_000);
  });

  it.each(['.part', '.crdownload', '.incomplete', '.aria2', '.partial', '.download'])(
    'is not fetched whole: %s',
    async (end) => {
      const { faults, parts } = await open(soundFile(), `model.safetensors${end}`);
      expect(kinds(faults)).toEqual(['unfinished-download']);
      expect(parts.length).toBe(1);
    },
  );

  it('is not fetched whole where aria2 keeps its file beside it', async () => {
    const { faults, parts } = await openCheckpoint(
      buildFolder({ 'a.safetensors': weights(), 'a.safetensors.aria2': 'x' }),
    );
    expect(faults).toMatchObject([
      { kind: 'unfinished-download', file: 'a.safetensors', beside: 'a.safetensors.aria2' },
    ]);
    expect(parts.length).toBe(1);
  });
});

const trailing = zip('a.txt');

/** A safetensors file whose last tensor ends with these bytes: nothing in it breaks a rule of the format. */
function endingIn(bytes: Uint8Array): Uint8Array {
  return assemble(`{${entry('a', 'U8', [bytes.length], 0, bytes.length)}}`, bytes);
}

/** A safetensors file with a header of that length. */
function headerOf(length: number, begins = `{${entry('a', 'U8', [1], 0, 1)}}`, pad = true): Uint8Array {
  return assemble(begins.padEnd(length), Uint8Array.of(1), pad);
}

describe('a file that is two formats', () => {
  const withHdf5 = (offset: number) => {
    const data = new Uint8Array(5000);
    const file = endingIn(data);
    file.set(latin1('\x89HDF\r\n\x1a\n'), offset);
    return file;
  };
  it.each<[string, Uint8Array, string]>([
    ['a safetensors file that ends as a zip', endingIn(trailing), 'zip archive'],
    ['a safetensors file with a zip behind it', concat(soundFile(), trailing), 'zip archive'],
    ['a GGUF file with a zip behind it', concat(soundGguf(), trailing), 'zip archive'],
    ['a safetensors file that begins as a zip', headerOf(0x04034b50), 'zip archive'],
    ['a safetensors file that begins as a gzip file', headerOf(0x00088b1f, undefined, false), 'gzip file'],
    // the length is PROTO 2 and a text of three bytes; then GLOBAL, which reads on to the end of a line
    [
      'a safetensors file that begins as a pickle',
      headerOf(0x03580280, `{"cos\nsystem\n(S'x'\ntR.`),
      'Python pickle',
    ],
    ['a safetensors file with HDF5 behind a block of its own', withHdf5(512), 'HDF5 file'],
    ['a safetensors file with HDF5 further in', withHdf5(2048), 'HDF5 file'],
    ['a safetensors file that is a tar', headerOf(0x200, `{${' '.repeat(247)}"ustar": {}}`), 'tar archive'],
  ])('is said to be: %s', async (_, bytes, other) => {
    const { faults } = await open(bytes, 'model.safetensors');
    expect(faults.filter(({ kind }) => kind === 'polyglot')).toMatchObject([{ kind: 'polyglot', other }]);
  });

  it('is said to be of a tar of torch with a zip behind it, and of a picture', async () => {
    const picture = concat(latin1('\x89PNG\r\n\x1a\n'), trailing);
    expect(kinds((await open(picture)).faults)).toEqual(['polyglot', 'not-a-model']);
  });

  it.each([0x280, 0x380, 0x480, 0x580, 0x1f8b28, 0x5a50])(
    'is not one by a length of %d alone',
    async (length) => {
      const { faults } = await open(headerOf(length), 'model.safetensors');
      expect(kinds(faults).filter((kind) => kind === 'polyglot')).toEqual([]);
    },
  );

  it('is not judged where its end cannot be had, and keeps what was read', async () => {
    const bytes = headerOf(100_000);
    const source: ByteSource = {
      ...memorySource('model.safetensors', bytes),
      read: async (offset, length) => {
        // the tail alone begins there
        if (offset > 8) throw new ReadError('model.safetensors', 'budget', 'it is far away');
        return bytes.subarray(offset, offset + length);
      },
    };
    const { parts, unchecked } = await openCheckpoint(source);
    expect(parts[0]?.tensors.length).toBe(1);
    expect(unchecked).toMatchObject([{ reason: 'whether it is another format too: it is far away' }]);
  });
});
