import { faultRule } from './support/fault-rule.ts';

export const FMT023 = faultRule({
  id: 'FMT023',
  name: 'incomplete-folder',
  title: 'A file that the model needs is missing',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: "A folder is loaded by its `model_index.json` and by the config and weights in each component's folder. Where one is missing the pipeline fails to load; if only the config is, its class is guessed or built with defaults.",
  mend: 'Fetch the missing file from where the model came from. A partial download often leaves out what its filter did not match.',
  sources: ['diffusers: DiffusionPipeline.from_pretrained, ModelMixin.from_pretrained'],
  cases: {
    'config-missing': {
      words: ({ component }) => ({
        what:
          component === ''
            ? 'the weights have no config beside them'
            : `the component \`${component}\` has no config`,
      }),
    },
    'weights-missing': {
      words: ({ component, lookedFor }) => ({
        what:
          component === ''
            ? 'the config has no weights beside it'
            : `the component \`${component}\` has no weights`,
        expected: lookedFor.join(' or '),
      }),
    },
    'component-missing': {
      words: ({ component, className }) => ({
        what: `the component \`${component}\` is not there`,
        expected: `a folder with a ${className}`,
      }),
    },
    'model-index-missing': {
      words: ({ components }) => ({
        what: 'the folder has components and no model_index.json',
        found: components.join(', '),
      }),
    },
  },
});
