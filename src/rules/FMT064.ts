import { faultRule } from './support/fault-rule.ts';

export const FMT064 = faultRule({
  id: 'FMT064',
  name: 'onnx-foreign-operator',
  title: 'An ONNX model uses operators that have to be loaded as code',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: 'Operators of any domain but those of ONNX and ONNX Runtime come from a library that is loaded beside the model, and that library is a program. Without it the model does not run; with it the model is as trustworthy as the library. `ungarble smoke` does not run such models.',
  mend: 'Ask whoever offers the model for an export with standard operators, or get the library from its own makers, not from where the model lies.',
  sources: ['ONNX Runtime, "Custom operators"', 'ONNX docs/IR.md: operator sets'],
  cases: {
    'onnx-foreign-operator': {
      words: ({ domain, operator, count }) => ({
        what:
          count === 1
            ? `the operator \`${operator}\` of \`${domain}\` comes from a library beside the model`
            : `${count} operators of \`${domain}\`, \`${operator}\` among them, come from a library beside the model`,
        expected: 'operators of ONNX or of ONNX Runtime',
      }),
    },
  },
});
