import { nameOf } from './support/components.ts';
import { counted, tensorPlace } from './support/places.ts';
import { isAllZero, scanned } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL012 = defineRule<{
  component: string;
  tensor: string;
  side: string;
  count: number;
  of: number;
  stem: boolean;
}>({
  id: 'VAL012',
  name: 'dead-channels',
  title: 'Some channels of a layer are exactly zero',
  severity: 'warning',
  evidence: 'values',
  since: '0.1.0',
  why: `An output channel whose weights are all zero gives its bias, whatever comes in; an input channel whose weights are all
zero is not read. In the first convolution of a net that was widened (to inpaint, to follow a picture or a depth map) the
new inputs begin at zero: where they still are, the net was never trained with them, and mask or picture have no effect.
Elsewhere a part of the layer was lost.`,
  mend: 'Take the layer from the file that this one was made of; of a widened net take one that was trained.',
  sources: ['diffusers, examples/instruct_pix2pix: new inputs begin at zero', 'AUTOMATIC1111 issue 3484'],
  *check(context) {
    for (const { component, tensor, scan, placed } of scanned(context)) {
      if (placed?.role !== 'matrix' && placed?.role !== 'zero-start') continue;
      // words that no text uses are rows of zeros in some vocabularies; long runs of zeros are VAL005
      if (component.kind === 'text_encoder' || scan.dead === undefined || isAllZero(scan)) continue;
      if (scan.zeroRun !== undefined) continue;
      const sides = [
        ['output', scan.dead.outputs, tensor.shape[0] ?? 0],
        ['input', scan.dead.inputs, tensor.shape[1] ?? 0],
      ] as const;
      for (const [side, count, of] of sides) {
        if (count === 0) continue;
        yield {
          args: {
            component: nameOf(component),
            tensor: tensor.name,
            side,
            count,
            of,
            stem: placed.block === component.net?.stem.id,
          },
          place: tensorPlace(context.checkpoint, component, tensor),
        };
      }
    }
  },
  words: ({ component, tensor, side, count, of, stem }) => ({
    what: `${counted(count, `${side} channel`)} of ${tensor} in ${component} ${count === 1 ? 'is' : 'are'} zero`,
    found: `${count} of ${of}`,
    expected: stem && side === 'input' ? 'every input read: these have no effect' : 'none',
  }),
});
