import { faultRule } from './support/fault-rule.ts';

export const FMT061 = faultRule({
  id: 'FMT061',
  name: 'onnx-field',
  title: 'A field of an ONNX model is written as the format does not have it',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'A field that stands once by the format and twice in the file is read differently by different programs: some take the last, some join the two, so that a checker may look at one model and a runtime run another. A field of another type than the format has is passed over by every reader, as if it were not there.',
  mend: 'Export the model again, or download it again where somebody else offers it. No exporter writes such fields: find out where the file comes from.',
  sources: ['Protocol Buffers, "Encoding": last one wins, embedded messages are merged', 'onnx.proto'],
  cases: {
    'onnx-field-type': {
      words: ({ message, field, found }) => ({
        what: `${field} of a ${message} is written as another type than it has`,
        found: `wire type ${found}`,
      }),
    },
    'onnx-field-twice': {
      words: ({ message, field }) => ({
        what: `${field} stands twice in one ${message}`,
        expected: 'each such field once',
      }),
    },
  },
});
