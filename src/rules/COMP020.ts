import type { Component } from '../components/component.ts';
import type { Tensor } from '../formats/checkpoint.ts';
import { isBlock, isFloat } from '../formats/dtype.ts';
import { nameOf, ofKind, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** So few tensors of another precision are an accident; a policy (norms in fp32) touches many. */
const FEW = 3;
const OF_AT_LEAST = 100;

/** A tensor or two of the net have another precision than all the others. */
export const COMP020 = defineRule<{
  net: string;
  usual: string;
  names: readonly string[];
  dtypes: readonly string[];
}>({
  id: 'COMP020',
  name: 'lone-precision',
  title: 'A few tensors of the net have another precision than the rest',
  severity: 'note',
  evidence: 'header',
  since: '0.1.0',
  why: `A net is saved in one precision, or in two by a rule: all norms in fp32, all large matrices in fp8. When only one to three tensors differ, somebody put them there: a merge that took them from another file, a script that replaced \`conv_in\`, a failed conversion. The file loads; whether these tensors are the right ones is worth a look.`,
  mend: 'Compare the tensors named with those of the model that this one was made from.',
  sources: ['Seen in merged files; no runtime minds'],
  *check(context) {
    for (const component of ofKind(context, 'unet', 'ema', 'vae', 'text_encoder')) {
      const odd = oddOnes(component);
      if (odd === undefined) continue;
      yield {
        args: {
          net: nameOf(component),
          usual: odd.usual,
          names: odd.tensors.map(({ name }) => name),
          dtypes: odd.tensors.map(({ dtype }) => dtype),
        },
        place: placeOf(context, component, odd.tensors[0]?.name),
        related: odd.tensors.slice(1).map(({ name }) => placeOf(context, component, name)),
      };
    }
  },
  words: ({ net, usual, names, dtypes }) => ({
    what: `${names.length === 1 ? 'one tensor' : `${names.length} tensors`} of ${net} ${names.length === 1 ? 'is' : 'are'} not ${usual}`,
    found: names.map((name, index) => `${name} ${dtypes[index] ?? ''}`).join(', '),
    expected: `${usual}, as all the others`,
  }),
});

function oddOnes({
  tensors,
}: Component): { readonly usual: string; readonly tensors: readonly Tensor[] } | undefined {
  if (tensors.length < OF_AT_LEAST) return undefined;
  const byDtype = new Map<string, Tensor[]>();
  for (const { tensor } of tensors) {
    // quantisers mix types by design: what would suffer most keeps more bits
    if (isBlock(tensor.dtype)) return undefined;
    // counters and scalars have precisions of their own
    if (!isFloat(tensor.dtype) || tensor.shape.length === 0) continue;
    const same = byDtype.get(tensor.dtype);
    if (same === undefined) byDtype.set(tensor.dtype, [tensor]);
    else same.push(tensor);
  }
  const [most, ...rest] = [...byDtype].sort((a, b) => b[1].length - a[1].length);
  const odd = rest.flatMap(([, same]) => same);
  return most === undefined || odd.length === 0 || odd.length > FEW
    ? undefined
    : { usual: most[0], tensors: odd };
}
