import { bytes, faultRule, group } from './support/fault-rule.ts';

export const FMT043 = faultRule({
  id: 'FMT043',
  name: 'gguf-nonstandard-header',
  title: 'The header of a GGUF file suits some programs only',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: 'Programs that read GGUF differ in what they take. llama.cpp has room for 63 bytes of a name, stable-diffusion.cpp for 159, and those in Python for any; gguf-py refuses text that is not UTF-8, llama.cpp passes it on.',
  mend: 'Write the file again with a current converter. Long names are a matter of the prefix: a U-Net converted alone has none.',
  sources: [
    'ggml include/ggml.h: GGML_MAX_NAME',
    'stable-diffusion.cpp CMakeLists.txt: GGML_MAX_NAME=160',
    'gguf-py gguf_reader.py',
  ],
  cases: {
    'gguf-not-utf8': {
      words: ({ what }) => ({ what: `${what} is not UTF-8`, expected: 'UTF-8' }),
    },
    'gguf-bool': {
      words: ({ key, found }) => ({
        what: `the truth value of \`${key}\` is neither true nor false`,
        found: String(found),
        expected: '0 or 1',
      }),
    },
    'gguf-long-names': {
      severity: 'note',
      words: ({ tensor, count, longest, limit }) => ({
        what: `${count === 1 ? 'one tensor has a name' : `${group(count)} tensors have names`} too long for llama.cpp; stable-diffusion.cpp and ComfyUI read them`,
        found: `${bytes(longest)} for \`${tensor}\``,
        expected: `at most ${bytes(limit)}`,
      }),
    },
    'gguf-name-too-long': {
      words: ({ tensor, longest, limit }) => ({
        what: `\`${tensor}\` is a name too long for llama.cpp and for stable-diffusion.cpp`,
        found: bytes(longest),
        expected: `at most ${bytes(limit)}`,
      }),
    },
  },
});
