import { unetConfig, vaeConfig } from '../components/configs.ts';
import type { Component } from '../components/component.ts';
import { nameOf, partOf } from './support/components.ts';
import { defineRule, type RuleContext } from './rule.ts';

/** Families whose configs were read: all normalise in 32 groups, with 1e-5 in their resnets. */
const USUAL = /^(?:sd1|sd2|sdxl|sd-x4|bk-sdm|lcm|kolors|playground|ssd|segmind|koala)/;
const GROUPS = 32;
const EPS = 1e-5;

/** Norms are computed otherwise than in training. */
export const COMP040 = defineRule<{ file: string; part: string; key: string; found: string; right: string }>({
  id: 'COMP040',
  name: 'norm-settings-wrong',
  title: 'The config computes norms otherwise than the net was trained with',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `A group norm's number of groups and its epsilon are in no shape. Every published Stable Diffusion has 32 groups, and 1e-5 in its resnets (1e-6 in front of its transformers, which diffusers has fixed in its code). Other groups garble the picture; another epsilon makes a small drift that stays, most in quiet channels. Ports to other frameworks get the second one wrong.`,
  mend: 'Write `"norm_num_groups": 32` and, for a U-Net, `"norm_eps": 1e-05` into the config, or leave both out.',
  sources: [
    'diffusers, unet_2d_condition.py: norm_num_groups 32, norm_eps 1e-5; transformer_2d.py: eps 1e-6',
    'mlx-examples issue 1434',
  ],
  *check(context) {
    for (const component of context.components) {
      for (const fault of faultsOf(context, component)) {
        yield {
          args: { part: nameOf(component), ...fault },
          place: { file: fault.file, pointer: `/${fault.key}` },
        };
      }
    }
  },
  words: ({ file, part, key, found, right }) => ({
    what: `${file} computes the norms of ${part} otherwise than it was trained with`,
    found: `${key} ${found}`,
    expected: right,
  }),
});

function faultsOf(
  context: RuleContext,
  component: Component,
): readonly {
  readonly file: string;
  readonly key: string;
  readonly found: string;
  readonly right: string;
}[] {
  const part = partOf(context, component);
  if (part === undefined) return [];
  const isNet = component.kind === 'unet' && USUAL.test(component.net?.family.id ?? '');
  const config = isNet ? unetConfig(part) : component.id === 'autoencoder-kl' ? vaeConfig(part) : undefined;
  if (config === undefined) return [];
  const [groups, eps] = [config.number('norm_num_groups')?.value, config.number('norm_eps')?.value];
  const file = config.path;
  return [
    ...(groups !== undefined && groups !== GROUPS
      ? [{ file, key: 'norm_num_groups', found: String(groups), right: String(GROUPS) }]
      : []),
    ...(isNet && eps !== undefined && Math.abs(eps - EPS) > EPS / 100
      ? [{ file, key: 'norm_eps', found: String(eps), right: '1e-5' }]
      : []),
  ];
}
