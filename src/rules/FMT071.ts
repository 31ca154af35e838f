import { bytes, faultRule, group } from './support/fault-rule.ts';

export const FMT071 = faultRule({
  id: 'FMT071',
  name: 'onnx-external-place',
  title: 'A tensor has an impossible place in the file beside its model',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'Offset and length say where a tensor lies in the file of weights. Where they lead beyond it, the file is another than the model was written with, or was cut.',
  mend: 'Download the file of weights again, or export the model again.',
  sources: ['ONNX docs/ExternalData.md: location, offset, length'],
  cases: {
    'onnx-external-entry': {
      words: ({ tensor, problem, found }) => ({
        what: `the place of \`${tensor}\` cannot be told: ${problem}`,
        ...(found === '' ? {} : { found }),
      }),
    },
    'onnx-external-range': {
      words: ({ tensor, location, begin, end, limit }) => ({
        what: `\`${tensor}\` lies beyond the end of \`${location}\``,
        found: `bytes ${group(begin)} to ${group(end)}`,
        expected: `at most ${bytes(limit)}`,
      }),
    },
    'onnx-external-key': {
      severity: 'note',
      words: ({ tensor, key }) => ({
        what: `the place of \`${tensor}\` is said with the unknown word \`${key}\``,
        expected: 'location, offset, length, checksum, basepath',
      }),
    },
  },
});
