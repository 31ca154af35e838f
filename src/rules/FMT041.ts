import { faultRule } from './support/fault-rule.ts';

const PROBLEMS = {
  old: 'the file is of the first version of GGUF, which no program reads any more',
  unknown: 'the file is of a version of GGUF that is not known',
  'byte-swapped': 'the file is written in the order of bytes of other machines (big-endian)',
} as const;

export const FMT041 = faultRule({
  id: 'FMT041',
  name: 'gguf-version',
  title: 'A GGUF file is of a version that is not read',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'The version says how the rest of the header is laid out. Version 1 counted in 32 bits; files for big-endian machines have every number turned round. Read as if they were of today they give garbage, so programs stop here, and so does this one: nothing behind it was checked.',
  mend: 'Convert the model again with a current converter, on or for a little-endian machine (gguf-py has `gguf_convert_endian.py`).',
  sources: ['GGUF specification (ggml docs/gguf.md), “Historical State”', 'ggml src/gguf.cpp'],
  cases: {
    'gguf-version': {
      words: ({ version, problem }) => ({
        what: PROBLEMS[problem],
        found:
          problem === 'byte-swapped' ? `0x${version.toString(16).padStart(8, '0')}` : `version ${version}`,
        expected: 'version 2 or 3, little-endian',
      }),
    },
  },
});
