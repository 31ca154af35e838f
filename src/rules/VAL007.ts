import { nameOf } from './support/components.ts';
import { counted, tensorPlace } from './support/places.ts';
import { figure, groupsBy, largest, scanned, type Scanned } from './support/values.ts';
import { defineRule } from './rule.ts';

/** Root mean square times √inputs: between .2 and 3 in trained layers, some 700 where a scale is missing. */
const LOUD = 30;

/** A scaled tensor fills the range of its dtype: 448 in e4m3, 57344 in e5m2. */
const FULL = 100;

export const VAL007 = defineRule<{ component: string; tensors: number; loudest: number; largest: number }>({
  id: 'VAL007',
  name: 'scale-missing',
  title: 'Weights of 8 bits are there without the scale that belongs to them',
  severity: 'error',
  evidence: 'values',
  since: '0.1.0',
  why: `8-bit floats are stored in two ways: as they are, or stretched over the whole range of the dtype with the factor beside
them (\`weight_scale\`, \`scale_weight\`). Without the factor the second kind is several hundred times too large: noise. A
converter that reads only names it knows drops the factors; so does \`strict=False\`.

These weights are so large that they make sense only with a scale, and none lies beside them.`,
  mend: 'Take the file that still has the scales, or convert again from 16 bits.',
  sources: [
    'LTX-2 issue 172',
    'ComfyUI comfy/ops.py: scaled_fp8',
    'OCP 8-bit Floating Point Specification 1.0',
  ],
  *check(context) {
    const loud = [...scanned(context)].filter((each) => {
      const { tensor, scan } = each;
      if (!tensor.dtype.startsWith('F8_') || tensor.shape.length < 2) return false;
      return !context.values?.scales.has(tensor) && loudness(each) >= LOUD && largest(scan) >= FULL;
    });
    for (const [component, found] of groupsBy(loud, (each) => each.component)) {
      const [first] = found;
      if (first === undefined) continue;
      const loudest = Math.max(...found.map(loudness));
      yield {
        args: {
          component: nameOf(component),
          tensors: found.length,
          loudest,
          largest: Math.max(...found.map(({ scan }) => largest(scan))),
        },
        place: tensorPlace(context.checkpoint, component, first.tensor),
      };
    }
  },
  words: ({ component, tensors, loudest, largest: found }) => ({
    what: `${counted(tensors, '8-bit matrix').replace(/matrixs$/, 'matrices')} of ${component} ${tensors === 1 ? 'has' : 'have'} no scale and cannot do without`,
    found: `numbers up to ${figure(found)}; a layer makes its input ${figure(loudest)} times as large`,
    expected: 'a scale beside each, or weights that keep their input about as large as it was',
  }),
});

/** By how much a layer makes independent inputs larger: root mean square · √inputs. */
function loudness({ tensor, scan }: Scanned): number {
  const { mean, deviation } = scan.tally;
  const inputs = tensor.shape.slice(1).reduce((total, dim) => total * dim, 1);
  return Math.sqrt((mean * mean + deviation * deviation) * inputs);
}
