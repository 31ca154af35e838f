import { Blueprint, type Solution, type Width, multiple, solve } from '../../topology/blueprint.ts';
import { compare } from '../../topology/compare.ts';
import type { NamedTensor } from '../../topology/named.ts';
import { NameTree } from '../../topology/names.ts';
import type { Problem } from '../../topology/problem.ts';
import { FactList } from '../kind.ts';
import type { AutoencoderModel, AutoencoderPlan } from '../model.ts';
import { ownership } from '../ownership.ts';
import type { Piece } from '../piece.ts';
import { type AutoencoderNames, diffusersNames, ldmNames } from './autoencoder-names.ts';

/**
 * AutoencoderKL: a convolutional encoder and decoder without skips, with one attention in the middle.
 * Sources: CompVis/latent-diffusion `ldm/modules/diffusionmodules/model.py`, diffusers `autoencoder_kl.py`
 * and `vae.py`.
 */
export interface Autoencoder {
  readonly dialect: string;
  readonly facts: FactList;
  readonly problems: readonly Problem[];
  readonly model: AutoencoderModel;
}

/** A module is there from three tensors on: one renamed tensor does not make a block. */
const THERE = 3;

/**
 * Levels, and resnets a level. Sixteen levels make a divisor of 32,768; numbers beyond come from hostile names and
 * would make a grammar of millions of tensors.
 */
const MOST = 16;

/** Name parts that say where a module stands: `encoder.down_blocks.0.resnets.1`. */
const DEPTH = 5;

interface Widths {
  readonly image: Width;
  readonly latent: Width;
  /** Width between `quant_conv` and `post_quant_conv`: `embed_dim`. */
  readonly embed: Width;
  readonly encoder: readonly Width[];
  readonly decoder: readonly Width[];
}

/** Reads an autoencoder; undefined when the names hold no levels of one. */
export function readAutoencoder(piece: Piece): Autoencoder | undefined {
  const names = dialectOf(piece);
  if (names === undefined) return undefined;
  const tensors = new Map<string, NamedTensor>();
  for (const named of piece.tensors) tensors.set(names.toCanonical(named.name), named);
  const outline = outlineOf(NameTree.of(tensors.keys(), DEPTH), tensors);
  if (outline === undefined) return undefined;
  const blueprint = new Blueprint();
  const widths = draw(blueprint, outline);
  const solution = solve(blueprint.slots, tensors);
  const { owned, problems } = compare(blueprint, solution, tensors, names.naming);
  return {
    dialect: names.dialect,
    facts: facts(outline, widths, solution, names),
    problems,
    model: { kind: 'autoencoder-kl', plan: outline, ...ownership({ owned, problems }, tensors) },
  };
}

function dialectOf(piece: Piece): AutoencoderNames | undefined {
  const tree = NameTree.of(piece.byName.keys(), DEPTH);
  const ldm = [...tree.at('encoder.down').indices(THERE), ...tree.at('decoder.up').indices(THERE)];
  if (ldm.length > 0) return ldmNames(Math.max(...ldm) + 1, piece.prefix);
  const diffusers = [tree.at('encoder.down_blocks'), tree.at('decoder.up_blocks')];
  if (diffusers.every((node) => node.indices(THERE).length === 0)) return undefined;
  const old = piece.count('.proj_attn.') + piece.count('.query.') + piece.count('.key.');
  return diffusersNames(old >= THERE, piece.prefix);
}

function outlineOf(tree: NameTree, tensors: ReadonlyMap<string, NamedTensor>): AutoencoderPlan | undefined {
  const down = tree.at('encoder.down_blocks');
  const up = tree.at('decoder.up_blocks');
  const indices = [...down.indices(THERE), ...up.indices(THERE)];
  if (indices.length === 0) return undefined;
  const levels = Math.max(...indices) + 1;
  const counts = [
    ...down.indices(THERE).map((index) => resnetsOf(down.at(String(index)))),
    ...up.indices(THERE).map((index) => resnetsOf(up.at(String(index))) - 1),
  ];
  const attention = [tree.at('encoder.mid_block.attentions'), tree.at('decoder.mid_block.attentions')];
  const resnets = Math.max(1, commonest(counts));
  if (levels > MOST || resnets > MOST) return undefined;
  return {
    levels,
    resnets,
    encoder: tree.at('encoder').size > THERE,
    decoder: tree.at('decoder').size > THERE,
    attentionLevels: attentionLevels(down, up, levels),
    middleAttention: attention.some((node) => node.size >= THERE),
    linearAttention: mostlyLinear(tensors),
    ...quantConvs(tree),
  };
}

function resnetsOf(stage: NameTree): number {
  return (stage.at('resnets').indices(THERE).at(-1) ?? -1) + 1;
}

function commonest(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0] ?? 0;
}

function attentionLevels(down: NameTree, up: NameTree, levels: number): ReadonlySet<number> {
  const found = new Set<number>();
  for (let level = 0; level < levels; level += 1) {
    const size = down.at(`${level}.attentions`).size + up.at(`${levels - 1 - level}.attentions`).size;
    if (size >= THERE) found.add(level);
  }
  return found;
}

/** Convolutions [c, c, 1, 1] or linear layers [c, c]: the most of them decide. */
function mostlyLinear(tensors: ReadonlyMap<string, NamedTensor>): boolean {
  let linear = 0;
  for (const [name, { tensor }] of tensors) {
    if (!/attentions\.\d+\.to_(?:q|k|v|out\.0)\.weight$/.test(name)) continue;
    linear += tensor.shape.length === 2 ? 1 : -1;
  }
  return linear > 0;
}

/** Two of the four tensors are enough for both; a lone half of an autoencoder has only its own. */
function quantConvs(tree: NameTree): { readonly quantConv: boolean; readonly postQuantConv: boolean } {
  const quant = tree.at('quant_conv').size;
  const post = tree.at('post_quant_conv').size;
  const encoder = tree.has('encoder');
  const decoder = tree.has('decoder');
  const both = quant + post >= 2 && encoder && decoder;
  return { quantConv: both || quant > 0, postQuantConv: both || post > 0 };
}

function draw(blueprint: Blueprint, outline: AutoencoderPlan): Widths {
  const levels = Array.from({ length: outline.levels }, (_, level) => level);
  const widths: Widths = {
    image: blueprint.width(),
    latent: blueprint.width(),
    embed: blueprint.width(),
    encoder: levels.map(() => blueprint.width()),
    decoder: levels.map(() => blueprint.width()),
  };
  if (outline.encoder) drawEncoder(blueprint, outline, widths);
  if (outline.decoder) drawDecoder(blueprint, outline, widths);
  const { latent, embed } = widths;
  // the encoder's head writes mean and variance: twice the latent
  if (outline.quantConv) conv(blueprint, 'quant_conv', multiple(embed, 2), multiple(latent, 2), 1);
  if (outline.postQuantConv) conv(blueprint, 'post_quant_conv', latent, embed, 1);
  return widths;
}

function drawEncoder(blueprint: Blueprint, outline: AutoencoderPlan, widths: Widths): void {
  const { encoder: channels } = widths;
  conv(blueprint, 'encoder.conv_in', channels[0] as Width, widths.image, 3);
  channels.forEach((width, level) => {
    const id = `encoder.down_blocks.${level}`;
    for (let index = 0; index < outline.resnets; index += 1) {
      const from = index === 0 ? (channels[Math.max(0, level - 1)] as Width) : width;
      resnet(blueprint, `${id}.resnets.${index}`, from, width);
      if (outline.attentionLevels.has(level))
        attention(blueprint, `${id}.attentions.${index}`, width, outline);
    }
    if (level < outline.levels - 1) conv(blueprint, `${id}.downsamplers.0.conv`, width, width, 3);
  });
  middle(blueprint, 'encoder', channels.at(-1) as Width, outline);
  head(blueprint, 'encoder', multiple(widths.latent, 2), channels.at(-1) as Width);
}

function drawDecoder(blueprint: Blueprint, outline: AutoencoderPlan, widths: Widths): void {
  const { decoder: channels } = widths;
  const deepest = channels.at(-1) as Width;
  conv(blueprint, 'decoder.conv_in', deepest, widths.latent, 3);
  middle(blueprint, 'decoder', deepest, outline);
  for (let up = 0; up < outline.levels; up += 1) {
    const level = outline.levels - 1 - up;
    const width = channels[level] as Width;
    const id = `decoder.up_blocks.${up}`;
    for (let index = 0; index <= outline.resnets; index += 1) {
      const from = index === 0 ? (channels[Math.min(outline.levels - 1, level + 1)] as Width) : width;
      resnet(blueprint, `${id}.resnets.${index}`, from, width);
      if (outline.attentionLevels.has(level))
        attention(blueprint, `${id}.attentions.${index}`, width, outline);
    }
    if (level > 0) conv(blueprint, `${id}.upsamplers.0.conv`, width, width, 3);
  }
  head(blueprint, 'decoder', widths.image, channels[0] as Width);
}

function middle(blueprint: Blueprint, side: string, width: Width, outline: AutoencoderPlan): void {
  resnet(blueprint, `${side}.mid_block.resnets.0`, width, width);
  if (outline.middleAttention) attention(blueprint, `${side}.mid_block.attentions.0`, width, outline);
  resnet(blueprint, `${side}.mid_block.resnets.1`, width, width);
}

function head(blueprint: Blueprint, side: string, output: Width, input: Width): void {
  norm(blueprint, `${side}.conv_norm_out`, input);
  conv(blueprint, `${side}.conv_out`, output, input, 3);
}

function resnet(blueprint: Blueprint, id: string, input: Width, output: Width): void {
  blueprint.expectWithBias(id, 'norm1', [input]);
  blueprint.expectWithBias(id, 'conv1', [output, input, 3, 3]);
  blueprint.expectWithBias(id, 'norm2', [output]);
  blueprint.expectWithBias(id, 'conv2', [output, output, 3, 3]);
  if (input !== output) blueprint.expectWithBias(id, 'conv_shortcut', [output, input, 1, 1], [output, input]);
}

function attention(blueprint: Blueprint, id: string, width: Width, outline: AutoencoderPlan): void {
  const kernel = outline.linearAttention ? [] : [1, 1];
  blueprint.expectWithBias(id, 'group_norm', [width]);
  for (const path of ['to_q', 'to_k', 'to_v', 'to_out.0']) {
    blueprint.expectWithBias(id, path, [width, width, ...kernel]);
  }
}

function conv(blueprint: Blueprint, id: string, output: Width, input: Width, kernel: number): void {
  blueprint.expect(id, 'weight', [output, input, kernel, kernel]);
  blueprint.expect(id, 'bias', [output]);
}

function norm(blueprint: Blueprint, id: string, width: Width): void {
  blueprint.expect(id, 'weight', [width]);
  blueprint.expect(id, 'bias', [width]);
}

function facts(
  outline: AutoencoderPlan,
  widths: Widths,
  solution: Solution,
  names: AutoencoderNames,
): FactList {
  const list = new FactList();
  const of = (width: Width): string => names.naming.tensor(solution.tally(width)?.witness ?? '');
  const side = outline.encoder ? widths.encoder : widths.decoder;
  const channels = side.map((width) => solution.value(width));
  const stages = outline.encoder ? 'encoder.down_blocks' : 'decoder.up_blocks';
  list
    .add('latent_channels', solution.value(widths.latent), of(widths.latent))
    .add('in_channels', outline.encoder ? solution.value(widths.image) : undefined, of(widths.image))
    .add('out_channels', outline.decoder ? solution.value(widths.image) : undefined, of(widths.image))
    .add('block_out_channels', channels.join(', '), of(side[0] as Width))
    .add('layers_per_block', outline.resnets, stages)
    // every level but the deepest halves the picture
    .add('downscale_factor', 2 ** (outline.levels - 1), stages)
    .add(
      'mid_block_attention',
      outline.middleAttention ? (outline.linearAttention ? 'linear' : 'conv') : 'none',
      stages,
    )
    .add('quant_conv', outline.quantConv || outline.postQuantConv ? 'yes' : 'no', 'quant_conv')
    .add('names', names.dialect, 'names');
  if (!outline.encoder) list.add('half', 'decoder only', 'names');
  if (!outline.decoder) list.add('half', 'encoder only', 'names');
  if (outline.middleAttention)
    list.add('attention_heads', 1, 'every runtime: one head in the middle', 'convention');
  return list.add('norm_num_groups', 32, 'every runtime: GroupNorm of 32', 'convention');
}
