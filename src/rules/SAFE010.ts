import { faultRule } from './support/fault-rule.ts';

export const SAFE010 = faultRule({
  id: 'SAFE010',
  name: 'program-in-archive',
  title: 'The archive brings a program along',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: 'TorchScript, packages of torch.package and exported programs hold code beside the weights, and loading them means to have it run. What the program does cannot be seen from its weights.',
  mend: 'Load it only if you trust its maker, or ask for the state dict as safetensors.',
  sources: [
    'torch documentation: TorchScript, torch.package, torch.export',
    'trailofbits/fickling: polyglot.py',
  ],
  cases: {
    'program-inside': {
      words: ({ program, entries }) => ({
        what: `the archive holds ${program}`,
        found: entries.join(', '),
        expected: 'data.pkl and the bytes of tensors',
      }),
    },
  },
});
