import { NameTree } from '../names.ts';
import type { Dialect, Reading } from './dialect.ts';
import { type LdmLevels, readLevels } from './ldm-levels.ts';

/**
 * The names of latent-diffusion, generative-models (SGM) and guided-diffusion: blocks are numbered
 * straight through `input_blocks` and `output_blocks`, so a level has to be counted out.
 * Source: the UNetModel constructors of CompVis latent-diffusion and openai guided-diffusion.
 */

/** [the file's words, the canonical ones] inside one block. */
type Leaves = readonly (readonly [string, string])[];

/** What Kandinsky and DeepFloyd IF add to guided-diffusion, and diffusers' words for it. */
const ADDED_INPUTS: Leaves = [
  ['clip_to_seq', 'encoder_hid_proj.image_embeds'],
  ['to_model_dim_n', 'encoder_hid_proj.text_proj'],
  ['proj_n', 'add_embedding.text_proj'],
  ['ln_model_n', 'add_embedding.text_norm'],
  ['img_layer', 'add_embedding.image_proj'],
  ['encoder_proj', 'encoder_hid_proj'],
  ['encoder_pooling.0', 'add_embedding.norm1'],
  ['encoder_pooling.1', 'add_embedding.pool'],
  ['encoder_pooling.2', 'add_embedding.proj'],
  ['encoder_pooling.3', 'add_embedding.norm2'],
  ['aug_proj.0', 'class_embedding.linear_1'],
  ['aug_proj.2', 'class_embedding.linear_2'],
];

const ROOTS = new Set([
  'input_blocks',
  'middle_block',
  'output_blocks',
  'time_embed',
  'label_emb',
  'out',
  ...ADDED_INPUTS.map(([ldm]) => ldm.split('.')[0] as string),
]);

const RESNET: Leaves = [
  ['in_layers.0', 'norm1'],
  ['in_layers.2', 'conv1'],
  ['emb_layers.1', 'time_emb_proj'],
  ['out_layers.0', 'norm2'],
  ['out_layers.3', 'conv2'],
  ['skip_connection', 'conv_shortcut'],
];

const VIDEO_RESNET: Leaves = [
  ...RESNET.map(([ldm, canonical]) => [`time_stack.${ldm}`, `temporal_res_block.${canonical}`] as const),
  ['time_mixer', 'time_mixer'],
  ...RESNET.map(([ldm, canonical]) => [ldm, `spatial_res_block.${canonical}`] as const),
];

/** One attention over pixels with q, k and v in one tensor (guided-diffusion, unconditional LDM). */
const FUSED_ATTENTION: Leaves = [
  ['norm', 'group_norm'],
  ['qkv', 'to_qkv'],
  ['encoder_kv', 'add_kv_proj'],
  ['norm_encoder', 'norm_cross'],
  ['proj_out', 'to_out.0'],
];

const TRANSFORMER: Leaves = [
  ['norm', 'norm'],
  ['proj_in', 'proj_in'],
  ['transformer_blocks', 'transformer_blocks'],
  ['time_stack', 'temporal_transformer_blocks'],
  ['time_pos_embed.0', 'time_pos_embed.linear_1'],
  ['time_pos_embed.2', 'time_pos_embed.linear_2'],
  ['time_mixer', 'time_mixer'],
  ['proj_out', 'proj_out'],
];

const SAME: Leaves = [];

/** `input_blocks.4.0.in_layers`: nothing deeper says what a block is. */
const DEPTH = 4;
const DOWNSAMPLE: Leaves = [['op', 'conv']];
const UPSAMPLE: Leaves = [['conv', 'conv']];

/** A block's path in both vocabularies, and how the names below it translate. */
interface Entry {
  readonly ldm: string;
  readonly canonical: string;
  readonly leaves: Leaves;
}

export const ldm: Dialect = {
  id: 'ldm',
  title: 'LDM/SGM',
  owns: (name) => ROOTS.has(name.slice(0, Math.max(0, name.indexOf('.')))),
  read: (shapes) => new LdmReading(shapes),
};

class LdmReading implements Reading {
  private readonly byLdm = new Map<string, Entry>();
  /** The block that the name before belonged to: most names follow one of the same block. */
  private last: Entry | undefined;
  private readonly byCanonical = new Map<string, Entry>();

  constructor(shapes: ReadonlyMap<string, readonly number[]>) {
    const tree = NameTree.of(shapes.keys(), DEPTH);
    const resnet = hasVideo(shapes.keys()) ? VIDEO_RESNET : RESNET;
    for (const entry of entries(tree, readLevels(tree), resnet, addedIsClass(shapes))) {
      this.byLdm.set(entry.ldm, entry);
      this.byCanonical.set(entry.canonical, entry);
    }
  }

  toCanonical(name: string): string | undefined {
    const { last } = this;
    if (last !== undefined && name.startsWith(last.ldm) && name[last.ldm.length] === '.') {
      const leaf = translate(name.slice(last.ldm.length + 1), last.leaves, 0);
      // a block with words of its own owns its names alone; `label_emb` also begins `label_emb.0.0`
      if (leaf !== undefined && last.leaves.length > 0) return `${last.canonical}.${leaf}`;
    }
    for (const [head, rest] of splits(name)) {
      const entry = this.byLdm.get(head);
      const leaf = entry === undefined ? undefined : translate(rest, entry.leaves, 0);
      if (entry === undefined || leaf === undefined) continue;
      this.last = entry;
      return `${entry.canonical}.${leaf}`;
    }
    // converters written for SD1 leave blocks that SD1 does not have under their diffusers names
    return name.startsWith('up_blocks.') ? name : undefined;
  }

  fromCanonical(path: string): string {
    const whole = this.byCanonical.get(path);
    if (whole !== undefined) return whole.ldm;
    for (const [head, rest] of splits(path)) {
      const entry = this.byCanonical.get(head);
      if (entry === undefined) continue;
      const leaf = translate(rest, entry.leaves, 1);
      return leaf === undefined ? `${entry.ldm}.${rest}` : `${entry.ldm}.${leaf}`;
    }
    return path;
  }
}

/** Ways to cut a dotted path in a block and what is below it, the longest block first: none has over four parts. */
function splits(path: string): (readonly [string, string])[] {
  const cuts: (readonly [string, string])[] = [];
  for (let dot = path.indexOf('.'); dot > 0 && cuts.length < 4; dot = path.indexOf('.', dot + 1)) {
    cuts.unshift([path.slice(0, dot), path.slice(dot + 1)]);
  }
  return cuts;
}

/** Translates the path below a block; a block without words of its own keeps its parameters' names. */
function translate(rest: string, leaves: Leaves, from: 0 | 1): string | undefined {
  if (leaves.length === 0) return rest;
  for (const leaf of leaves) {
    const word = leaf[from];
    if (rest === word || rest.startsWith(`${word}.`)) return leaf[1 - from] + rest.slice(word.length);
  }
  return undefined;
}

function hasVideo(names: Iterable<string>): boolean {
  let found = 0;
  for (const name of names) if (name.includes('.0.time_stack.in_layers.')) found += 1;
  return found > 3;
}

/**
 * diffusers calls the vector input `class_embedding` in Stable Diffusion 2 unCLIP nets and `add_embedding`
 * in SDXL and video nets; LDM calls it `label_emb` in both. Told apart by the text width.
 */
function addedIsClass(shapes: ReadonlyMap<string, readonly number[]>): boolean {
  let is1024 = 0;
  let other = 0;
  for (const [name, shape] of shapes) {
    if (name.includes('.time_stack.')) return false;
    if (!name.endsWith('.attn2.to_k.weight')) continue;
    if (shape[1] === 1024) is1024 += 1;
    else other += 1;
  }
  return is1024 > other;
}

function* entries(tree: NameTree, levels: LdmLevels, resnet: Leaves, addedIsClass: boolean): Iterable<Entry> {
  yield* embeddings(addedIsClass);
  yield { ldm: 'input_blocks.0.0', canonical: 'conv_in', leaves: SAME };
  yield { ldm: 'out.0', canonical: 'conv_norm_out', leaves: SAME };
  yield { ldm: 'out.2', canonical: 'conv_out', leaves: SAME };
  for (const { index, level, resnet: j, downsample } of levels.input) {
    const at = `input_blocks.${index}`;
    if (downsample) {
      const canonical = `down_blocks.${level}.downsamplers.0`;
      yield { ldm: `${at}.0`, canonical, leaves: tree.has(`${at}.0.in_layers`) ? resnet : DOWNSAMPLE };
    } else {
      yield { ldm: `${at}.0`, canonical: `down_blocks.${level}.resnets.${j}`, leaves: resnet };
      yield attention(tree, `${at}.1`, `down_blocks.${level}.attentions.${j}`);
    }
  }
  yield { ldm: 'middle_block.0', canonical: 'mid_block.resnets.0', leaves: resnet };
  yield attention(tree, 'middle_block.1', 'mid_block.attentions.0');
  yield { ldm: 'middle_block.2', canonical: 'mid_block.resnets.1', leaves: resnet };
  for (const { index, stage, resnet: j, upsample, upsampleOnly } of levels.output) {
    const at = `output_blocks.${index}`;
    if (!upsampleOnly) {
      yield { ldm: `${at}.0`, canonical: `up_blocks.${stage}.resnets.${j}`, leaves: resnet };
      if (upsample !== 1) yield attention(tree, `${at}.1`, `up_blocks.${stage}.attentions.${j}`);
    }
    if (upsample !== undefined) {
      const leaves = tree.has(`${at}.${upsample}.in_layers`) ? resnet : UPSAMPLE;
      yield { ldm: `${at}.${upsample}`, canonical: `up_blocks.${stage}.upsamplers.0`, leaves };
    }
  }
}

function* embeddings(addedIsClass: boolean): Iterable<Entry> {
  yield { ldm: 'time_embed.0', canonical: 'time_embedding.linear_1', leaves: SAME };
  yield { ldm: 'time_embed.2', canonical: 'time_embedding.linear_2', leaves: SAME };
  yield { ldm: 'time_embed.cond_proj', canonical: 'time_embedding.cond_proj', leaves: SAME };
  yield { ldm: 'label_emb', canonical: 'class_embedding', leaves: SAME };
  const added = addedIsClass ? 'class_embedding' : 'add_embedding';
  yield { ldm: 'label_emb.0.0', canonical: `${added}.linear_1`, leaves: SAME };
  yield { ldm: 'label_emb.0.2', canonical: `${added}.linear_2`, leaves: SAME };
  for (const [ldm, canonical] of ADDED_INPUTS) yield { ldm, canonical, leaves: SAME };
}

function attention(tree: NameTree, ldm: string, canonical: string): Entry {
  const fused = tree.has(`${ldm}.qkv`) && !tree.has(`${ldm}.transformer_blocks`);
  return { ldm, canonical, leaves: fused ? FUSED_ATTENTION : TRANSFORMER };
}
