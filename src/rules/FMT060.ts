import type { WireProblem } from '../formats/onnx/faults.ts';
import { bytes, faultRule } from './support/fault-rule.ts';

/** By what does not hold. */
const PROBLEMS: Readonly<Record<WireProblem, string>> = {
  'varint-too-long': 'a number in it takes more than ten bytes',
  'wire-type': 'a field in it is written in no way that protobuf has',
  'field-zero': 'a field in it has a number that protobuf does not allow',
  'beyond-message': 'a field in it is longer than what is left of it',
  'packed-uneven': 'a list of numbers in it ends within a number',
};

export const FMT060 = faultRule({
  id: 'FMT060',
  name: 'onnx-malformed',
  title: 'The protobuf of an ONNX model is broken',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'An ONNX file is one protobuf message. Where a length or a number in it cannot be, everything behind it in the same message is lost, and programs refuse the file; a file that was cut lacks its last weights.',
  mend: 'Export the model again, or download it again where somebody else offers it. A download that broke off shows as a file that is too short.',
  sources: ['Protocol Buffers, "Encoding"'],
  cases: {
    'onnx-malformed': {
      words: ({ message, problem }) => ({ what: `a ${message} is broken: ${PROBLEMS[problem]}` }),
    },
    'onnx-truncated': {
      words: ({ expected, actual }) => ({
        what: 'the file ends before the model in it does',
        found: bytes(actual),
        expected: `at least ${bytes(expected)}`,
      }),
    },
  },
});
