import type { Dialect } from './dialect.ts';

/** First parts of the tensor names of diffusers' U-Net classes. */
const ROOTS = new Set([
  'conv_in',
  'conv_norm_out',
  'conv_out',
  'time_proj',
  'time_embedding',
  'class_embedding',
  'add_embedding',
  'encoder_hid_proj',
  'down_blocks',
  'mid_block',
  'up_blocks',
]);

/** Attention names before diffusers 0.15, and what they are called now. */
const OLD_ATTENTION: ReadonlyMap<string, string> = new Map([
  ['query', 'to_q'],
  ['key', 'to_k'],
  ['value', 'to_v'],
  ['proj_attn', 'to_out.0'],
]);

const OLD_NAME = /^(.*\.attentions\.\d+)\.(query|key|value|proj_attn)\.(weight|bias)$/;

/** The names of diffusers' UNet2DModel and UNet2DConditionModel: they are the canonical ones. */
export const diffusers: Dialect = {
  id: 'diffusers',
  title: 'diffusers',
  owns: (name) => ROOTS.has(name.slice(0, Math.max(0, name.indexOf('.')))),
  read: () => ({
    toCanonical: (name) => {
      const old = OLD_NAME.exec(name);
      return old === null ? name : `${old[1]}.${OLD_ATTENTION.get(old[2] as string)}.${old[3]}`;
    },
    fromCanonical: (path) => path,
  }),
};
