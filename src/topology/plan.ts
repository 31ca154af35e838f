import { NameTree } from './names.ts';

/**
 * The outline of a U-Net as its canonical names give it: which stages there are, how many resnets each
 * has, where attention stands. Blocks that must be there and are not are planned all the same, so that
 * the comparison names them. A module counts as there from three tensors on: one renamed tensor does not
 * make a block.
 */

const THERE = 3;

/** `down_blocks.0.attentions.0.transformer_blocks.9`: nothing deeper says what there is. */
const DEPTH = 6;

type SamplerKind = 'conv' | 'resnet';

export interface PlannedAttention {
  /** `down_blocks.0.attentions.1`. */
  readonly id: string;
  /** Transformer blocks; 0 for a plain attention. */
  readonly depth: number;
}

export interface PlannedStage {
  readonly id: string;
  readonly level: number;
  readonly resnets: number;
  /** By resnet number; a resnet without attention has none. */
  readonly attentions: ReadonlyMap<number, PlannedAttention>;
  readonly sampler?: SamplerKind;
}

export interface Plan {
  readonly tree: NameTree;
  readonly down: readonly PlannedStage[];
  /** Absent when the file has no middle block at all. */
  readonly mid?: PlannedStage;
  /** From the deepest level up, as `up_blocks` are numbered. */
  readonly up: readonly PlannedStage[];
}

/** Outlines the net; undefined when the names hold no encoder or no decoder. */
export function planOf(names: Iterable<string>): Plan | undefined {
  const tree = NameTree.of(names, DEPTH);
  const downs = realStages(tree, 'down_blocks');
  const ups = realStages(tree, 'up_blocks');
  if (downs.length === 0 || ups.length === 0) return undefined;
  const levels = Math.max(downs.at(-1) as number, ups.at(-1) as number) + 1;
  const down: PlannedStage[] = [];
  const up: PlannedStage[] = [];
  for (let level = 0; level < levels; level += 1) {
    const downId = `down_blocks.${level}`;
    const upId = `up_blocks.${levels - 1 - level}`;
    // one resnet more in the decoder, for the skip that enters the level
    const resnets = Math.max(countResnets(tree, downId), countResnets(tree, upId) - 1);
    const lowers = level < levels - 1 && samplerBetween(tree, level + 1, levels);
    const raises = level > 0 && samplerBetween(tree, level, levels);
    const both = [attentionsThere(tree, downId, resnets), attentionsThere(tree, upId, resnets + 1)];
    // a level has attention behind all of its resnets or behind none, on both sides of the net
    const all = both.flat().length * 2 > 2 * resnets + 1;
    down.push(stage(tree, downId, level, resnets, all, lowers ? 'downsamplers' : undefined));
    up.unshift(stage(tree, upId, level, resnets + 1, all, raises ? 'upsamplers' : undefined));
  }
  const mid = middle(tree, levels - 1);
  return { tree, down, up, ...(mid === undefined ? {} : { mid }) };
}

function realStages(tree: NameTree, side: string): number[] {
  return tree
    .at(side)
    .indices()
    .filter((index) => tree.at(`${side}.${index}.resnets`).indices(THERE).length > 0);
}

function countResnets(tree: NameTree, id: string): number {
  return (tree.at(`${id}.resnets`).indices(THERE).at(-1) ?? -1) + 1;
}

/** True when encoder and decoder together have enough of the samplers between this level and the next outer. */
function samplerBetween(tree: NameTree, level: number, levels: number): boolean {
  const down = tree.at(`down_blocks.${level - 1}.downsamplers`).size;
  const up = tree.at(`up_blocks.${levels - 1 - level}.upsamplers`).size;
  return down + up >= 2;
}

function stage(
  tree: NameTree,
  id: string,
  level: number,
  resnets: number,
  allAttend: boolean,
  samplers: 'downsamplers' | 'upsamplers' | undefined,
): PlannedStage {
  return {
    id,
    level,
    resnets,
    attentions: attentions(tree, id, resnets, allAttend),
    ...(samplers === undefined ? {} : { sampler: samplerKind(tree.at(`${id}.${samplers}.0`)) }),
  };
}

function samplerKind(sampler: NameTree): SamplerKind {
  return sampler.has('conv1') || sampler.has('conv2') ? 'resnet' : 'conv';
}

/** Numbers of the resnets of a stage that have attention behind them. */
function attentionsThere(tree: NameTree, id: string, resnets: number): readonly number[] {
  return tree
    .at(`${id}.attentions`)
    .indices(THERE)
    .filter((index) => index < resnets);
}

/** The attentions of a stage; where all have to be there, an absent one is planned as deep as the deepest. */
function attentions(
  tree: NameTree,
  id: string,
  resnets: number,
  all: boolean,
): ReadonlyMap<number, PlannedAttention> {
  const node = tree.at(`${id}.attentions`);
  const there = attentionsThere(tree, id, resnets);
  const depths = new Map(there.map((index) => [index, depthOf(node.at(String(index)))]));
  const usual = Math.max(0, ...depths.values());
  const planned = new Map<number, PlannedAttention>();
  for (let index = 0; index < resnets; index += 1) {
    const depth = depths.get(index) ?? (all ? usual : undefined);
    if (depth !== undefined) planned.set(index, { id: `${id}.attentions.${index}`, depth });
  }
  return planned;
}

function depthOf(attention: NameTree): number {
  return (attention.at('transformer_blocks').indices(THERE).at(-1) ?? -1) + 1;
}

/**
 * The middle block: a resnet, then attention and a resnet, as often as there are attentions. Nets
 * distilled from SDXL have a single resnet, or nothing at all.
 */
function middle(tree: NameTree, level: number): PlannedStage | undefined {
  const id = 'mid_block';
  const resnets = countResnets(tree, id);
  const node = tree.at(`${id}.attentions`);
  const there = node.indices(THERE);
  if (resnets === 0 && there.length === 0) return undefined;
  const last = there.at(-1) ?? -1;
  const planned = new Map<number, PlannedAttention>();
  for (let index = 0; index <= last; index += 1) {
    planned.set(index, { id: `${id}.attentions.${index}`, depth: depthOf(node.at(String(index))) });
  }
  return { id, level, resnets: Math.max(resnets, last + 2), attentions: planned };
}
