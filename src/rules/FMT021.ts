import { bytes, faultRule } from './support/fault-rule.ts';

export const FMT021 = faultRule({
  id: 'FMT021',
  name: 'total-size-mismatch',
  title: 'The index gives another size than the shards have',
  severity: 'warning',
  evidence: 'config',
  since: '0.1.0',
  why: "The index records the sum of the tensors' bytes. Another sum means that the shards were converted to another dtype or replaced, and the index was left as it was; programs that reserve memory by it reserve the wrong amount.",
  mend: 'Save the model again, or correct `metadata.total_size`.',
  sources: ['huggingface_hub: split_torch_state_dict_into_shards'],
  cases: {
    'total-size-mismatch': {
      words: ({ declared, actual }) => ({
        what: 'the size in the index is not that of the tensors',
        found: bytes(declared),
        expected: bytes(actual),
      }),
    },
  },
});
