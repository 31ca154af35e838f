import { faultRule } from './support/fault-rule.ts';

export const FMT020 = faultRule({
  id: 'FMT020',
  name: 'shard-index-disagrees',
  title: 'The index and the shards name different tensors',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: 'The index and the shards are from different versions of the model, or a shard was replaced. Loaders that go by the index miss weights that are there; those that go by the shards load what the index does not know.',
  mend: 'Fetch the index and all shards from the same revision, or save the model again.',
  sources: ['huggingface_hub: split_torch_state_dict_into_shards'],
  cases: {
    'tensor-not-in-shard': {
      words: ({ tensor, shard, foundIn }) => ({
        what: `\`${tensor}\` is not in the shard that the index names`,
        found: foundIn === undefined ? 'in no shard' : `in \`${foundIn}\``,
        expected: `in \`${shard}\``,
      }),
    },
    'tensor-not-in-index': {
      severity: 'warning',
      words: ({ tensor, shard }) => ({
        what: `\`${tensor}\` is in a shard and not in the index`,
        found: `in \`${shard}\``,
      }),
    },
    'tensor-in-two-shards': {
      severity: 'warning',
      words: ({ tensor, otherShard }) => ({
        what: `\`${tensor}\` is in two shards`,
        found: `also in \`${otherShard}\``,
        expected: 'each tensor in one shard',
      }),
    },
  },
});
