import { defineRule } from './rule.ts';

/** A config beside the weights has a value that its library cannot read as meant. */
export const COMP002 = defineRule<{ file: string; pointer: string; found: string; expected: string }>({
  id: 'COMP002',
  name: 'config-invalid',
  title: 'A config has a value of the wrong kind',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `Diffusers and transformers build the net from \`config.json\` before they read a single weight. A string where a number belongs, or a list that lacks its brackets, fails far from its cause, or is taken for something else: a \`beta_schedule\` that no scheduler knows stops the pipeline, a \`prediction_type\` with a typing slip does too.`,
  mend: 'Correct the value at the place named. Keys that are not listed in the schema may stay: libraries ignore them.',
  sources: ['The schemas in this package, schemas/*.schema.json, and the diffusers sources that they name'],
  *check({ configs }) {
    for (const { path, issues } of configs) {
      for (const { pointer, found, expected } of issues) {
        yield { args: { file: path, pointer, found, expected }, place: { file: path, pointer } };
      }
    }
  },
  words: ({ file, pointer, found, expected }) => ({
    what: `${file} has ${found} at ${pointer === '' ? 'its root' : pointer}`,
    found,
    expected,
  }),
});
