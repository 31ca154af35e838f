import { defineRule } from './rule.ts';
import { globalPlace, globalsOf, picklesOf, recordName } from './support/pickles.ts';

export const SAFE003 = defineRule<{ readonly record: string; readonly path: string }>({
  id: 'SAFE003',
  name: 'unknown-import',
  title: 'Loading the file would import something unknown',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: 'The pickle names something that does not belong to checkpoints, and does not call it. To load it, Python imports the module that it names and so runs that module’s own lines. Mostly this is a class left over from training; `torch.load(weights_only=True)` refuses the file all the same.',
  mend: 'Save the state dict alone, or as safetensors, without what training left behind.',
  sources: ['torch _weights_only_unpickler.py: the names that are allowed', 'Python documentation of pickle'],
  *check({ checkpoint }) {
    for (const report of picklesOf(checkpoint)) {
      for (const global of globalsOf(report, 'unknown')) {
        if (global.called) continue;
        const args = { record: recordName(report), path: `${global.module}.${global.name}` };
        yield { args, place: globalPlace(report, global.offset) };
      }
    }
  },
  words: ({ record, path }) => ({
    what: `${record} imports \`${path}\`, which is not known to be harmless`,
    found: path,
    expected: 'names that make tensors and plain values',
  }),
});
