import { unetConfig } from '../components/configs.ts';
import { liveNets, nameOf, partOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** Families that were read in published configs: all have the cosine first and no shift. */
const COSINE_FIRST = /^(?:sd1|sd2|sdxl|sd-x4|bk-sdm|lcm|kolors|playground|ssd|segmind|koala)/;

/** The timestep is embedded in another order than the net was trained with. */
export const COMP039 = defineRule<{ file: string; net: string; key: string; found: string; right: string }>({
  id: 'COMP039',
  name: 'timestep-embedding-order',
  title: 'The timestep is embedded in another order than the net was trained with',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `A timestep becomes a row of sines and cosines. Which half is which is in no shape: Stable Diffusion has the cosines first (\`flip_sin_to_cos: true\`) and no shift of the frequencies (\`freq_shift: 0\`); older nets on pixels have it the other way. With the halves exchanged the net is told another time than it is: pictures are sharp, and their composition is lost.`,
  mend: 'Write `"flip_sin_to_cos": true` and `"freq_shift": 0` into unet/config.json, or leave both out.',
  sources: [
    'diffusers, embeddings.py, get_timestep_embedding; unet_2d_condition.py, defaults',
    'diffusers PR 1369, issue 182; flashinfer PR 3819',
  ],
  *check(context) {
    for (const { component, net } of liveNets(context)) {
      const part = partOf(context, component);
      const config = part === undefined ? undefined : unetConfig(part);
      if (config === undefined || !COSINE_FIRST.test(net.family.id)) continue;
      const [flip, shift] = [config.flag('flip_sin_to_cos')?.value, config.number('freq_shift')?.value];
      const faults = [
        ...(flip === false ? [{ key: 'flip_sin_to_cos', found: 'false', right: 'true' }] : []),
        ...(shift !== undefined && shift !== 0
          ? [{ key: 'freq_shift', found: String(shift), right: '0' }]
          : []),
      ];
      for (const fault of faults) {
        yield {
          args: { file: config.path, net: nameOf(component), ...fault },
          place: { file: config.path, pointer: `/${fault.key}` },
        };
      }
    }
  },
  words: ({ file, net, key, found, right }) => ({
    what: `${file} embeds the timestep of ${net} in another order than it was trained with`,
    found: `${key} ${found}`,
    expected: right,
  }),
});
