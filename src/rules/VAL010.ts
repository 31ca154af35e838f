import { nameOf, ofKind } from './support/components.ts';
import { positionIds } from '../components/tensors.ts';
import { tensorPlace } from './support/places.ts';
import { figure } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL010 = defineRule<{
  encoder: string;
  tensor: string;
  index: number;
  value: number;
  wrong: number;
}>({
  id: 'VAL010',
  name: 'position-ids-wrong',
  title: 'The text encoder counts its positions wrongly',
  severity: 'warning',
  evidence: 'values',
  since: '0.1.0',
  why: `\`position_ids\` counts 0, 1, 2 … and picks the row of the position embedding for each word. A merge that averages
every tensor turns 76 into 75.9975, and a program that makes whole numbers of it again reads 75: two words share a place,
the last place is never used. Prompts are followed a little worse, and nothing says why.

COMP015 says that the numbers are fractions by dtype; this rule, that they are wrong.`,
  mend: 'Remove the tensor, or write the whole numbers from 0 as I64 in its place.',
  sources: ['AUTOMATIC1111 PR 6728', 'Merge-Stable-Diffusion-models-without-distortion issue 29'],
  *check(context) {
    for (const component of ofKind(context, 'text_encoder')) {
      const tensor = positionIds(component);
      const numbers = tensor === undefined ? undefined : context.values?.positions.get(tensor);
      if (tensor === undefined || numbers === undefined) continue;
      const wrong = numbers.flatMap((value, index) => (value === index ? [] : [index]));
      const [index] = wrong;
      if (index === undefined) continue;
      yield {
        args: {
          encoder: nameOf(component),
          tensor: tensor.name,
          index,
          value: numbers[index] ?? Number.NaN,
          wrong: wrong.length,
        },
        place: tensorPlace(context.checkpoint, component, tensor),
      };
    }
  },
  words: ({ encoder, tensor, index, value, wrong }) => ({
    what: `${tensor} of ${encoder} is wrong in ${wrong === 1 ? 'one place' : `${wrong} places`}`,
    found: `${figure(value)} at index ${index}`,
    expected: String(index),
  }),
});
