import { byFlatName } from '../components/tensors.ts';
import { ofKind, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** Names that a finding shows. */
const SHOWN = 5;

/** The averaged weights are not those of the live net. */
export const COMP022 = defineRule<{ missing: number; differ: number; of: number; names: readonly string[] }>({
  id: 'COMP022',
  name: 'ema-incomplete',
  title: 'The averaged weights do not match the live net',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `The averaged weights (EMA) are a copy of every parameter of the live net, under flattened names. When some are missing, or have other shapes, a program that takes the average mixes two nets: the parameters it does not find keep their live or random values. It happens when a file is pruned halfway, or when a net is changed (a wider \`conv_in\` for inpainting) and its average is not.`,
  mend: 'Remove the averaged weights, or take them from the same training step as the live net.',
  sources: [
    'CompVis/latent-diffusion, ldm/modules/ema.py, copy_to',
    'diffusers, single_file_utils.py: EMA extraction',
  ],
  *check(context) {
    const [live, ...others] = ofKind(context, 'unet');
    if (live === undefined || others.length > 0) return;
    for (const ema of ofKind(context, 'ema')) {
      const averaged = byFlatName(ema);
      const missing: string[] = [];
      const differ: string[] = [];
      for (const [flat, { tensor }] of byFlatName(live)) {
        const other = averaged.get(flat)?.tensor;
        if (other === undefined) missing.push(tensor.name);
        else if (other.shape.join() !== tensor.shape.join()) differ.push(tensor.name);
      }
      if (missing.length === 0 && differ.length === 0) continue;
      const names = [...missing, ...differ].slice(0, SHOWN);
      yield {
        args: { missing: missing.length, differ: differ.length, of: live.tensors.length, names },
        place: placeOf(context, ema),
        related: names.map((name) => placeOf(context, live, name)),
      };
    }
  },
  words: ({ missing, differ, of, names }) => ({
    what: `the averaged weights lack ${missing} of the live net’s ${of} tensors, and ${differ} have another shape`,
    found: `${names.join(', ')}${missing + differ > names.length ? ', …' : ''}`,
    expected: 'every tensor of the live net, in the same shape',
  }),
});
