import { bytes, faultRule } from './support/fault-rule.ts';

export const FMT048 = faultRule({
  id: 'FMT048',
  name: 'gguf-trailing-bytes',
  title: 'A GGUF file goes on after its last tensor',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: 'No program looks at what follows the last tensor: the rest of a longer file that was overwritten, two files joined by mistake, or another file smuggled along. The model itself loads.',
  mend: 'Find out where the bytes come from; then convert the model again, or cut the file at the byte where the last tensor ends.',
  sources: ['GGUF specification (ggml docs/gguf.md): the file ends with the data of the tensors'],
  cases: {
    'gguf-trailing': {
      words: ({ expected, actual }) => ({
        what: `${bytes(actual - expected)} after the last tensor belong to none`,
        found: bytes(actual),
        expected: bytes(expected),
      }),
    },
  },
});
