/** Files that gguf-py wrote, and what its own reader says of them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../../../src/bytes/memory.ts';
import { decodeFloats } from '../../../src/formats/decode.ts';
import { readGguf } from '../../../src/formats/gguf/index.ts';
import { readTensor, tensorPieces } from '../../../src/formats/read-tensor.ts';

type Plain = string | number | boolean | readonly Plain[];

interface Golden {
  /** Where the data begins. */
  readonly data: number;
  readonly fields: Readonly<Record<string, { readonly types: readonly string[]; readonly value: Plain }>>;
  readonly tensors: readonly {
    readonly name: string;
    readonly type: string;
    /** The fastest axis first. */
    readonly dims: readonly number[];
    readonly offset: number;
    readonly bytes: number;
  }[];
}

const GOLDEN = JSON.parse(readFileSync('fixtures/gguf/reader.json', 'utf8')) as Record<string, Golden>;

const bytesOf = (name: string) => new Uint8Array(readFileSync(`fixtures/gguf/${name}.gguf`));
const read = (name: string) => readGguf(memorySource(`${name}.gguf`, bytesOf(name)));

/** A value as the reader keeps it. */
function text({ types, value }: { readonly types: readonly string[]; readonly value: Plain }): string {
  if (!Array.isArray(value)) return types[0] === 'FLOAT32' ? '0.1' : String(value);
  if (value.length > 16) return `an array of ${value.length} ${types[1]}`;
  return `[${value.map((one) => (types[1] === 'STRING' ? JSON.stringify(one) : String(one))).join(', ')}]`;
}

describe.each(Object.entries(GOLDEN))('%s, as gguf-py reads it', (name, golden) => {
  test('has no fault', async () => {
    expect((await read(name)).faults).toEqual([]);
  });

  test('names, types, shapes and places', async () => {
    const { tensors, file } = await read(name);
    expect(file).toEqual({
      path: `${name}.gguf`,
      size: bytesOf(name).length,
      format: 'gguf',
      headerLength: golden.data,
    });
    expect(tensors).toEqual(
      golden.tensors.map(({ name, type, dims, offset, bytes }) => ({
        name,
        dtype: type,
        shape: [...dims].reverse(),
        file: 0,
        offset,
        byteLength: bytes,
      })),
    );
  });

  test('metadata as text', async () => {
    const { metadata } = await read(name);
    expect([...metadata]).toEqual(Object.entries(golden.fields).map(([key, field]) => [key, text(field)]));
  });
});

test.each([1, 40, 300, 4096])('pieces of at most %i bytes hold whole blocks', async (pieceBytes) => {
  const source = memorySource('every-kind.gguf', bytesOf('every-kind'));
  const { tensors } = await read('every-kind');
  for (const tensor of tensors) {
    const whole = decodeFloats(await readTensor(source, tensor), tensor.dtype);
    const found: number[] = [];
    for await (const piece of tensorPieces(source, tensor, pieceBytes)) {
      found.push(...decodeFloats(piece, tensor.dtype));
    }
    expect(Float32Array.from(found)).toEqual(whole);
  }
});

test('values are read from their places', async () => {
  const bytes = bytesOf('aligned');
  const { tensors } = await read('aligned');
  const values = tensors.map(({ dtype, offset, byteLength }) =>
    Array.from(decodeFloats(bytes.subarray(offset, offset + byteLength), dtype)),
  );
  expect(values).toEqual([
    [0, 1, 2],
    [0, 1, 2, 3, 4, 5],
  ]);
});
