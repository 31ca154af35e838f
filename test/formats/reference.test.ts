/** The cases that the reference reader's own unit tests hold, and the abuse attempts of its `attacks/` folder. */
import { describe, expect, it } from 'vitest';
import { Budget } from '../../src/bytes/budget.ts';
import { MAX_FAULTS_PER_KIND } from '../../src/bytes/limits.ts';
import { memorySource } from '../../src/bytes/memory.ts';
import type { ByteSource } from '../../src/bytes/source.ts';
import { bitsOf, DTYPES } from '../../src/formats/dtype.ts';
import { readSafetensors } from '../../src/formats/safetensors.ts';
import { assemble, buildSafetensors, entry } from '../build/safetensors.ts';

async function read(bytes: Uint8Array) {
  return readSafetensors(memorySource('model.safetensors', bytes));
}

async function kinds(bytes: Uint8Array) {
  return (await read(bytes)).faults.map((fault) => fault.kind);
}

const zeros = (length: number) => new Uint8Array(length);
const test = '"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}';

describe('the reference unit cases', () => {
  it('json attack: ten tensors over one range', async () => {
    const entries = Array.from({ length: 10 }, (_, i) => entry(`weight_${i}`, 'F32', [2, 2], 0, 16));
    expect(new Set(await kinds(assemble(`{${entries.join(',')}}`, zeros(16))))).toEqual(new Set(['overlap']));
  });

  it('incomplete buffer: bytes after the data, and two too few', async () => {
    expect(await kinds(assemble(`{${test}}`, zeros(16 + 19)))).toEqual(['trailing-bytes']);
    expect(await kinds(assemble(`{${test}}`, zeros(14)))).toEqual(['file-truncated']);
  });

  it('header too large, too small, of invalid length', async () => {
    const tooLarge = Uint8Array.of(0x3c, 0x3c, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7b);
    expect(await kinds(tooLarge)).toEqual(['header-too-large']);
    expect(await kinds(new Uint8Array(0))).toEqual(['file-too-short']);
    expect(await kinds(Uint8Array.of(0x3c, 0, 0, 0, 0, 0, 0, 0))).toEqual(['header-beyond-file']);
  });

  it('not UTF-8, not JSON', async () => {
    expect(await kinds(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff))).toContain('header-not-utf8');
    expect(await kinds(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0x7b))).toContain('header-not-json');
  });

  it('white space after and before the header', async () => {
    expect(
      await kinds(assemble('{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}} ', zeros(16))),
    ).toEqual([]);
    expect(await kinds(assemble(`\t\n {${test}}`, zeros(16)))).toEqual(['header-leading-whitespace']);
  });

  it('zero-sized tensors and empty shapes', async () => {
    expect(await kinds(assemble(`{${entry('test', 'I32', [2, 0], 0, 0)}}`, zeros(0)))).toEqual([]);
    const { tensors, faults } = await read(assemble(`{${entry('test', 'I32', [], 0, 4)}}`, zeros(4)));
    expect(faults).toEqual([]);
    expect(tensors).toMatchObject([{ shape: [], byteLength: 4 }]);
  });

  it('many empty tensors at one offset, one at the end', async () => {
    const empty = ['x', 'y', 'z'].map((name) => entry(name, 'F32', [0, 3], 8, 8));
    expect(await kinds(assemble(`{${entry('a', 'U8', [8], 0, 8)},${empty.join(',')}}`, zeros(8)))).toEqual(
      [],
    );
  });

  it('invalid info, and overflow of the shape and of its bytes', async () => {
    expect(await kinds(assemble(`{${entry('test', 'I32', [2, 2], 0, 4)}}`, zeros(4)))).toEqual([
      'size-mismatch',
    ]);
    const max = 2n ** 64n - 1n;
    expect(await kinds(assemble(`{${entry('test', 'I32', [2, max], 0, 16)}}`, zeros(16)))).toEqual([
      'shape-overflow',
    ]);
    const half = 2n ** 63n - 1n;
    expect(await kinds(assemble(`{${entry('test', 'I32', [2, half], 0, 16)}}`, zeros(16)))).toEqual([
      'shape-overflow',
    ]);
  });

  it('overflow is found from left to right: a zero first saves it', async () => {
    const huge = 2n ** 63n;
    const saved = assemble(
      `{${entry('a', 'U8', [0, huge, huge], 0, 0)},${entry('b', 'U8', [1], 0, 1)}}`,
      zeros(1),
    );
    const { faults } = await read(saved);
    expect(faults.map((fault) => fault.kind)).toEqual(['limit-exceeded']);
  });

  it('sub-byte dtypes: sound, misaligned and of wrong size', async () => {
    expect(await kinds(buildSafetensors([{ name: 'a', dtype: 'F4', shape: [1, 2] }]))).toEqual([]);
    expect(await kinds(assemble(`{${entry('a', 'F4', [1, 3], 0, 2)}}`, zeros(2)))).toEqual([
      'misaligned-slice',
    ]);
    expect(await kinds(assemble(`{${entry('a', 'F4', [2, 2], 0, 1)}}`, zeros(1)))).toEqual(['size-mismatch']);
    expect(await kinds(buildSafetensors([{ name: 'a', dtype: 'F6_E2M3', shape: [4] }]))).toEqual([]);
  });

  it.each(DTYPES)('%s', async (dtype) => {
    const { tensors, faults } = await read(buildSafetensors([{ name: 'a', dtype, shape: [4, 6] }]));
    expect(faults).toEqual([]);
    expect(tensors).toMatchObject([{ dtype, shape: [4, 6], byteLength: (24 * bitsOf(dtype)) / 8 }]);
  });

  it('an escaped `__metadata__`, an empty name and `__proto__`', async () => {
    const header = `{"\\u005f_metadata__":{"__proto__":"x"},${entry('', 'U8', [1], 0, 1)},${entry('__proto__', 'U8', [1], 1, 2)}}`;
    const { tensors, metadata, faults } = await read(assemble(header, zeros(2)));
    expect(faults).toEqual([]);
    expect(tensors.map((tensor) => tensor.name)).toEqual(['', '__proto__']);
    expect([...metadata]).toEqual([['__proto__', 'x']]);
  });

  it('a depth of 127 is read, 128 is not', async () => {
    const deep = (depth: number) => {
      const value = '['.repeat(depth - 2) + ']'.repeat(depth - 2);
      return assemble(`{${entry('a', 'U8', [1], 0, 1, `,"x":${value}`)}}`, zeros(1));
    };
    expect(await kinds(deep(127))).toEqual(['unknown-field']);
    expect(await kinds(deep(128))).toContain('header-not-json');
  });
});

describe('the abuse attempts', () => {
  it('1: a header length larger than the file', async () => {
    const bytes = assemble('{}', zeros(0));
    new DataView(bytes.buffer).setBigUint64(0, 99_999_999n, true);
    expect(await kinds(bytes)).toEqual(['header-beyond-file']);
  });

  it('2: a giant header of ten million entries is refused by its length alone', async () => {
    const size = 8 + 10_000_000 * 60;
    const giant: ByteSource = {
      name: 'giant.safetensors',
      size,
      read: async (_offset, length) => {
        const bytes = new Uint8Array(length);
        new DataView(bytes.buffer).setBigUint64(0, BigInt(size - 8), true);
        return bytes;
      },
      close: async () => {},
    };
    const budget = new Budget(8);
    const { faults } = await readSafetensors(budget.guard(giant));
    expect(faults.map((fault) => fault.kind)).toEqual(['header-too-large']);
    expect(budget.spent).toBe(8);
  });

  it('3: 100,000 tensors over one range', async () => {
    const count = 100_000;
    const entries = Array.from({ length: count }, (_, i) => entry(`weight_${i}`, 'F32', [2, 2], 0, 16));
    const { faults, tensors } = await read(assemble(`{${entries.join(',')}}`, zeros(16)));
    expect(tensors.length).toBe(count);
    expect(faults.length).toBe(MAX_FAULTS_PER_KIND + 1);
    expect(faults.at(-1)).toMatchObject({
      kind: 'more-faults',
      of: 'overlap',
      count: count - 1 - MAX_FAULTS_PER_KIND,
    });
  });
});
