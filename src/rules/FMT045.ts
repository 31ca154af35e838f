import { dims, faultRule } from './support/fault-rule.ts';

export const FMT045 = faultRule({
  id: 'FMT045',
  name: 'gguf-tensor-shape',
  title: 'A tensor of a GGUF file has a shape that cannot be',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'ggml has four dimensions, and counts elements in 64 bits with a sign. A shape beyond that is damage, or made to overflow a reader so that it sets aside too little and writes past it. Five dimensions are what video nets have: stable-diffusion.cpp reads them with a reader of its own, everything else refuses the file.',
  mend: 'Convert the model again. For a net with five dimensions use the program that the file was made for, or keep those tensors in a safetensors file beside it, as ComfyUI-GGUF does.',
  sources: [
    'ggml src/gguf.cpp: GGML_MAX_DIMS, number of elements',
    'stable-diffusion.cpp src/model_io/gguf_io.cpp',
    'CVE-2025-53630, CVE-2026-27940: sizes of tensors that overflow in gguf_init_from_file',
    'CVE-2026-7482: reading out of bounds by declared dimensions',
  ],
  cases: {
    'gguf-rank': {
      severity: 'warning',
      words: ({ tensor, rank, limit }) => ({
        what: `\`${tensor}\` has more dimensions than ggml`,
        found: String(rank),
        expected: `at most ${limit}`,
      }),
    },
    'gguf-dimension': {
      words: ({ tensor, shape }) => ({
        what: `\`${tensor}\` has a dimension below zero`,
        found: dims(shape),
        expected: 'dimensions from 0 on',
      }),
    },
    'gguf-shape-overflow': {
      words: ({ tensor, shape }) => ({
        what: `\`${tensor}\` is declared larger than any memory`,
        found: dims(shape),
        expected: 'fewer than 2⁵³ bytes',
      }),
    },
  },
});
