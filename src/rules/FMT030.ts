import { faultRule } from './support/fault-rule.ts';

export const FMT030 = faultRule({
  id: 'FMT030',
  name: 'ambiguous-tensor-name',
  title: 'Two tensors of a checkpoint come to the same name',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: 'The checkpoint holds dictionaries in dictionaries, and two paths through them give one name: `a` with `b` in it, and `a.b` beside it. Programs that flatten the checkpoint keep one of the two, not all of them the same.',
  mend: 'Save the state dict by itself, without other tensors around it.',
  sources: ['torch.nn.Module.state_dict: names are paths joined by dots'],
  cases: {
    'tensor-name-twice': {
      words: ({ tensor }) => ({
        what: `\`${tensor}\` is the name of two tensors`,
        found: 'two',
        expected: 'one; the first was read',
      }),
    },
  },
});
