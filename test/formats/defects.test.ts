import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/bytes/memory.ts';
import type { Fault, FaultKind, ReferenceErrorName } from '../../src/formats/fault.ts';
import { readSafetensors } from '../../src/formats/safetensors.ts';
import { buildDefect, type Defect, DEFECT_NAMES, soundFile } from '../build/safetensors.ts';

/** Kind, offset and length of the bytes at fault, and what the reference reader says. */
type Expected = readonly [FaultKind, readonly [number, number] | null, ReferenceErrorName | 'accepts'];

/** Whether the reference accepts or refuses was seen by loading each file with safetensors 0.8.0 for Python. */
const EXPECTED: Readonly<Record<Defect, readonly Expected[]>> = {
  'empty-file': [['file-too-short', [0, 0], 'HeaderTooSmall']],
  'seven-bytes': [['file-too-short', [0, 7], 'HeaderTooSmall']],
  'header-length-over-limit': [['header-too-large', [0, 8], 'HeaderTooLarge']],
  'header-length-over-2-64': [['header-too-large', [0, 8], 'HeaderTooLarge']],
  'header-length-over-file': [['header-beyond-file', [0, 8], 'InvalidHeaderLength']],
  'header-of-no-bytes': [['header-not-json', [8, 0], 'InvalidHeaderDeserialization']],
  'header-latin1': [['header-not-utf8', [10, 1], 'InvalidHeader']],
  'header-surrogate-bytes': [['header-not-utf8', [10, 1], 'InvalidHeader']],
  'header-latin1-outside-string': [['header-not-utf8', [118, 1], 'InvalidHeader']],
  'header-text': [['header-not-json', [9, 1], 'InvalidHeaderDeserialization']],
  'header-array': [['header-not-object', [8, 2], 'InvalidHeaderDeserialization']],
  'header-bom': [['header-not-json', [8, 3], 'InvalidHeaderDeserialization']],
  'header-nul-padding': [['header-not-json', [118, 2], 'InvalidHeaderDeserialization']],
  'header-second-object': [['header-not-json', [118, 2], 'InvalidHeaderDeserialization']],
  'header-trailing-comma': [['header-not-json', [118, 1], 'InvalidHeaderDeserialization']],
  'header-control-character': [['header-not-json', [11, 1], 'InvalidHeaderDeserialization']],
  'header-lone-surrogate': [['header-not-json', [10, 6], 'InvalidHeaderDeserialization']],
  'header-bad-escape': [['header-not-json', [10, 2], 'InvalidHeaderDeserialization']],
  'header-unclosed': [['header-not-json', [120, 0], 'InvalidHeaderDeserialization']],
  'header-leading-zero': [['header-not-json', [37, 1], 'InvalidHeaderDeserialization']],
  'header-number-out-of-range': [['header-not-json', [67, 5], 'InvalidHeaderDeserialization']],
  'header-too-deep': [['header-not-json', [192, 1], 'InvalidHeaderDeserialization']],
  'header-leading-whitespace': [['header-leading-whitespace', [8, 2], 'accepts']],
  'header-tab-padding': [['header-odd-padding', [118, 2], 'accepts']],
  'header-unpadded': [['header-unaligned', [0, 8], 'accepts']],
  'metadata-null': [['metadata-null', [9, 14], 'accepts']],
  'metadata-array': [['metadata-not-object', [9, 14], 'InvalidHeaderDeserialization']],
  'metadata-number': [['metadata-not-string', [25, 6], 'InvalidHeaderDeserialization']],
  'metadata-twice': [['duplicate-metadata', [27, 19], 'InvalidHeaderDeserialization']],
  'metadata-key-twice': [['duplicate-metadata-key', [33, 3], 'accepts']],
  'entry-string': [['entry-not-object', [9, 9], 'InvalidHeaderDeserialization']],
  'entry-short-array': [['entry-not-object', [9, 17], 'InvalidHeaderDeserialization']],
  'entry-array': [['entry-as-array', [9, 23], 'accepts']],
  'dtype-missing': [['missing-field', [9, 40], 'InvalidHeaderDeserialization']],
  'shape-missing': [['missing-field', [9, 40], 'InvalidHeaderDeserialization']],
  'offsets-missing': [['missing-field', [9, 33], 'InvalidHeaderDeserialization']],
  'dtype-twice': [['duplicate-field', [28, 8], 'InvalidHeaderDeserialization']],
  'dtype-number': [['field-wrong-type', [22, 2], 'InvalidHeaderDeserialization']],
  'dtype-unknown': [['dtype-unknown', [22, 5], 'InvalidHeaderDeserialization']],
  'dtype-object': [['dtype-as-object', [22, 12], 'accepts']],
  'dtype-object-of-two': [['field-wrong-type', [22, 22], 'InvalidHeaderDeserialization']],
  'shape-null': [['field-wrong-type', [36, 4], 'InvalidHeaderDeserialization']],
  'offsets-of-three': [['field-wrong-type', [57, 7], 'InvalidHeaderDeserialization']],
  'offsets-object': [['field-wrong-type', [57, 13], 'InvalidHeaderDeserialization']],
  'dim-2.0': [['not-an-integer', [37, 3], 'InvalidHeaderDeserialization']],
  'dim-2e0': [['not-an-integer', [37, 3], 'InvalidHeaderDeserialization']],
  'dim-minus-0': [['not-an-integer', [37, 2], 'InvalidHeaderDeserialization']],
  'dim-minus-1': [['not-an-integer', [37, 2], 'InvalidHeaderDeserialization']],
  'dim-2-64': [['not-an-integer', [37, 20], 'InvalidHeaderDeserialization']],
  'dim-text': [['not-an-integer', [37, 3], 'InvalidHeaderDeserialization']],
  'offset-negative': [['not-an-integer', [58, 2], 'InvalidHeaderDeserialization']],
  'field-unknown': [['unknown-field', [63, 15], 'accepts']],
  'field-unknown-twice': [
    ['unknown-field', [63, 5], 'accepts'],
    ['unknown-field', [69, 5], 'accepts'],
  ],
  'name-twice-same-range': [['duplicate-tensor-same-range', [62, 54], 'accepts']],
  'name-twice-other-range': [['duplicate-tensor', [118, 54], 'InvalidOffset']],
  'name-twice-within': [['duplicate-tensor', [62, 54], 'accepts']],
  'offsets-reversed': [['offsets-reversed', [9, 52], 'InvalidOffset']],
  'hole-first': [['hole', [64, 8], 'InvalidOffset']],
  'hole-between': [['hole', [128, 4], 'InvalidOffset']],
  overlap: [['overlap', [126, 2], 'InvalidOffset']],
  'overlap-equal': [['overlap', [120, 8], 'InvalidOffset']],
  'empty-tensor-inside': [['overlap', [180, 0], 'InvalidOffset']],
  'end-beyond-file': [
    ['size-mismatch', [64, 54], 'TensorInvalidInfo'],
    ['offsets-beyond-file', [64, 54], 'MetadataIncompleteBuffer'],
  ],
  'end-beyond-2-53': [
    ['size-mismatch', [64, 71], 'TensorInvalidInfo'],
    ['offsets-beyond-file', [64, 71], 'MetadataIncompleteBuffer'],
  ],
  'data-cut': [['file-truncated', [134, 0], 'MetadataIncompleteBuffer']],
  'data-absent': [['file-truncated', [120, 0], 'MetadataIncompleteBuffer']],
  'data-too-long': [['trailing-bytes', [136, 5], 'MetadataIncompleteBuffer']],
  'dims-overflow': [['shape-overflow', [9, 91], 'ValidationOverflow']],
  'bits-overflow': [['shape-overflow', [9, 70], 'ValidationOverflow']],
  'sub-byte-odd': [['misaligned-slice', [9, 51], 'MisalignedSlice']],
  'shape-too-small': [['size-mismatch', [9, 54], 'TensorInvalidInfo']],
  'shape-too-large': [['size-mismatch', [9, 54], 'TensorInvalidInfo']],
  'tensor-unaligned': [['tensor-unaligned', [61, 52], 'accepts']],
  'no-tensors': [['no-tensors', null, 'accepts']],
  'dim-huge-and-empty': [['limit-exceeded', [9, 91], 'accepts']],
  'rank-65': [['limit-exceeded', [35, 131], 'accepts']],
};

function summary(fault: Fault): Expected {
  const bytes = fault.bytes === undefined ? null : ([fault.bytes.offset, fault.bytes.length] as const);
  const verdict = 'referenceError' in fault ? fault.referenceError : 'accepts';
  return [fault.kind, bytes, verdict];
}

describe('a safetensors file with one defect', () => {
  it.each(DEFECT_NAMES)('%s', async (defect) => {
    const { faults } = await readSafetensors(memorySource(defect, buildDefect(defect)));
    expect(faults.map(summary)).toEqual(EXPECTED[defect]);
    for (const fault of faults) expect(fault.file).toBe(defect);
  });

  it('without one has no fault', async () => {
    const { faults, tensors } = await readSafetensors(memorySource('sound', soundFile()));
    expect(faults).toEqual([]);
    expect(tensors).toEqual([
      { name: 'a', dtype: 'F16', shape: [2, 2], file: 0, offset: 120, byteLength: 8 },
      { name: 'b', dtype: 'F16', shape: [4], file: 0, offset: 128, byteLength: 8 },
    ]);
  });

  it('keeps what can still be told', async () => {
    const read = async (defect: Defect) => {
      const { tensors } = await readSafetensors(memorySource(defect, buildDefect(defect)));
      return tensors.map((tensor) => tensor.name);
    };
    expect(await read('header-unclosed')).toEqual(['a', 'b']);
    expect(await read('dtype-unknown')).toEqual(['b']);
    expect(await read('data-absent')).toEqual(['a', 'b']);
    expect(await read('header-bom')).toEqual(['a', 'b']);
  });

  it('says what was expected and what stands there', async () => {
    const faultOf = async (defect: Defect) => {
      const { faults } = await readSafetensors(memorySource(defect, buildDefect(defect)));
      return faults[0];
    };
    expect(await faultOf('dim-2e0')).toMatchObject({ tensor: 'a', field: 'shape', found: '2e0' });
    expect(await faultOf('overlap')).toMatchObject({ tensor: 'b', other: 'a' });
    expect(await faultOf('hole-between')).toMatchObject({ before: 'a', after: 'b' });
    expect(await faultOf('data-cut')).toMatchObject({ expected: 136, actual: 134, tensors: 1 });
    expect(await faultOf('data-absent')).toMatchObject({ expected: 136, actual: 120, tensors: 2 });
    expect(await faultOf('header-length-over-2-64')).toMatchObject({ declared: '18446744073709551615' });
    expect(await faultOf('end-beyond-2-53')).toMatchObject({ actual: '18446744073709551607', expected: 8 });
    expect(await faultOf('dims-overflow')).toMatchObject({
      shape: ['9223372036854775808', '9223372036854775808', '0'],
    });
    expect(await faultOf('metadata-key-twice')).toMatchObject({ key: 'k', first: { offset: 25, length: 3 } });
  });
});
