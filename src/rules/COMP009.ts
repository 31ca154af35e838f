import { familyOf } from '../topology/families/index.ts';
import { unetConfig, vaeConfig } from '../components/configs.ts';
import { headsAt } from '../topology/families/family.ts';
import { isSdxlGrammar, liveNets, numberFact, ofKind, partOf, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** What diffusers takes when the key is absent. Sources: `autoencoder_kl.py` and `unet_2d_condition.py`, their `__init__`. */
const DEFAULT_SCALING = 0.18215;
const DEFAULT_HEADS = 8;

/** A key is absent from a config, and what the library takes instead is wrong for this model. */
export const COMP009 = defineRule<{ file: string; key: string; taken: string; right: string; model: string }>(
  {
    id: 'COMP009',
    name: 'default-that-bites',
    title: 'A config leaves out a key whose default is wrong here',
    severity: 'error',
    evidence: 'config',
    since: '0.1.0',
    why: `A key that a config lacks is filled from the class's defaults, which are those of Stable Diffusion 1. An SDXL autoencoder without \`scaling_factor\` is read at 0.18215 where it needs 0.13025: washed-out pictures. An SD 2 or SDXL U-Net without \`attention_head_dim\` gets 8 heads at each level where it has 5, 10 and 20: garbled pictures. Neither raises an error.

Stable Diffusion 1 itself leaves \`scaling_factor\` out, and that is sound: this rule looks only where the default is wrong.`,
    mend: 'Write the key into the config with the value named.',
    sources: [
      'diffusers, autoencoder_kl.py: scaling_factor 0.18215; unet_2d_condition.py: attention_head_dim 8',
      'diffusers issues 6923 and 6753: washed-out SDXL',
    ],
    *check(context) {
      const nets = liveNets(context);
      for (const { component, net } of nets) {
        const part = partOf(context, component);
        const config = part === undefined ? undefined : unetConfig(part);
        const rule = familyOf(net)?.conventions.heads;
        if (config === undefined || rule === undefined || config.className?.value === 'UNet2DModel') continue;
        if (config.has('attention_head_dim') || config.has('num_attention_heads')) continue;
        const heads = net.encoder.map(({ channels }) => headsAt(rule, channels));
        if (heads.every((count) => count === DEFAULT_HEADS)) continue;
        yield {
          args: {
            file: config.path,
            key: 'attention_head_dim',
            taken: String(DEFAULT_HEADS),
            right: `[${heads.join(', ')}]`,
            model: net.family.title,
          },
          place: { file: config.path, pointer: '' },
          related: [placeOf(context, component)],
        };
      }
      const sdxl = nets.find(({ net }) => isSdxlGrammar(net) && net.family.id !== 'custom');
      if (sdxl === undefined) return;
      for (const vae of ofKind(context, 'vae')) {
        const part = partOf(context, vae);
        const config = part === undefined ? undefined : vaeConfig(part);
        if (config === undefined || config.has('scaling_factor') || numberFact(vae, 'latent_channels') !== 4)
          continue;
        yield {
          args: {
            file: config.path,
            key: 'scaling_factor',
            taken: String(DEFAULT_SCALING),
            right: sdxl.net.family.id === 'playground-2.5' ? '0.5' : '0.13025',
            model: sdxl.net.family.title,
          },
          place: { file: config.path, pointer: '' },
          related: [placeOf(context, vae)],
        };
      }
    },
    words: ({ file, key, taken, right, model }) => ({
      what: `${file} does not declare ${key}, and the default ${taken} is wrong for ${model}`,
      found: `nothing, read as ${taken}`,
      expected: right,
    }),
  },
);
