import type { NameTree } from '../names.ts';

/**
 * Which level each numbered block belongs to. With R[l] resnets at level l, the encoder numbers them
 * 1 + Σ_{m<l}(R[m]+1) onward and puts the downsampler after them; the decoder has R[l]+1 blocks a level,
 * the last of which carries the upsampler. A boundary is believed when at least two tensors, on whichever
 * side, speak for it; so one renamed tensor neither makes a level nor unmakes it.
 */
export interface LdmLevels {
  readonly input: readonly InputBlock[];
  readonly output: readonly OutputBlock[];
}

interface InputBlock {
  readonly index: number;
  readonly level: number;
  /** Number within its level; meaningless for a downsampler. */
  readonly resnet: number;
  readonly downsample: boolean;
}

interface OutputBlock {
  readonly index: number;
  /** 0 is the deepest level, as in `up_blocks`. */
  readonly stage: number;
  readonly resnet: number;
  /** Child number of the upsampler, when the block has one. */
  readonly upsample?: number;
  /** An upsampler alone in its block, as index-gapped writers put it. */
  readonly upsampleOnly: boolean;
}

/** Tensors below a block from which on it is a resnet and not one misnamed tensor. */
const RESNET_AT_LEAST = 3;

export function readLevels(tree: NameTree): LdmLevels {
  return gapped(tree) ?? contiguous(tree);
}

/** Resnet-carrying blocks: those with enough of a resnet's tensors under `.0`. */
function resnets(tree: NameTree, side: 'input_blocks' | 'output_blocks'): number[] {
  return tree
    .at(side)
    .indices()
    .filter((index) => {
      const child = tree.at(`${side}.${index}.0`);
      return child.size >= RESNET_AT_LEAST && (child.has('in_layers') || child.has('out_layers'));
    });
}

/**
 * The layout that diffusers' converter writes for nets with one resnet a level: it numbers as if there
 * were two, so the encoder has blocks 1, 3, 4, 6, 7 … and the upsampler stands alone in 2, 5, 8.
 * Source: diffusers, scripts/convert_diffusers_to_original_stable_diffusion.py (3·i + j + 1).
 */
function gapped(tree: NameTree): LdmLevels | undefined {
  const inputs = resnets(tree, 'input_blocks');
  const ops = tree
    .at('input_blocks')
    .indices()
    .filter((index) => tree.has(`input_blocks.${index}.0.op`));
  const isGapped =
    inputs.length >= 2 &&
    inputs.every((index, level) => index === 3 * level + 1) &&
    ops.every((index) => index % 3 === 0 && index > 0);
  if (!isGapped) return undefined;
  const levels = inputs.length;
  const input: InputBlock[] = [];
  for (const [level, index] of inputs.entries()) {
    input.push({ index, level, resnet: 0, downsample: false });
    if (level < levels - 1) input.push({ index: index + 2, level, resnet: 0, downsample: true });
  }
  const output: OutputBlock[] = [];
  for (let stage = 0; stage < levels; stage += 1) {
    for (let resnet = 0; resnet < 2; resnet += 1) {
      output.push({ index: 3 * stage + resnet, stage, resnet, upsampleOnly: false });
    }
    if (stage === levels - 1) continue;
    const index = 3 * stage + 2;
    output.push({ index, stage, resnet: 0, upsample: upsampleChild(tree, index), upsampleOnly: true });
  }
  return { input, output };
}

function contiguous(tree: NameTree): LdmLevels {
  const last = (list: readonly number[]): number => list.at(-1) ?? -1;
  const inputs = resnets(tree, 'input_blocks');
  const outputs = resnets(tree, 'output_blocks');
  const ops = tree
    .at('input_blocks')
    .indices()
    .filter((index) => tree.at(`input_blocks.${index}.0.op`).size >= 2);
  const size = Math.max(last(inputs) + 1, last(ops) + 1, last(outputs) + 1, 1);
  const boundaries = levelBoundaries(tree, size);
  const output: OutputBlock[] = [];
  let stage = 0;
  let resnet = 0;
  for (let index = 0; index < size; index += 1) {
    const boundary = boundaries.has(size - 1 - index);
    const upsample = boundary ? { upsample: upsampleChild(tree, index) } : {};
    output.push({ index, stage, resnet, upsampleOnly: false, ...upsample });
    resnet += 1;
    if (boundary) [stage, resnet] = [stage + 1, 0];
  }
  const input: InputBlock[] = [];
  let level = 0;
  let number = 0;
  for (let index = 1; index < size; index += 1) {
    const downsample = boundaries.has(index);
    input.push({ index, level, resnet: number, downsample });
    number += 1;
    if (downsample) [level, number] = [level + 1, 0];
  }
  return { input, output };
}

/**
 * Encoder indices that hold a downsampler. The downsampler at index i stands opposite the upsampler in
 * output block N-1-i; both sides are counted.
 */
function levelBoundaries(tree: NameTree, size: number): ReadonlySet<number> {
  const found = new Set<number>();
  for (let index = 1; index < size; index += 1) {
    const opposite = `output_blocks.${size - 1 - index}`;
    const down = tree.at(`input_blocks.${index}.0.op`).size;
    const up = tree.at(`${opposite}.1.conv`).size + tree.at(`${opposite}.2.conv`).size;
    // an up-sampling resnet (guided-diffusion, resblock_updown): a second resnet in the block
    const upResnet = [1, 2].some(
      (child) => tree.at(`${opposite}.${child}.in_layers`).size >= RESNET_AT_LEAST,
    );
    if (down + up >= 2 || upResnet) found.add(index);
  }
  return found;
}

/** 1 when the block has no attention before its upsampler, else 2; whichever holds more of it. */
function upsampleChild(tree: NameTree, index: number): number {
  const at = (child: number): number =>
    tree.at(`output_blocks.${index}.${child}.conv`).size +
    tree.at(`output_blocks.${index}.${child}.in_layers`).size;
  if (at(1) !== at(2)) return at(1) > at(2) ? 1 : 2;
  return tree.at(`output_blocks.${index}.1`).size > RESNET_AT_LEAST ? 2 : 1;
}
