import { defineRule } from './rule.ts';
import { globalPlace, globalsOf, picklesOf, recordName } from './support/pickles.ts';

export const SAFE002 = defineRule<{ readonly record: string; readonly path: string }>({
  id: 'SAFE002',
  name: 'unknown-call',
  title: 'Loading the file would call something unknown',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'The pickle calls a function or makes an object of a class that does not belong to checkpoints. It may be a class of the training script, saved whole; it may as well be one of the many functions of Python’s libraries that lead to a command. Lists of bad names are always behind: what is not known to be harmless is not. `torch.load(weights_only=True)` refuses it.',
  mend: 'Ask for the state dict alone, or as safetensors. If the file is yours, save `model.state_dict()` and not the model.',
  sources: [
    'torch _weights_only_unpickler.py: the names that are allowed',
    'AUTOMATIC1111 modules/safe.py: the names that Stable Diffusion checkpoints need',
  ],
  *check({ checkpoint }) {
    for (const report of picklesOf(checkpoint)) {
      for (const global of globalsOf(report, 'unknown')) {
        if (!global.called) continue;
        const args = { record: recordName(report), path: `${global.module}.${global.name}` };
        yield { args, place: globalPlace(report, global.offset) };
      }
    }
  },
  words: ({ record, path }) => ({
    what: `${record} calls \`${path}\`, which is not known to be harmless`,
    found: path,
    expected: 'names that make tensors and plain values',
  }),
});
