/** What was found in other readers of GGUF, each as a file that this one has to survive. */
import { describe, expect, test } from 'vitest';
import { Budget } from '../../../src/bytes/budget.ts';
import { MAX_GGUF_HEADER_BYTES } from '../../../src/bytes/limits.ts';
import { memorySource } from '../../../src/bytes/memory.ts';
import type { ByteSource } from '../../../src/bytes/source.ts';
import { readGguf } from '../../../src/formats/gguf/index.ts';
import { assembleGguf, type GgufFile, value } from '../../build/gguf.ts';

/** Kinds of faults; no more bytes are asked for than there are. */
async function kinds(file: GgufFile, damage = (bytes: Uint8Array) => bytes) {
  const bytes = damage(assembleGguf(file));
  const budget = new Budget(2 * bytes.length);
  const { faults } = await readGguf(budget.guard(memorySource('model.gguf', bytes)));
  return faults.map(({ kind }) => kind);
}

const int8 = (name: string, ...dims: bigint[]) => ({ name, dims, type: 24, offset: 0 });

describe('advisories', () => {
  test('CVE-2024-21836, CVE-2024-23605: counts of tensors and keys that overflow a size', async () => {
    for (const count of [2n ** 63n - 1n, 2n ** 60n, 2n ** 58n + 1n]) {
      expect(await kinds({ tensorCount: count })).toEqual(['gguf-count']);
      expect(await kinds({ keyCount: count })).toEqual(['gguf-count']);
    }
  });

  test('CVE-2024-23496: the length of a string that overflows with one more byte', async () => {
    const longest = (bytes: Uint8Array) => bytes.fill(0xff, 24, 32);
    expect(await kinds({ pairs: [['key', value.u32(1)]] }, longest)).toEqual(['gguf-length']);
  });

  test('CVE-2024-21825: an array whose elements overflow a size', async () => {
    for (const type of [8, 10, 12]) {
      for (const count of [2n ** 61n, 2n ** 61n + 1n, 2n ** 64n - 1n]) {
        expect(await kinds({ pairs: [['key', value.array(type, count)]] })).toEqual(['gguf-length']);
      }
      expect(await kinds({ pairs: [['key', value.array(type, 2n ** 30n)]] })).toEqual(['gguf-header-cut']);
    }
  });

  test('CVE-2024-21802: dimensions whose product overflows', async () => {
    const dims = [
      [2n ** 32n, 2n ** 32n],
      [2n ** 62n, 2n, 2n],
      [2n ** 63n - 1n, 1n],
      [2n ** 21n, 2n ** 21n, 2n ** 21n, 2n],
    ];
    for (const shape of dims) {
      expect(await kinds({ infos: [int8('a', ...shape)] })).toEqual(['gguf-shape-overflow']);
    }
  });

  test('CVE-2025-53630, CVE-2026-27940: sizes that are each sound and overflow together', async () => {
    const size = 0x7fffffffffffffc0n;
    const infos = [int8('a', size), { ...int8('b', size), offset: size }];
    expect(await kinds({ infos })).toEqual(['gguf-shape-overflow', 'gguf-shape-overflow']);
    // within the exact numbers, and still beyond any file
    const large = 2n ** 52n;
    const two = [int8('a', large), { ...int8('b', large), offset: large }];
    expect(await kinds({ infos: two })).toEqual(['gguf-beyond-file', 'gguf-beyond-file']);
  });

  test('CVE-2026-33298: bytes of a tensor that overflow where its elements do not', async () => {
    const info = { name: 'a', dims: [2n ** 61n], type: 27, offset: 0 };
    expect(await kinds({ infos: [info] })).toEqual(['gguf-shape-overflow']);
  });

  test('CVE-2026-7482: dimensions that reach behind the end of the file', async () => {
    const info = { name: 'a', dims: [1024, 1024], type: 0, offset: 0 };
    expect(await kinds({ infos: [info], data: new Uint8Array(64) })).toEqual(['gguf-truncated']);
  });

  test('CVE-2024-34359: a template of chat is text, whatever it says', async () => {
    const template = "{{ ''.__class__.__mro__[1].__subclasses__() }}";
    const bytes = assembleGguf({ pairs: [['tokenizer.chat_template', value.string(template)]] });
    const { metadata } = await readGguf(memorySource('model.gguf', bytes));
    expect(metadata.get('tokenizer.chat_template')).toBe(template);
  });
});

describe('files larger than they are', () => {
  /** A file of so many bytes: `head`, then zeros. It counts what is read. */
  function zeros(head: Uint8Array, size: number): ByteSource & { readonly spent: () => number } {
    let spent = 0;
    return {
      name: 'zeros.gguf',
      size,
      read: async (offset, length) => {
        spent += length;
        const bytes = new Uint8Array(length);
        if (offset < head.length) bytes.set(head.subarray(offset, offset + length));
        return bytes;
      },
      close: async () => {},
      spent: () => spent,
    };
  }

  test('an array of a billion empty strings is left where the header is too long', async () => {
    const head = assembleGguf({ pairs: [['k', value.array(8, 2 ** 30)]], alignment: 1 });
    const source = zeros(head, 2 ** 40);
    const { faults, tensors } = await readGguf(source);
    expect(faults).toMatchObject([{ kind: 'limit-exceeded', what: 'bytes of the header' }]);
    expect(tensors).toEqual([]);
    expect(source.spent()).toBeLessThan(MAX_GGUF_HEADER_BYTES + 2 ** 20);
  });

  test('an array of a billion numbers is passed over unread', async () => {
    const head = assembleGguf({ pairs: [['k', value.array(12, 2 ** 30)]], alignment: 1 });
    const source = zeros(head, 2 ** 34);
    const { faults } = await readGguf(source);
    expect(faults).toMatchObject([{ kind: 'gguf-no-tensors' }, { kind: 'gguf-trailing' }]);
    expect(source.spent()).toBeLessThan(2 ** 20);
  });

  test('a string of a gigabyte is passed over, and named', async () => {
    const text = value.string('');
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, 2n ** 30n, true);
    const source = zeros(assembleGguf({ pairs: [['k', { ...text, bytes }]], alignment: 1 }), 2 ** 34);
    const { faults, metadata } = await readGguf(source);
    const limit = faults.find(({ kind }) => kind === 'limit-exceeded');
    expect(limit).toMatchObject({ what: 'bytes of a string', actual: 2 ** 30 });
    expect(metadata.get('k')).toBe('a string too long to be kept');
    expect(source.spent()).toBeLessThan(2 ** 20);
  });

  test('tensors of nothing stop at their limit', async () => {
    const head = assembleGguf({ tensorCount: 300_000, alignment: 1 });
    const { faults, tensors } = await readGguf(zeros(head, 2 ** 30));
    const found = new Set(faults.map(({ kind }) => kind));
    expect(found).toEqual(new Set(['gguf-tensor-twice', 'limit-exceeded', 'more-faults']));
    expect(tensors).toEqual([]);
  });

  test('keys without end stop at their limit', async () => {
    const head = assembleGguf({ keyCount: 300_000, alignment: 1 });
    const { faults } = await readGguf(zeros(head, 2 ** 30));
    expect(faults.map(({ kind }) => kind)).toContain('limit-exceeded');
    expect(faults.length).toBeLessThan(110);
  });
});
