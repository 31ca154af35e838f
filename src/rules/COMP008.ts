import { familyOf } from '../topology/families/index.ts';
import { unetConfig } from '../components/configs.ts';
import type { Net } from '../topology/net.ts';
import { headsAt } from '../topology/families/family.ts';
import { liveNets, partOf, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** The declared number of heads cannot be right for the widths of the net. */
export const COMP008 = defineRule<{
  file: string;
  key: string;
  declared: string;
  fault: 'length' | 'divide' | 'family';
  levels: number;
  expected: string;
}>({
  id: 'COMP008',
  name: 'head-count-wrong',
  title: 'The declared number of attention heads does not fit',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `How many heads an attention has is in no shape. Diffusers reads it from \`attention_head_dim\`, which in a UNet2DConditionModel means the *number* of heads, whatever its name: 8 for Stable Diffusion 1, [5, 10, 20, 20] for Stable Diffusion 2, [5, 10, 20] for SDXL.

A wrong number cuts queries and keys at the wrong places. Nothing fails; the pictures are garbled. A list of the wrong length is accepted by some releases, and levels then take their neighbours' heads.`,
  mend: 'Write the number of heads of the family that the net comes from into `attention_head_dim`: one number for all levels, or a list with one for each level, outermost first.',
  sources: [
    'diffusers, unet_2d_condition.py, the comment on issue 2011',
    'diffusers issues 2011 and 2277, PR 3797',
  ],
  *check(context) {
    for (const { component, net } of liveNets(context)) {
      const part = partOf(context, component);
      const config = part === undefined ? undefined : unetConfig(part);
      if (config === undefined || config.className?.value === 'UNet2DModel') continue;
      const key = 'attention_head_dim';
      const levels = net.encoder.length;
      const one = config.number(key)?.value;
      const declared =
        config.numbers(key)?.value ?? (one === undefined ? undefined : net.encoder.map(() => one));
      if (declared === undefined) continue;
      const fault = faultOf(net, declared);
      if (fault === undefined) continue;
      yield {
        args: {
          file: config.path,
          key,
          declared: one === undefined ? `[${declared.join(', ')}]` : String(one),
          fault,
          levels,
          expected: expectedHeads(net),
        },
        place: { file: config.path, pointer: `/${key}` },
        related: [placeOf(context, component)],
      };
    }
  },
  words: ({ file, key, declared, fault, levels, expected }) => ({
    what:
      fault === 'length'
        ? `${file} declares ${key} ${declared} for a net of ${levels} levels`
        : fault === 'divide'
          ? `${file} declares ${key} ${declared}, which does not divide the widths of the net`
          : `${file} declares ${key} ${declared}, where every runtime gives this family ${expected}`,
    found: declared,
    expected,
  }),
});

function faultOf(net: Net, declared: readonly number[]): 'length' | 'divide' | 'family' | undefined {
  if (declared.length !== net.encoder.length) return 'length';
  const levels = attentionLevels(net);
  if (levels.some(({ level, channels }) => channels % (declared[level] as number) !== 0)) return 'divide';
  const rule = familyOf(net)?.conventions.heads;
  // nets with added keys read the same key as the width of a head (diffusers, SimpleCrossAttn blocks)
  if (rule === undefined || !READ_AS_HEADS.test(net.family.id)) return undefined;
  return levels.some(({ level, channels }) => declared[level] !== headsAt(rule, channels))
    ? 'family'
    : undefined;
}

/** Families whose number of heads was read in published configs. */
const READ_AS_HEADS = /^(?:sd1|sd2|sdxl|sd-x4|bk-sdm|lcm|kolors|playground|ssd|segmind|koala)/;

function attentionLevels(net: Net): readonly { readonly level: number; readonly channels: number }[] {
  return net.encoder
    .filter(({ blocks }) => blocks.some(({ kind }) => kind === 'transformer'))
    .map(({ level, channels }) => ({ level, channels }));
}

function expectedHeads(net: Net): string {
  const rule = familyOf(net)?.conventions.heads ?? { headDim: 64 };
  const heads = net.encoder.map(({ channels }) => headsAt(rule, channels));
  return heads.every((count) => count === heads[0]) ? `${heads[0]}` : `[${heads.join(', ')}]`;
}
