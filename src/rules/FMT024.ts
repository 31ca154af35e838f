import { faultRule } from './support/fault-rule.ts';

export const FMT024 = faultRule({
  id: 'FMT024',
  name: 'custom-code',
  title: 'The model brings its own code',
  severity: 'warning',
  evidence: 'config',
  since: '0.1.0',
  why: 'A loader that is told to trust remote code runs Python that came with the model. Nothing of it is run or read here, so it is not known what it does; it may also change what the weights mean.',
  mend: 'Read the code before you load the model with `trust_remote_code` or `custom_pipeline`. Delete it if the model does without.',
  sources: ['diffusers: pipeline_loading_utils._get_custom_components_and_folders', 'transformers: auto_map'],
  cases: {
    'custom-code': {
      words: () => ({ what: 'Python code lies beside the weights' }),
    },
    'custom-class': {
      words: ({ module, className }) => ({
        what: 'a class is loaded from code of the model',
        found: module === '' ? `\`${className}\`` : `\`${className}\` from \`${module}\``,
        expected: 'a class of diffusers or transformers',
      }),
    },
  },
});
