import { dims, faultRule, group } from './support/fault-rule.ts';

export const FMT068 = faultRule({
  id: 'FMT068',
  name: 'onnx-data',
  title: 'The numbers of a tensor do not suit its shape and type',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'The numbers of a tensor stand in one field, as many as its shape has. Where there are fewer, programs refuse the model; where there are more, or in several fields, some load it and some do not, and what is left over is looked at by none.',
  mend: 'Export the model again, or download it again where somebody else offers it.',
  sources: ['onnx.proto: TensorProto', 'onnx/checker.cc: check_tensor'],
  cases: {
    'onnx-data-missing': {
      words: ({ tensor, shape }) => ({
        what: `\`${tensor}\` has a shape and no numbers`,
        found: 'none',
        expected: `those of ${dims(shape)}`,
      }),
    },
    'onnx-data-fields': {
      words: ({ tensor, fields }) => ({
        what: `\`${tensor}\` has ${fields.length === 1 ? 'a place in another file that it does not say it lies in' : 'its numbers in several fields'}`,
        found: fields.join(', '),
        expected: 'one field',
      }),
    },
    'onnx-data-field': {
      words: ({ tensor, field, dtype }) => ({
        what: `\`${tensor}\` has its numbers in the field of another type`,
        found: field,
        expected: `that of ${dtype}, or raw_data`,
      }),
    },
    'onnx-data-size': {
      words: ({ tensor, shape, dtype, unit, expected, actual }) => ({
        what: `\`${tensor}\` has another number of ${unit} than its shape`,
        found: `${group(actual)} ${unit}`,
        expected: `${group(expected)} ${unit} for ${dims(shape)} ${dtype}`,
      }),
    },
  },
});
