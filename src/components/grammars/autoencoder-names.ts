import type { Naming } from '../../topology/compare.ts';

/** A two-way map between the names of an AutoencoderKL in a file and the canonical (diffusers) ones. */
export interface AutoencoderNames {
  readonly dialect: 'ldm' | 'diffusers' | 'diffusers-old';
  toCanonical(name: string): string;
  readonly naming: Naming;
}

type Pairs = readonly (readonly [file: string, canonical: string])[];

/** Source: diffusers `convert_ldm_vae_checkpoint` and `conv_attn_to_linear`. */
const LDM_ATTENTION: Pairs = [
  ['norm', 'group_norm'],
  ['q', 'to_q'],
  ['k', 'to_k'],
  ['v', 'to_v'],
  ['proj_out', 'to_out.0'],
];

/** Names of diffusers before 0.15. Source: `AttentionBlock` and `_convert_deprecated_attention_blocks`. */
const OLD_ATTENTION: Pairs = [
  ['group_norm', 'group_norm'],
  ['query', 'to_q'],
  ['key', 'to_k'],
  ['value', 'to_v'],
  ['proj_attn', 'to_out.0'],
];

/** Names as latent-diffusion's `model.py` gives them; `up.0` is the outermost level, `up_blocks.0` the deepest. */
export function ldmNames(levels: number, prefix: string): AutoencoderNames {
  const toCanonical = (name: string): string => {
    const [side, kind, index, ...rest] = name.split('.');
    if (side !== 'encoder' && side !== 'decoder') return name;
    if (kind === 'norm_out')
      return ['encoder', 'decoder'].includes(side) ? join(side, 'conv_norm_out', index) : name;
    if (kind === 'mid') return join(side, 'mid_block', middle(index, rest));
    if (kind !== 'down' && kind !== 'up') return name;
    const level = Number(index);
    const stage = kind === 'down' ? `down_blocks.${index}` : `up_blocks.${levels - 1 - level}`;
    return join(side, stage, levelModule(rest));
  };
  return { dialect: 'ldm', toCanonical, naming: naming((path) => toLdm(path, levels), prefix) };
}

function middle(module: string | undefined, rest: readonly string[]): string {
  if (module === 'attn_1') return join('attentions.0', swap(rest, LDM_ATTENTION, 0, 1));
  const resnet = /^block_(\d)$/.exec(module ?? '');
  if (resnet === null) return join(module, ...rest);
  return join(`resnets.${Number(resnet[1]) - 1}`, shortcut(rest, 'nin_shortcut', 'conv_shortcut'));
}

function levelModule([module, index, ...rest]: readonly string[]): string {
  if (module === 'block') return join('resnets', index, shortcut(rest, 'nin_shortcut', 'conv_shortcut'));
  if (module === 'attn') return join('attentions', index, swap(rest, LDM_ATTENTION, 0, 1));
  if (module === 'downsample') return join('downsamplers.0', index, ...rest);
  if (module === 'upsample') return join('upsamplers.0', index, ...rest);
  return join(module, index, ...rest);
}

function toLdm(path: string, levels: number): string {
  const [side, kind, ...rest] = path.split('.');
  if (kind === 'conv_norm_out') return join(side, 'norm_out', ...rest);
  if (kind === 'mid_block') {
    const [module, index, ...tail] = rest;
    if (module === 'attentions') return join(side, 'mid.attn_1', swap(tail, LDM_ATTENTION, 1, 0));
    return join(side, `mid.block_${Number(index) + 1}`, shortcut(tail, 'conv_shortcut', 'nin_shortcut'));
  }
  if (kind !== 'down_blocks' && kind !== 'up_blocks') return path;
  const [index, module, number, ...tail] = rest;
  const stage = kind === 'down_blocks' ? `down.${index}` : `up.${levels - 1 - Number(index)}`;
  if (module === 'resnets') {
    return join(side, stage, 'block', number, shortcut(tail, 'conv_shortcut', 'nin_shortcut'));
  }
  if (module === 'attentions') return join(side, stage, 'attn', number, swap(tail, LDM_ATTENTION, 1, 0));
  if (module === 'downsamplers') return join(side, stage, 'downsample', ...tail);
  return module === 'upsamplers' ? join(side, stage, 'upsample', ...tail) : path;
}

/** The canonical names themselves, with the attention names of old releases where the file has those. */
export function diffusersNames(old: boolean, prefix: string): AutoencoderNames {
  if (!old)
    return { dialect: 'diffusers', toCanonical: (name) => name, naming: naming((path) => path, prefix) };
  const rename = (name: string, from: 0 | 1, to: 0 | 1): string => {
    const at = name.indexOf('attentions.');
    if (at === -1) return name;
    const [module, index, ...rest] = name.slice(at).split('.');
    return `${name.slice(0, at)}${join(module, index, swap(rest, OLD_ATTENTION, from, to))}`;
  };
  return {
    dialect: 'diffusers-old',
    toCanonical: (name) => rename(name, 0, 1),
    naming: naming((path) => rename(path, 1, 0), prefix),
  };
}

function naming(fileName: (path: string) => string, prefix: string): Naming {
  const full = (path: string): string => `${prefix}${fileName(path)}`;
  return { tensor: full, block: full };
}

/** The dotted name whose head is renamed from one side of the pairs to the other. */
function swap(parts: readonly string[], pairs: Pairs, from: 0 | 1, to: 0 | 1): string {
  const name = parts.join('.');
  for (const pair of pairs) {
    if (name === pair[from]) return pair[to];
    if (name.startsWith(`${pair[from]}.`)) return `${pair[to]}${name.slice(pair[from].length)}`;
  }
  return name;
}

function shortcut([head, ...rest]: readonly string[], from: string, to: string): string {
  return join(head === from ? to : head, ...rest);
}

function join(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join('.');
}
