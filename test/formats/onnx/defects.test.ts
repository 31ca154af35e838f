import { describe, expect, test } from 'vitest';
import { memoryTree } from '../../../src/bytes/memory.ts';
import { memorySource } from '../../../src/bytes/memory.ts';
import type { Checkpoint } from '../../../src/formats/checkpoint.ts';
import type { Fault } from '../../../src/formats/fault.ts';
import { openCheckpoint } from '../../../src/formats/index.ts';
import { fmtRules } from '../../../src/rules/fmt.ts';
import type { Rule } from '../../../src/rules/rule.ts';
import { buildOnnxDefect, DATA_FILE, ONNX_DEFECTS, type OnnxDefect, soundOnnx } from '../../build/onnx.ts';

type Expected = readonly [kind: Fault['kind'], onnx: 'broken' | 'odd' | 'unchecked', what?: object];

/** The whole of what each file has wrong, and whether it is a model all the same. */
const EXPECTED: Readonly<Record<OnnxDefect, Expected>> = {
  'graph-cut': ['onnx-truncated', 'broken'],
  'tag-zero': ['onnx-malformed', 'broken', { message: 'GraphProto', problem: 'field-zero' }],
  'group-field': ['onnx-malformed', 'broken', { message: 'GraphProto', problem: 'wire-type' }],
  'varint-of-11': ['onnx-malformed', 'broken', { message: 'GraphProto', problem: 'varint-too-long' }],
  'length-over-parent': ['onnx-malformed', 'broken', { message: 'GraphProto', problem: 'beyond-message' }],
  'length-2-62': ['onnx-malformed', 'broken', { message: 'GraphProto', problem: 'beyond-message' }],
  'packed-uneven': ['onnx-malformed', 'broken', { message: 'TensorProto', problem: 'packed-uneven' }],
  'name-as-number': ['onnx-field-type', 'broken', { message: 'GraphProto', field: 'name', found: 0 }],
  'graph-twice': ['onnx-field-twice', 'broken', { message: 'ModelProto', field: 'graph' }],
  'raw-data-twice': ['onnx-field-twice', 'broken', { message: 'TensorProto', field: 'raw_data' }],
  'version-99': ['onnx-version', 'broken', { version: 99 }],
  'opset-none': ['onnx-opset-missing', 'broken', { domain: '' }],
  'opset-twice': ['onnx-opset-twice', 'broken', { domain: '' }],
  'no-graph': ['onnx-no-graph', 'broken'],
  'input-unmade': ['onnx-value-undefined', 'broken', { value: 'nowhere', reader: 'Relu' }],
  'output-unmade': ['onnx-value-undefined', 'broken', { value: 'z', reader: 'the graph' }],
  'node-early': ['onnx-value-early', 'odd', { value: 'h', reader: '/first/Add', count: 1 }],
  'value-twice': ['onnx-value-twice', 'broken', { value: 'y' }],
  'foreign-domain': ['onnx-foreign-operator', 'odd', { domain: 'com.example', operator: 'Warp', count: 1 }],
  'foreign-domain-spaced': ['onnx-foreign-operator', 'odd', { domain: 'com.microsoft x', operator: 'Warp' }],
  'tensor-unnamed': ['onnx-tensor-unnamed', 'broken'],
  'tensor-twice': ['onnx-tensor-twice', 'broken', { tensor: 'w' }],
  'type-none': ['onnx-data-type', 'broken', { type: 0 }],
  'type-99': ['onnx-data-type', 'broken', { type: 99 }],
  'type-text': ['tensor-not-read', 'unchecked', { what: 'STRING' }],
  'type-uint4': ['tensor-not-read', 'unchecked', { what: 'UINT4' }],
  'dim-negative': ['onnx-dimension', 'broken', { shape: ['-2'] }],
  'dims-overflow': ['onnx-shape-overflow', 'broken'],
  'dims-65': ['limit-exceeded', 'unchecked', { what: 'dimensions of a tensor', actual: 65 }],
  'data-none': ['onnx-data-missing', 'broken', { shape: [2, 2] }],
  'data-in-two-fields': ['onnx-data-fields', 'broken', { fields: ['raw_data', 'float_data'] }],
  'data-in-wrong-field': ['onnx-data-field', 'broken', { field: 'int64_data', dtype: 'F32' }],
  'raw-too-short': ['onnx-data-size', 'broken', { unit: 'bytes', expected: 16, actual: 12 }],
  'raw-too-long': ['onnx-data-size', 'broken', { unit: 'bytes', expected: 16, actual: 20 }],
  'floats-too-few': ['onnx-data-size', 'broken', { unit: 'numbers', expected: 4, actual: 3 }],
  'external-not-said': ['onnx-data-fields', 'broken', { fields: ['external_data'] }],
  'external-parent': ['onnx-external-path', 'broken', { reason: 'it leads out of the folder' }],
  'external-within': ['onnx-external-path', 'broken', { reason: 'it leads out of the folder' }],
  'external-absolute': ['onnx-external-path', 'broken', { reason: 'it is an absolute path' }],
  'external-drive': ['onnx-external-path', 'broken', { reason: 'the name begins with a drive letter' }],
  'external-address': ['onnx-external-path', 'broken'],
  'external-absent': ['onnx-external-missing', 'broken', { location: 'other.bin' }],
  'external-no-location': ['onnx-external-entry', 'broken', { problem: 'no location' }],
  'external-location-twice': ['onnx-external-entry', 'broken', { problem: 'two entries location' }],
  'external-offset-word': ['onnx-external-entry', 'broken', { found: '1e1' }],
  'external-offset-negative': ['onnx-external-entry', 'broken', { found: '-1' }],
  'external-beyond': ['onnx-external-range', 'broken', { begin: 56, end: 72, limit: 64 }],
  'external-beyond-unsaid': ['onnx-external-range', 'broken', { begin: 56, end: 72, limit: 64 }],
  'external-length-short': ['onnx-data-size', 'broken', { expected: 16, actual: 8 }],
  'external-key-odd': ['onnx-external-key', 'odd', { key: 'mode' }],
  'external-overlap': ['onnx-external-overlap', 'broken', { tensor: 'v', other: 'w' }],
  'external-shared': ['onnx-external-shared', 'odd', { tensor: 'v', other: 'w', count: 1 }],
  'external-in-constant': ['onnx-external-path', 'broken'],
  'name-latin1': ['onnx-not-utf8', 'odd', { what: 'the name of a tensor' }],
  'metadata-twice': ['onnx-metadata-twice', 'broken', { key: 'a' }],
  'no-tensors': ['onnx-no-tensors', 'odd'],
  'nested-deep': ['limit-exceeded', 'unchecked', { what: 'messages inside each other' }],
};

function open(bytes: Uint8Array): Promise<Checkpoint> {
  const tree = memoryTree('model', new Map([DATA_FILE]));
  return openCheckpoint(memorySource('m.onnx', bytes), { beside: async () => tree });
}

describe('an ONNX file with one defect', () => {
  test.each(ONNX_DEFECTS)('%s', async (defect) => {
    const { faults } = await open(buildOnnxDefect(defect));
    const [kind, onnx, what = {}] = EXPECTED[defect];
    expect(faults.map((fault) => [fault.kind, 'onnx' in fault ? fault.onnx : 'unchecked'])).toEqual([
      [kind, onnx],
    ]);
    expect(faults[0]).toMatchObject({ ...what, file: 'm.onnx' });
  });

  test('without one has no fault', async () => {
    const { faults, unchecked, parts, metadata, container } = await open(soundOnnx());
    expect([...faults, ...unchecked]).toEqual([]);
    expect(container).toBe('onnx');
    expect(parts[0]?.tensors.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ['w', 'F32', [2, 2]],
      ['b', 'F16', [2]],
    ]);
    expect([...metadata]).toEqual([
      ['producer_name', 'tests'],
      ['author', 'tests'],
    ]);
  });

  test('keeps what can still be told', async () => {
    const names = async (defect: OnnxDefect) => {
      const { parts } = await open(buildOnnxDefect(defect));
      return parts.flatMap(({ tensors }) => tensors.map(({ name }) => name)).sort();
    };
    expect(await names('length-over-parent')).toEqual(['b', 'w']);
    expect(await names('type-99')).toEqual(['b']);
    expect(await names('external-absent')).toEqual(['b', 'w']);
    expect(await names('data-none')).toEqual(['b']);
  });

  test('a tensor whose bytes are not there lies behind the end of its file', async () => {
    const bytes = buildOnnxDefect('external-absent');
    const { parts } = await open(bytes);
    expect(parts[0]?.tensors.find(({ name }) => name === 'w')?.offset).toBe(bytes.length);
  });

  test('where only the file is at hand, what lies beside it is not looked at', async () => {
    const { faults, unchecked } = await openCheckpoint(
      memorySource('m.onnx', buildOnnxDefect('external-shared')),
    );
    expect(faults.map(({ kind }) => kind)).toEqual(['onnx-external-unseen']);
    expect(unchecked).toHaveLength(1);
  });

  test('bytes of the file beside it that belong to no tensor', async () => {
    const bytes = new Uint8Array(200_000);
    const tree = memoryTree('model', new Map([[DATA_FILE[0], bytes]]));
    const model = memorySource('m.onnx', buildOnnxDefect('external-shared'));
    const { faults } = await openCheckpoint(model, { beside: async () => tree });
    expect(faults.find(({ kind }) => kind === 'onnx-external-unclaimed')).toMatchObject({ count: 199_984 });
  });

  test.each(ONNX_DEFECTS)('%s is said by one rule, or listed as unchecked', async (defect) => {
    const checkpoint = await open(buildOnnxDefect(defect));
    const rules: readonly Rule[] = fmtRules;
    const drafts = rules.flatMap((rule) =>
      [...rule.check({ checkpoint, components: [], configs: [] })].map((draft) => ({ rule, draft })),
    );
    expect(drafts.length + checkpoint.unchecked.length).toBe(1);
    for (const { rule, draft } of drafts) {
      expect(rule.words(draft.args).what).not.toMatch(/undefined|NaN|\[object|\.$/);
    }
  });
});
