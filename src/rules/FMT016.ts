import { faultRule } from './support/fault-rule.ts';

export const FMT016 = faultRule({
  id: 'FMT016',
  name: 'no-tensors',
  title: 'The file holds no tensor',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: 'The file is a sound container with nothing in it. It loads without an error and changes nothing; often the script that saved it passed an empty dictionary.',
  mend: 'Save the model again and see that its state has entries.',
  sources: ['safetensors README, “Format”'],
  cases: {
    'pickle-without-tensors': {
      words: () => ({
        what: 'the checkpoint holds no tensor',
        found: 'a pickle without tensors',
        expected: 'at least one',
      }),
    },
    'no-tensors': {
      words: () => ({ what: 'the file holds no tensor', found: '0 tensors', expected: 'at least one' }),
    },
  },
});
