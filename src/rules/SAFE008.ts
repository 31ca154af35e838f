import { bytes, faultRule, group } from './support/fault-rule.ts';

export const SAFE008 = faultRule({
  id: 'SAFE008',
  name: 'compression-bomb',
  title: 'An entry of the archive unfolds to far more than it is',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'Weights hardly shrink when they are compressed. An entry that grows a hundredfold fills the memory of whatever loads it. torch stores its entries uncompressed.',
  mend: 'Do not load the file.',
  sources: ['safetensors repository, attacks/torch_dos: 40 GB of zeros in a zip'],
  cases: {
    'zip-bomb': {
      words: ({ entry, packed, size }) => ({
        what: `\`${entry}\` unfolds from ${bytes(packed)} to ${bytes(size)}`,
        found: bytes(size),
        expected: 'about as many as are stored',
      }),
    },
    'zip-bombs': {
      words: ({ entries, packed, size }) => ({
        what: `${group(entries)} compressed entries unfold from ${bytes(packed)} to ${bytes(size)} together`,
        found: bytes(size),
        expected: 'about as many as are stored',
      }),
    },
  },
});
