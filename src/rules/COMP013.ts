import { ofKind, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** Names that a finding shows. */
const SHOWN = 5;

/** Tensors that no known component has. */
export const COMP013 = defineRule<{ tensors: number; names: readonly string[]; parameters: number }>({
  id: 'COMP013',
  name: 'unknown-tensors',
  title: 'Tensors that belong to no known component',
  severity: 'note',
  evidence: 'header',
  since: '0.1.0',
  why: `No runtime that we know reads these names, so they are dropped with a line in the log, or without one. They may be harmless, or they may be weights under a name that a script got wrong: then the place where they belong is filled with random numbers or an older model's weights. Missing tensors that fit are named by TOPO001.`,
  mend: 'Look where the names come from. If a script renamed them, rename them back; if nothing needs them, leave them out.',
  sources: ['ComfyUI, comfy/model_base.py, load_model_weights: "unet unexpected" is only logged'],
  *check(context) {
    for (const component of ofKind(context, 'leftover')) {
      if (component.id !== 'unknown') continue;
      const names = component.tensors.slice(0, SHOWN).map(({ tensor }) => tensor.name);
      yield {
        args: { tensors: component.tensors.length, names, parameters: component.parameters },
        place: placeOf(context, component, names[0]),
      };
    }
  },
  words: ({ tensors, names, parameters }) => ({
    what: `${tensors} ${tensors === 1 ? 'tensor belongs' : 'tensors belong'} to no known component`,
    found: `${names.join(', ')}${tensors > names.length ? ', …' : ''}; ${parameters} parameters`,
    expected: 'names that some runtime reads',
  }),
});
