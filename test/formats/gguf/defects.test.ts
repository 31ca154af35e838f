import { describe, expect, test } from 'vitest';
import { memorySource } from '../../../src/bytes/memory.ts';
import type { Fault } from '../../../src/formats/fault.ts';
import { readGguf } from '../../../src/formats/gguf/index.ts';
import { openCheckpoint } from '../../../src/formats/index.ts';
import { fmtRules } from '../../../src/rules/fmt.ts';
import type { Rule } from '../../../src/rules/rule.ts';
import { buildGgufDefect, GGUF_DEFECTS, type GgufDefect, soundGguf } from '../../build/gguf.ts';

type Expected = readonly [kind: Fault['kind'], bytes: readonly [number, number] | null, ggml: string];

/** The whole of what each file has wrong: kind, place, and what llama.cpp does about it. */
const EXPECTED: Readonly<Record<GgufDefect, Expected>> = {
  'magic-only': ['gguf-header-cut', [4, 0], 'refuses'],
  'cut-in-counts': ['gguf-header-cut', [8, 12], 'refuses'],
  'cut-in-key': ['gguf-header-cut', [32, 8], 'refuses'],
  'cut-in-list': ['gguf-header-cut', [80, 20], 'refuses'],
  'version-0': ['gguf-version', [4, 4], 'refuses'],
  'version-1': ['gguf-version', [4, 4], 'refuses'],
  'version-4': ['gguf-version', [4, 4], 'refuses'],
  'version-big-endian': ['gguf-version', [4, 4], 'refuses'],
  'tensors-negative': ['gguf-count', [8, 8], 'refuses'],
  'tensors-beyond-file': ['gguf-count', [8, 8], 'refuses'],
  'keys-negative': ['gguf-count', [16, 8], 'refuses'],
  'keys-beyond-file': ['gguf-count', [16, 8], 'refuses'],
  'key-length-2-64': ['gguf-length', [24, 8], 'refuses'],
  'key-length-over-file': ['gguf-header-cut', [32, 192], 'refuses'],
  'key-empty': ['gguf-key-empty', [67, 8], 'refuses'],
  'key-twice': ['gguf-key-twice', [67, 28], 'refuses'],
  'key-latin1': ['gguf-not-utf8', [75, 4], 'accepts'],
  'value-type-13': ['gguf-value-type', [76, 4], 'refuses'],
  'value-latin1': ['gguf-not-utf8', [88, 4], 'accepts'],
  'value-bool-2': ['gguf-bool', [80, 1], 'accepts'],
  'array-type-13': ['gguf-value-type', [80, 4], 'refuses'],
  'array-nested': ['gguf-array-nested', [80, 4], 'refuses'],
  'array-length-2-64': ['gguf-length', [84, 8], 'refuses'],
  'array-over-file': ['gguf-header-cut', [92, 164], 'refuses'],
  'array-of-strings-over-file': ['gguf-header-cut', [92, 164], 'refuses'],
  'alignment-13': ['gguf-alignment', [67, 25], 'refuses'],
  'alignment-0': ['gguf-alignment', [67, 25], 'refuses'],
  'alignment-int32': ['gguf-alignment', [67, 25], 'refuses'],
  'alignment-text': ['gguf-alignment', [67, 25], 'refuses'],
  'name-of-64': ['gguf-long-names', null, 'refuses'],
  'name-of-160': ['gguf-name-too-long', null, 'refuses'],
  'name-latin1': ['gguf-not-utf8', [75, 4], 'accepts'],
  'name-length-over-2-30': ['gguf-length', [67, 8], 'refuses'],
  'tensor-twice': ['gguf-tensor-twice', [108, 41], 'refuses'],
  'dims-5': ['gguf-rank', [67, 13], 'refuses'],
  'dims-65': ['gguf-rank', [67, 13], 'refuses'],
  'dims-2-32': ['gguf-rank', [67, 13], 'refuses'],
  'dim-negative': ['gguf-dimension', [67, 41], 'refuses'],
  'dims-overflow': ['gguf-shape-overflow', [67, 41], 'refuses'],
  'bytes-overflow': ['gguf-shape-overflow', [67, 33], 'refuses'],
  'dim-huge-and-empty': ['limit-exceeded', [67, 41], 'unchecked'],
  'type-99': ['gguf-type', [67, 41], 'refuses'],
  'type-removed': ['gguf-type', [67, 41], 'refuses'],
  'block-unfilled': ['gguf-block', [67, 33], 'refuses'],
  'offset-unaligned': ['gguf-unaligned', [108, 33], 'refuses'],
  overlap: ['gguf-overlap', [160, 8], 'refuses'],
  'empty-inside': ['gguf-overlap', [192, 0], 'refuses'],
  'hole-first': ['gguf-hole', [128, 32], 'refuses'],
  'hole-between': ['gguf-hole', [192, 32], 'refuses'],
  'out-of-order': ['gguf-order', [67, 33], 'refuses'],
  'offset-beyond-file': ['gguf-beyond-file', [67, 41], 'refuses'],
  'offset-2-64': ['gguf-beyond-file', [108, 33], 'refuses'],
  'data-cut': ['gguf-truncated', [200, 0], 'refuses'],
  'data-absent': ['gguf-truncated', [160, 0], 'refuses'],
  'data-too-long': ['gguf-trailing', [224, 6], 'accepts'],
  'no-tensors': ['gguf-no-tensors', null, 'accepts'],
  'shape-note-type': ['gguf-shape-note-type', [67, 31], 'accepts'],
  'shape-note-count': ['gguf-shape-note-count', [67, 31], 'accepts'],
  'shape-note-negative': ['gguf-shape-note-count', [67, 31], 'accepts'],
  'shape-note-unused': ['gguf-shape-note-unused', [67, 31], 'accepts'],
  'file-type-q8-0': ['gguf-file-type', null, 'accepts'],
  'split-2-of-3': ['gguf-split', null, 'unchecked'],
};

const read = (defect: GgufDefect) => readGguf(memorySource(defect, buildGgufDefect(defect)));

function summary(fault: Fault): Expected {
  const bytes = fault.bytes === undefined ? null : ([fault.bytes.offset, fault.bytes.length] as const);
  return [fault.kind, bytes, 'ggml' in fault ? fault.ggml : 'unchecked'];
}

describe('a GGUF file with one defect', () => {
  test.each(GGUF_DEFECTS)('%s', async (defect) => {
    const { faults } = await read(defect);
    expect(faults.map(summary)).toEqual([EXPECTED[defect]]);
    for (const fault of faults) expect(fault.file).toBe(defect);
  });

  test('without one has no fault', async () => {
    const { faults, tensors, metadata } = await readGguf(memorySource('sound', soundGguf()));
    expect(faults).toEqual([]);
    expect([...metadata]).toEqual([['general.architecture', 'sd1']]);
    expect(tensors).toEqual([
      { name: 'a', dtype: 'F16', shape: [2, 2], file: 0, offset: 160, byteLength: 8 },
      { name: 'b', dtype: 'F32', shape: [4], file: 0, offset: 192, byteLength: 16 },
    ]);
  });

  test('keeps what can still be told', async () => {
    const names = async (defect: GgufDefect) => (await read(defect)).tensors.map(({ name }) => name);
    expect(await names('type-99')).toEqual(['b']);
    expect(await names('key-twice')).toEqual(['a', 'b']);
    expect(await names('dims-5')).toEqual(['a', 'b']);
    expect(await names('data-absent')).toEqual(['a', 'b']);
    // what follows a list that breaks off is nowhere
    expect(await names('cut-in-list')).toEqual([]);
  });

  test('says what was expected and what stands there', async () => {
    const faultOf = async (defect: GgufDefect) => (await read(defect)).faults[0];
    expect(await faultOf('version-big-endian')).toMatchObject({ problem: 'byte-swapped' });
    expect(await faultOf('version-1')).toMatchObject({ problem: 'old' });
    expect(await faultOf('tensors-negative')).toMatchObject({ declared: '-1', what: 'tensors' });
    expect(await faultOf('keys-beyond-file')).toMatchObject({ declared: '2305843009213693952' });
    expect(await faultOf('alignment-int32')).toMatchObject({ found: '32 (INT32)' });
    expect(await faultOf('type-removed')).toMatchObject({ type: 4, name: 'Q4_2' });
    expect(await faultOf('block-unfilled')).toMatchObject({ dtype: 'Q8_0', row: 33, block: 32 });
    expect(await faultOf('dims-overflow')).toMatchObject({ shape: ['4294967296', '4294967296'] });
    expect(await faultOf('overlap')).toMatchObject({ tensor: 'b', other: 'a' });
    expect(await faultOf('hole-between')).toMatchObject({ before: 'a', after: 'b' });
    expect(await faultOf('data-cut')).toMatchObject({ expected: 208, actual: 200, tensors: 1 });
    expect(await faultOf('key-twice')).toMatchObject({ first: { offset: 24, length: 28 } });
    expect(await faultOf('file-type-q8-0')).toMatchObject({ declared: 'Q8_0', found: ['F16', 'F32'] });
  });

  test.each(GGUF_DEFECTS)('%s is said by one rule, or listed as unchecked', async (defect) => {
    const checkpoint = await openCheckpoint(memorySource('m.gguf', buildGgufDefect(defect)));
    const rules: readonly Rule[] = fmtRules;
    const drafts = rules.flatMap((rule) =>
      [...rule.check({ checkpoint, components: [], configs: [] })].map((draft) => ({ rule, draft })),
    );
    expect(drafts.length + checkpoint.unchecked.length).toBe(1);
    for (const { rule, draft } of drafts) {
      const { what, evidence } = rule.words(draft.args);
      expect(what).not.toMatch(/undefined|NaN|\[object|\.$/);
      expect(evidence).toBeTruthy();
    }
  });
});
