import { ofKind, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** The file carries what only training needs. */
export const COMP012 = defineRule<{ prefix: string; tensors: number; bytes: number }>({
  id: 'COMP012',
  name: 'training-state',
  title: 'The file carries training state',
  severity: 'note',
  evidence: 'header',
  since: '0.1.0',
  why: `Optimizer moments and loss networks are for going on with the training. To draw pictures they are dead weight, often twice the size of the net, and some loaders read them into memory before they drop them.`,
  mend: 'Publish a copy without them; keep the full one to resume training.',
  sources: ['PyTorch Lightning, checkpoint contents', 'CompVis/latent-diffusion, ldm/modules/losses'],
  *check(context) {
    for (const component of ofKind(context, 'leftover')) {
      if (component.id !== 'training-state') continue;
      const bytes = component.tensors.reduce((sum, { tensor }) => sum + tensor.byteLength, 0);
      const prefix = component.prefix.replace(/\.$/, '') || (component.tensors[0]?.tensor.name ?? '');
      yield {
        args: { prefix, tensors: component.tensors.length, bytes },
        place: placeOf(context, component, component.tensors[0]?.tensor.name),
      };
    }
  },
  words: ({ prefix, tensors, bytes }) => ({
    what: `training state under ${prefix}`,
    found: `${tensors === 1 ? '1 tensor' : `${tensors} tensors`}, ${bytes} bytes`,
    expected: 'none in a file to draw with',
  }),
});
