import { flag } from '../components/declared.ts';
import { nameOf, partOf, placeOf } from './support/components.ts';
import { netReadings } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL026 = defineRule<{ net: string; cosineFirst: boolean; declared: boolean; departure: number }>(
  {
    id: 'VAL026',
    name: 'sine-cosine-order',
    title: 'The timestep’s sines and cosines stand in the other order',
    severity: 'error',
    evidence: 'values',
    since: '0.1.0',
    why: `The timestep enters a net as sines and cosines, one half each. Which comes first stands in no shape. Exchanged, details
stay sharp and composition is lost: the net sees a wrong time at every step. Every program takes the cosine first for
Stable Diffusion (\`flip_sin_to_cos\`); the first diffusion nets have the sine first.

A slow cosine is always 1, so that training moves its weights as it moves the bias. The weights say which half that is.`,
    mend: 'Set `flip_sin_to_cos` to what the weights have, or turn the columns of the first layer of the time embedding.',
    sources: ['diffusers PRs 182 and 1369', 'docs/how-it-knows.md, Sine and cosine'],
    *check(context) {
      for (const { component, sinusoid } of netReadings(context)) {
        if (sinusoid?.verdict !== 'told' || component.net === undefined) continue;
        const declared = flag(partOf(context, component)?.config?.value, 'flip_sin_to_cos');
        // text-conditional nets have the cosine first in every program; of others only a config says it
        const assumed =
          declared ?? (component.net.conditioning.crossAttentionDim === undefined ? undefined : true);
        if (assumed === undefined || assumed === sinusoid.cosineFirst) continue;
        yield {
          args: {
            net: nameOf(component),
            cosineFirst: sinusoid.cosineFirst,
            declared: declared !== undefined,
            departure: Math.max(...sinusoid.departures.map(Math.abs)),
          },
          place: placeOf(context, component),
        };
      }
    },
    words: ({ net, cosineFirst, declared, departure }) => ({
      what: `${net} was trained with the ${cosineFirst ? 'cosine' : 'sine'} first`,
      found: `the other half departs from a cosine by ${departure.toFixed(1)} standard errors`,
      expected: `the ${cosineFirst ? 'sine' : 'cosine'} first, as ${declared ? 'its config says' : 'every program assumes'}`,
      evidence: 'read off the weights of the first layer of the time embedding',
    }),
  },
);
