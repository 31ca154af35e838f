import { faultRule } from './support/fault-rule.ts';

export const FMT022 = faultRule({
  id: 'FMT022',
  name: 'path-leads-out',
  title: 'A file of the model leads out of its folder',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: 'A model may only name plain files in its own folder. A path with `..`, an absolute one or a link to elsewhere would make the loader open any file of the machine. Such a path is refused here and nothing behind it is read.',
  mend: 'Put the file into the folder of the model. If you made the link yourself, name its target instead.',
  sources: [
    'diffusers: hub_utils, shard names must be base names',
    'CVE-2022-25882, CVE-2024-27318: the same fault in ONNX external data',
  ],
  cases: {
    'shard-name-refused': {
      words: ({ shard, reason }) => ({
        what: `the index names a shard that is no plain file name: ${reason}`,
        found: `\`${shard}\``,
        expected: 'the name of a file beside the index',
      }),
    },
    'path-refused': {
      words: ({ reason }) => ({
        what: `the path is refused: ${reason}`,
        expected: 'a regular file in the folder',
      }),
    },
  },
});
