import type { StretchPlace } from '../values/scan/equal-stretches.ts';
import { nameOf } from './support/components.ts';
import { tensorPlace } from './support/places.ts';
import { defineRule, type FindingPlace } from './rule.ts';

export const VAL019 = defineRule<{
  component: string;
  tensor: string;
  offset: number;
  length: number;
  other: string;
  otherOffset: number;
}>({
  id: 'VAL019',
  name: 'bytes-stand-twice',
  title: 'A stretch of a tensor’s bytes stands in another place too',
  severity: 'error',
  evidence: 'values',
  since: '0.1.0',
  why: `A disk, a network or a program that fails at copying puts one page of a file over another: a download goes on at the
wrong place, a file system mends itself with the wrong page. Every tensor still decodes, sizes and names are sound, and the
numbers are those of a net. Some hundred trained numbers in a row never come a second time by chance.

Copies that are made on purpose are not meant: equal tensors, equal numbers at the same place of two tensors, and rows of one
tensor in another. One of the two places has lost what was there. Which one the bytes do not say.`,
  mend: `Fetch or copy the file again and compare its hash with that of the origin. Where the origin has it too, take the two
tensors from the file that it was made of.`,
  sources: [
    'docs/how-it-knows.md, Stretches that stand twice',
    'Schleimer, Wilkerson and Aiken 2003, Winnowing: Local Algorithms for Document Fingerprinting',
  ],
  *check(context) {
    const { checkpoint, values } = context;
    const place = ({ component, tensor, offset }: StretchPlace, length: number): FindingPlace => ({
      ...tensorPlace(checkpoint, component, tensor),
      bytes: { offset: tensor.offset + offset, length },
    });
    for (const { first, second, length } of values?.stretches ?? []) {
      yield {
        args: {
          component: nameOf(second.component),
          tensor: second.tensor.name,
          offset: second.offset,
          length,
          other: first.tensor.name,
          otherOffset: first.offset,
        },
        place: place(second, length),
        related: [place(first, length)],
      };
    }
  },
  words: ({ component, tensor, offset, length, other, otherOffset }) => ({
    what: `${length} bytes in ${tensor} of ${component} stand in ${other === tensor ? 'another place of it' : other} too`,
    found: `the same bytes from byte ${otherOffset} of ${other === tensor ? 'the tensor' : other} and from byte ${offset}`,
    expected: 'trained numbers that come once',
  }),
});
