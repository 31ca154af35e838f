import type { Axis, Blueprint, Width } from '../blueprint.ts';
import type { NameTree } from '../names.ts';
import type { SharedWidths } from './traits.ts';

/** Widths of what enters the net beside the latent; each absent where the net has no such input. */
export interface EmbeddingWidths {
  /** The sinusoid of the timestep. */
  readonly timeInput: Width;
  readonly guidance?: Width;
  readonly added?: Width;
  readonly classes?: Width;
  readonly classInput?: Width;
  readonly encoderHid?: Width;
}

/** Expects the embeddings that the names show at least two tensors of. */
export function embeddings(blueprint: Blueprint, tree: NameTree, shared: SharedWidths): EmbeddingWidths {
  return {
    ...timeEmbedding(blueprint, tree, shared),
    ...classEmbedding(blueprint, tree, shared),
    ...addEmbedding(blueprint, tree, shared),
    ...encoderHidProj(blueprint, tree, shared),
  };
}

function timeEmbedding(
  blueprint: Blueprint,
  tree: NameTree,
  { time }: SharedWidths,
): { timeInput: Width; guidance?: Width } {
  const id = 'time_embedding';
  const timeInput = blueprint.width();
  if (tree.has('time_proj')) blueprint.expect('time_proj', 'weight', [blueprint.width()]);
  blueprint.expectWithBias(id, 'linear_1', [time, timeInput]);
  blueprint.expectWithBias(id, 'linear_2', [time, time]);
  if (!tree.has(`${id}.cond_proj`)) return { timeInput };
  const guidance = blueprint.width();
  blueprint.expect(id, 'cond_proj.weight', [timeInput, guidance]);
  return { timeInput, guidance };
}

/** A table of classes, or two linear layers over a vector (unCLIP image embedding, noise level). */
function classEmbedding(
  blueprint: Blueprint,
  tree: NameTree,
  { time }: SharedWidths,
): { classes?: Width; classInput?: Width } {
  const id = 'class_embedding';
  const node = tree.at(id);
  const input = blueprint.width();
  if (node.at('linear_1').size + node.at('linear_2').size >= 2) {
    pair(blueprint, id, input, time);
    return { classInput: input };
  }
  if (!node.has('weight')) return {};
  if (node.has('bias')) {
    blueprint.expectWithBias(id, '', [time, input]);
    return { classInput: input };
  }
  blueprint.expect(id, 'weight', [input, time]);
  return { classes: input };
}

function pair(blueprint: Blueprint, id: string, input: Width, time: Width): void {
  blueprint.expectWithBias(id, 'linear_1', [time, input]);
  blueprint.expectWithBias(id, 'linear_2', [time, time]);
}

/** Pooled text with time ids (SDXL), text and image (Kandinsky), attention-pooled text (DeepFloyd IF). */
function addEmbedding(blueprint: Blueprint, tree: NameTree, { time }: SharedWidths): { added?: Width } {
  const id = 'add_embedding';
  const node = tree.at(id);
  if (node.size < 2) return {};
  const added = blueprint.width();
  if (node.has('linear_1') || node.has('linear_2')) {
    pair(blueprint, id, added, time);
    return { added };
  }
  if (node.has('pool')) {
    blueprint.expectWithBias(id, 'norm1', [added]);
    blueprint.expect(id, 'pool.positional_embedding', [1, added]);
    for (const name of ['k_proj', 'q_proj', 'v_proj']) {
      blueprint.expectWithBias(id, `pool.${name}`, [added, added]);
    }
    blueprint.expectWithBias(id, 'proj', [time, added]);
    blueprint.expectWithBias(id, 'norm2', [time]);
    return { added };
  }
  if (node.has('text_proj') || node.has('text_norm')) {
    blueprint.expectWithBias(id, 'text_proj', [time, blueprint.width()]);
    blueprint.expectWithBias(id, 'text_norm', [time]);
  } else blueprint.expectWithBias(id, 'image_norm', [time]);
  blueprint.expectWithBias(id, 'image_proj', [time, added]);
  if (node.has('input_hint_block')) hint(blueprint, id);
  return { added };
}

/** Convolutions that bring a picture of hints to the latent's size; activations stand between them. */
function hint(blueprint: Blueprint, id: string): void {
  let from: Axis = blueprint.width();
  for (let index = 0; index < HINT_LAYERS; index += 1) {
    const to = blueprint.width();
    blueprint.expectWithBias(id, `input_hint_block.${2 * index}`, [to, from, 3, 3]);
    from = to;
  }
}

/** Source: diffusers ImageHintTimeEmbedding (Kandinsky 2.2 ControlNet). */
const HINT_LAYERS = 8;

/** Brings another encoder's output to the width of the cross-attention. */
function encoderHidProj(
  blueprint: Blueprint,
  tree: NameTree,
  { text }: SharedWidths,
): { encoderHid?: Width } {
  const id = 'encoder_hid_proj';
  const node = tree.at(id);
  if (node.size === 0) return {};
  const encoderHid = blueprint.width();
  if (!node.has('image_embeds')) {
    blueprint.expectWithBias(id, '', [text, encoderHid]);
    return { encoderHid };
  }
  blueprint.expectWithBias(id, 'image_embeds', [blueprint.width(), blueprint.width()]);
  if (node.has('norm')) blueprint.expectWithBias(id, 'norm', [text]);
  if (node.has('text_proj')) blueprint.expectWithBias(id, 'text_proj', [text, encoderHid]);
  return { encoderHid };
}
