import { faultRule, group } from './support/fault-rule.ts';

export const FMT019 = faultRule({
  id: 'FMT019',
  name: 'missing-shard',
  title: 'A shard that the index names is not there',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: 'A part of the weights is missing: most often the download of one of several large files failed. Loaders stop, or with some options leave the missing weights random.',
  mend: 'Download the missing shard into the same folder.',
  sources: ['diffusers: hub_utils._get_checkpoint_shard_files'],
  cases: {
    'shard-missing': {
      words: ({ shard, tensors }) => ({
        what: `the shard \`${shard}\` is not there`,
        found: `${group(tensors)} ${tensors === 1 ? 'tensor' : 'tensors'} without a file`,
        expected: 'every shard of the index beside it',
      }),
    },
  },
});
