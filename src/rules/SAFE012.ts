import { bytes, faultRule } from './support/fault-rule.ts';

export const SAFE012 = faultRule({
  id: 'SAFE012',
  name: 'expanded-tensor',
  title: 'Tensors show far more than is stored for them',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'A PyTorch tensor may show the same bytes again and again, and many tensors the same storage. A few bytes can stand for terabytes so. Loading costs little; whatever converts, averages or saves the tensors then runs out of memory. Values of such tensors are not read here.',
  mend: 'Do not convert the file. Ask its maker for one whose tensors hold what they show.',
  sources: [
    'torch Tensor.expand: strides of 0',
    'safetensors repository, attacks/safetensors_abuse_attempt_3',
  ],
  cases: {
    'tensor-expanded': {
      words: ({ tensor, shown, stored }) => ({
        what:
          tensor === ''
            ? `all tensors together show ${bytes(shown)} of a file of ${bytes(stored)}`
            : `\`${tensor}\` shows ${bytes(shown)} and is stored in ${bytes(stored)}`,
        found: bytes(shown),
        expected: 'about as many as are stored',
      }),
    },
  },
});
