import { faultRule, group } from './support/fault-rule.ts';

export const FMT018 = faultRule({
  id: 'FMT018',
  name: 'malformed-shard-index',
  title: 'The index of the shards is missing or malformed',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: 'Weights in several files need an index that says which tensor lies in which. Without it, or with a part of it missing, loaders do not find the weights, though every shard is sound.',
  mend: 'Save the model again with `save_pretrained`, which writes the index, or fetch the index from where the shards came from.',
  sources: [
    'diffusers: hub_utils._get_checkpoint_shard_files',
    'huggingface_hub: split_torch_state_dict_into_shards',
  ],
  cases: {
    'index-without-weight-map': {
      words: ({ found }) => ({
        what: 'the index has no `weight_map`',
        found,
        expected: 'an object of tensors and shards',
      }),
    },
    'index-entry-invalid': {
      words: ({ tensor, found }) => ({
        what: `the shard of \`${tensor}\` is not a name`,
        found,
        expected: 'a string',
      }),
    },
    'index-without-metadata': {
      severity: 'warning',
      words: () => ({
        what: 'the index has no `metadata`, which diffusers fails without',
        expected: 'an object, with total_size',
        fix: 'Add `"metadata": {}` to the index.',
      }),
    },
    'index-missing': {
      words: ({ shards, expected }) => ({
        what: 'the weights are in shards and their index is missing',
        found: `${group(shards.length)} of ${group(expected)} shards`,
        expected: 'a file called …safetensors.index.json beside them',
      }),
    },
  },
});
