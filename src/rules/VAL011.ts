import { nameOf } from './support/components.ts';
import { tensorPlace } from './support/places.ts';
import { figure, largest, type Scanned, scanned } from './support/values.ts';
import { defineRule } from './rule.ts';

/** Numbers needed to tell an even spread by its ends. */
const LEAST = 256;

/** What rounding moves the sharp end by, at most. Numbers of 8 bits are too coarse to tell. */
const ROUNDING: ReadonlyMap<string, number> = new Map([
  ['F64', 2 ** -22],
  ['F32', 2 ** -22],
  ['F16', 2 ** -11],
  ['BF16', 2 ** -8],
]);

export const VAL011 = defineRule<{ component: string; tensor: string; bound: number; deviation: number }>({
  id: 'VAL011',
  name: 'never-trained',
  title: 'A convolution is as it was drawn, before any training',
  severity: 'warning',
  evidence: 'values',
  since: '0.1.0',
  why: `PyTorch draws the weights of a convolution or linear layer evenly from ±1/√n, n the number of inputs. Training leaves no
sharp ends. A convolution that still has them was made new: a loader that let a shape differ (\`ignore_mismatched_sizes\`), a
converter that did not find the tensor. What goes through it is noise.`,
  mend: 'Take the layer from the file that this one was made of.',
  sources: ['PyTorch, torch.nn.Linear and Conv2d: reset_parameters', 'diffusers issue 1619'],
  *check(context) {
    for (const each of scanned(context)) {
      const { component, tensor, scan, placed } = each;
      const bound = drawnBound(each);
      if (placed === undefined || bound === undefined) continue;
      yield {
        args: { component: nameOf(component), tensor: tensor.name, bound, deviation: scan.tally.deviation },
        place: tensorPlace(context.checkpoint, component, tensor),
      };
    }
  },
  words: ({ component, tensor, bound, deviation }) => ({
    what: `${tensor} of ${component} looks as it was drawn`,
    found: `even between ±${figure(bound)}, standard deviation ${figure(deviation)}`,
    expected: 'a spread without sharp ends',
  }),
});

/** The bound that a layer of this shape is drawn from, where it still is. */
function drawnBound({ tensor, scan, placed, component }: Scanned): number | undefined {
  // linear layers that read the time or the text move hardly at all in short trainings
  if (tensor.shape.length < 3) return undefined;
  // layers that an adapter or a controlnet adds may be drawn on purpose, and their grammar is not known
  if (placed?.role !== 'matrix' && placed?.role !== 'zero-start') return undefined;
  const rounding = ROUNDING.get(tensor.dtype);
  if (component.kind === 'text_encoder' || rounding === undefined || scan.tally.elements < LEAST) {
    return undefined;
  }
  const { deviation, mean, elements } = scan.tally;
  const inputs = tensor.shape.slice(1).reduce((total, dim) => total * dim, 1);
  const bound = 1 / Math.sqrt(inputs);
  const even = bound / Math.sqrt(3);
  const sharp = largest(scan);
  // the largest of n even numbers is missing from the end by a share of 1/n
  const ends = sharp <= bound * (1 + rounding) && sharp >= bound * (1 - rounding - 8 / elements);
  // the standard error of the deviation of even numbers is σ·√(1/(5n))
  const spread = Math.abs(deviation - even) <= even * (rounding + 3 / Math.sqrt(5 * elements));
  return ends && spread && Math.abs(mean) <= (4 * even) / Math.sqrt(elements) ? bound : undefined;
}
