import type { PickleTrick } from '../formats/pytorch/pickle-log.ts';
import { defineRule } from './rule.ts';
import { globalPlace, globalsOf, picklesOf, recordName } from './support/pickles.ts';

const TRICKS: Readonly<Record<PickleTrick['kind'], string>> = {
  'computed-name': 'builds the name that it imports while it is loaded',
  'computed-call': 'calls what another call gave it',
  'changed-name': 'changes what it imported',
};

export const SAFE001 = defineRule<{
  readonly record: string;
  readonly path: string;
  readonly called: boolean;
  readonly trick: PickleTrick['kind'] | null;
}>({
  id: 'SAFE001',
  name: 'code-reaching-pickle',
  title: 'Loading the file would run code',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'A pickle is a program. This one imports something that runs commands, evaluates text, opens files or connections, or is the way to any of these, or it does what only a pickle made by hand does. Whoever loads it with `torch.load(…, weights_only=False)`, `pickle.load` or a program that does so, hands the machine to whoever made the file. Weights need none of this.',
  mend: 'Do not load the file. Delete it, tell the place that it came from, and get the weights as safetensors.',
  sources: [
    'Python documentation of pickle: “Only unpickle data you trust”',
    'torch _weights_only_unpickler.py: the names that are allowed',
    'GHSA-5j3x-jp52-966f, GHSA-mxhj-88fx-4pcv, GHSA-9gvj-pp9x-gcfr: ways to hide a name',
  ],
  *check({ checkpoint }) {
    for (const report of picklesOf(checkpoint)) {
      const record = recordName(report);
      for (const global of globalsOf(report, 'code')) {
        const { module, name, called } = global;
        yield {
          args: { record, path: `${module}.${name}`, called, trick: null },
          place: globalPlace(report, global.offset),
        };
      }
      for (const { kind, offset } of report.tricks) {
        yield { args: { record, path: '', called: true, trick: kind }, place: globalPlace(report, offset) };
      }
    }
  },
  words: ({ record, path, called, trick }) =>
    trick === null
      ? {
          what: `${record} ${called ? 'calls' : 'imports'} \`${path}\``,
          found: path,
          expected: 'names that make tensors and plain values',
        }
      : {
          what: `${record} ${TRICKS[trick]}`,
          found: 'a pickle made by hand',
          expected: 'what torch.save writes',
        },
});
