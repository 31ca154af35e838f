import type { Net } from '../topology/net.ts';
import { blockPlace } from './support/places.ts';
import { defineRule } from './rule.ts';

export const TOPO010 = defineRule<{ nearest: string; field: string; found: string; expected: string }>({
  id: 'TOPO010',
  name: 'unknown-variant',
  title: 'The net is a known family in all but one thing',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `Every tensor fits, but the net as a whole is no family that programs know: it differs from one of them in a
single number. That can be meant (a distilled or extended net), or it is what is left when a whole block was cut out
so cleanly that nothing refers to it. Programs will type it as the known family and fill in or ignore the rest.`,
  mend: `If the difference is meant, load it with a program that takes the net's config (diffusers). If it is not, take
the blocks from the model that this one was made from.`,
  sources: ['ComfyUI types a Stable Diffusion 1 U-Net without its middle block as SD15'],
  *check(context) {
    for (const component of context.components) {
      const { net } = component;
      const [difference, ...more] = net?.family.nearest?.differs ?? [];
      if (net?.family.nearest === undefined || difference === undefined || more.length > 0) continue;
      const args = { nearest: net.family.nearest.title, ...difference };
      const place = blockPlace(context.checkpoint, component, blockOf(net, difference.field));
      // without the middle block nothing of the right size is left at the deepest level
      yield { args, place, severity: difference.field === 'mid' ? 'error' : 'warning' };
    }
  },
  words: ({ nearest, field, found, expected }) => ({
    what: `the net is ${nearest} in all but one thing`,
    found: `${field} ${found}`,
    expected: `${field} ${expected}`,
  }),
});

/** The block that a field of the signature speaks of, as near as it can be told. */
function blockOf(net: Net, field: string): string {
  switch (field) {
    case 'mid':
      return 'mid_block';
    case 'in_channels':
      return net.stem.id;
    case 'out_channels':
      return net.head.id;
    case 'up_depths':
      return 'up_blocks';
    case 'added_width':
      return 'add_embedding';
    default:
      return 'down_blocks';
  }
}
