import { faultRule } from './support/fault-rule.ts';

export const FMT017 = faultRule({
  id: 'FMT017',
  name: 'malformed-config',
  title: 'A JSON file of the model cannot be read as it is meant',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: 'The configs say which classes to build and how the net is to be run. One that is not valid JSON stops the pipeline; a name that stands twice in it means two things, of which the last counts.',
  mend: 'Correct the file at the place named, or fetch it again.',
  sources: ['RFC 8259', 'diffusers: ConfigMixin, DiffusionPipeline.load_config'],
  cases: {
    'json-invalid': {
      words: ({ expected, found }) => ({ what: 'the file is not valid JSON', found, expected }),
    },
    'json-not-object': {
      words: ({ found }) => ({ what: 'the file is not a JSON object', found, expected: 'an object' }),
    },
    'json-duplicate-key': {
      severity: 'warning',
      words: ({ key }) => ({
        what: `\`${key}\` is given twice, and the last one counts`,
        expected: 'each name once',
      }),
    },
    'model-index-entry': {
      words: ({ component, found }) => ({
        what: `the component \`${component}\` is not named by a library and a class`,
        found,
        expected: 'two strings, or two nulls for a component that is left out',
      }),
    },
  },
});
