import { blockPlace, componentName } from './support/places.ts';
import { defineRule } from './rule.ts';

export const TOPO011 = defineRule<{ component: string; tensors: number }>({
  id: 'TOPO011',
  name: 'no-net',
  title: "The names are a U-Net's, but no U-Net can be made of them",
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `The file has tensors under a U-Net's names, but no encoder and decoder that belong together. Programs that
look at the first names only will take it for a whole model.`,
  mend: `Look at the listing with \`ungarble inspect\`: a file cut in two, or an adapter saved under the names of the
net it belongs to.`,
  sources: ['ComfyUI types a bare ControlNet as SD15'],
  *check(context) {
    for (const component of context.components) {
      if (component.net !== undefined || (component.kind !== 'unet' && component.kind !== 'ema')) continue;
      const args = { component: componentName(component), tensors: component.tensors.length };
      yield { args, place: blockPlace(context.checkpoint, component, component.prefix) };
    }
  },
  words: ({ component, tensors }) => ({
    what: `no U-Net can be rebuilt from the ${component}`,
    found: `${tensors} tensors under a U-Net's names`,
    expected: 'an encoder and a decoder that meet',
  }),
});
