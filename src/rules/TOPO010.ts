import type { Net } from '../topology/net.ts';
import { blockPlace, componentName } from './support/places.ts';
import { defineRule } from './rule.ts';

export const TOPO010 = defineRule<{ component: string; nearest: string; differs: readonly string[] }>({
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
      const nearest = component.net?.family.nearest;
      if (component.net === undefined || nearest?.differs.length !== 1) continue;
      const args = { component: componentName(component), nearest: nearest.title, differs: nearest.differs };
      const place = blockPlace(
        context.checkpoint,
        component,
        placeOf(component.net, nearest.differs[0] ?? ''),
      );
      // without the middle block nothing of the right size is left at the deepest level
      const lost = nearest.differs[0]?.startsWith('mid ') ?? false;
      yield { args, place, severity: lost ? 'error' : 'warning' };
    }
  },
  words: ({ nearest, differs }) => ({
    what: `the net is ${nearest} in all but one thing`,
    found: differs.join('; '),
    expected: `all that makes a ${nearest}`,
  }),
});

/** The block that a difference speaks of, as near as it can be told. */
function placeOf(net: Net, difference: string): string {
  if (difference.startsWith('mid ')) return 'mid_block';
  if (difference.startsWith('in_channels')) return net.stem.id;
  if (difference.startsWith('out_channels')) return net.head.id;
  if (difference.startsWith('up_depths')) return 'up_blocks';
  return 'down_blocks';
}
