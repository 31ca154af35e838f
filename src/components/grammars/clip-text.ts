import {
  type Axis,
  Blueprint,
  type Solution,
  type Width,
  multiple,
  solve,
} from '../../topology/blueprint.ts';
import { type Naming, compare } from '../../topology/compare.ts';
import type { NamedTensor } from '../../topology/named.ts';
import { NameTree } from '../../topology/names.ts';
import type { Problem } from '../../topology/problem.ts';
import { FactList } from '../kind.ts';
import type { TextModel } from '../model.ts';
import { ownership } from '../ownership.ts';
import type { Piece } from '../piece.ts';

/**
 * The text tower of CLIP in its two layouts: Hugging Face `CLIPTextModel` (q, k and v apart) and OpenAI's
 * own, which OpenCLIP shares (q, k and v in one `in_proj`).
 * Sources: transformers `modeling_clip.py`; open_clip `transformer.py`; openai/CLIP `model.py`.
 */
export interface TextTower {
  readonly facts: FactList;
  readonly problems: readonly Problem[];
  readonly model: TextModel;
}

/** A layer is there from three tensors on: one renamed tensor does not make one. */
const THERE = 3;

/** Name parts that number a layer: `encoder.layers.11`. */
const DEPTH = 3;

interface Widths {
  readonly hidden: Width;
  readonly vocabulary: Width;
  readonly positions: Width;
  readonly intermediate: Width;
  readonly projection: Width;
}

type Tensors = ReadonlyMap<string, NamedTensor>;

interface Layout {
  readonly id: TextModel['layout'];
  readonly title: string;
  /** Path of the layers below the tower's root. */
  readonly layers: string;
  readonly projection: string;
  draw(blueprint: Blueprint, layers: number, widths: Widths, tensors: Tensors): void;
  /** A tensor's name in the model, from its name below the tower's root. */
  canonical(name: string): string;
}

const HUGGING_FACE: Layout = {
  id: 'transformers',
  title: 'transformers CLIPTextModel',
  layers: 'encoder.layers',
  projection: 'text_projection.weight',
  draw(blueprint, layers, { hidden, vocabulary, positions, intermediate, projection }, tensors) {
    blueprint.expect('embeddings', 'token_embedding.weight', [vocabulary, hidden]);
    blueprint.expect('embeddings', 'position_embedding.weight', [positions, hidden]);
    // a buffer that newer exporters leave out (diffusers PR 8319)
    if (tensors.has('embeddings.position_ids'))
      blueprint.expect('embeddings', 'position_ids', [1, positions]);
    for (let index = 0; index < layers; index += 1) {
      const id = `encoder.layers.${index}`;
      blueprint.expectWithBias(id, 'layer_norm1', [hidden]);
      for (const path of ['q_proj', 'k_proj', 'v_proj', 'out_proj']) {
        blueprint.expectWithBias(id, `self_attn.${path}`, [hidden, hidden]);
      }
      blueprint.expectWithBias(id, 'layer_norm2', [hidden]);
      blueprint.expectWithBias(id, 'mlp.fc1', [intermediate, hidden]);
      blueprint.expectWithBias(id, 'mlp.fc2', [hidden, intermediate]);
    }
    blueprint.expect('final_layer_norm', 'weight', [hidden]);
    blueprint.expect('final_layer_norm', 'bias', [hidden]);
    if (tensors.has('text_projection.weight')) {
      blueprint.expect('text_projection', 'weight', [projection, hidden]);
    }
  },
  canonical: (name) => name,
};

const OPENCLIP: Layout = {
  id: 'openclip',
  title: 'OpenCLIP resblocks',
  layers: 'transformer.resblocks',
  projection: 'text_projection',
  draw(blueprint, layers, { hidden, vocabulary, positions, intermediate, projection }, tensors) {
    blueprint.expect('token_embedding', 'weight', [vocabulary, hidden]);
    parameter(blueprint, 'positional_embedding', [positions, hidden]);
    // a buffer: the causal mask
    if (tensors.has('attn_mask')) parameter(blueprint, 'attn_mask', [positions, positions]);
    for (let index = 0; index < layers; index += 1) {
      const id = `transformer.resblocks.${index}`;
      blueprint.expect(id, 'attn.in_proj_weight', [multiple(hidden, 3), hidden]);
      blueprint.expect(id, 'attn.in_proj_bias', [multiple(hidden, 3)]);
      blueprint.expectWithBias(id, 'attn.out_proj', [hidden, hidden]);
      blueprint.expectWithBias(id, 'ln_1', [hidden]);
      blueprint.expectWithBias(id, 'ln_2', [hidden]);
      blueprint.expectWithBias(id, 'mlp.c_fc', [intermediate, hidden]);
      blueprint.expectWithBias(id, 'mlp.c_proj', [hidden, intermediate]);
    }
    blueprint.expect('ln_final', 'weight', [hidden]);
    blueprint.expect('ln_final', 'bias', [hidden]);
    // unlike Hugging Face's, stored [in, out]
    if (tensors.has('text_projection')) parameter(blueprint, 'text_projection', [hidden, projection]);
  },
  canonical: (name) => LIKE.reduce((renamed, [from, to]) => renamed.replace(from, to), name),
};

/** What parts of OpenCLIP's names are called in transformers. */
const LIKE: readonly (readonly [from: RegExp, to: string])[] = [
  [/^token_embedding\./, 'embeddings.token_embedding.'],
  [/^positional_embedding$/, 'embeddings.position_embedding.weight'],
  [/^ln_final\./, 'final_layer_norm.'],
  [/^transformer\.resblocks\./, 'encoder.layers.'],
  [/\.attn\.in_proj_/, '.self_attn.in_proj.'],
  [/\.attn\.out_proj\./, '.self_attn.out_proj.'],
  [/\.ln_([12])\./, '.layer_norm$1.'],
  [/\.mlp\.c_fc\./, '.mlp.fc1.'],
  [/\.mlp\.c_proj\./, '.mlp.fc2.'],
];

/** A bare parameter: the tensor is its own block. */
function parameter(blueprint: Blueprint, name: string, axes: readonly Axis[]): void {
  blueprint.slots.push({ block: name, canonical: name, axes });
}

/** Reads the text tower; undefined when the names hold no layers of one. */
export function readTextTower(piece: Piece): TextTower | undefined {
  return read(piece, HUGGING_FACE) ?? read(piece, OPENCLIP);
}

function read(piece: Piece, layout: Layout): TextTower | undefined {
  const root = rootOf(piece, layout);
  if (root === undefined) return undefined;
  const tensors = new Map<string, NamedTensor>();
  for (const named of piece.tensors) {
    if (!isVision(named.name)) tensors.set(canonical(named.name, root), named);
  }
  const layers = (NameTree.of(tensors.keys(), DEPTH).at(layout.layers).indices(THERE).at(-1) ?? -1) + 1;
  if (layers === 0) return undefined;
  const blueprint = new Blueprint();
  const widths = newWidths(blueprint);
  layout.draw(blueprint, layers, widths, tensors);
  const scale = tensors.get('logit_scale')?.tensor.shape;
  if (scale !== undefined) parameter(blueprint, 'logit_scale', scale.length === 0 ? [] : [1]);
  const solution = solve(blueprint.slots, tensors);
  const names = naming(piece, root, tensors);
  const { owned, problems } = compare(blueprint, solution, tensors, names);
  const model: TextModel = {
    kind: 'clip-text',
    layout: layout.id,
    layers,
    ...told(solution, layout, widths, tensors),
    ...ownership({ owned, problems }, tensors, layout.canonical),
  };
  return { problems, facts: facts(layout, layers, widths, solution, tensors, names), model };
}

/** The widths that the tensors told. */
function told(
  solution: Solution,
  layout: Layout,
  widths: Widths,
  tensors: Tensors,
): Pick<TextModel, 'hidden' | 'vocabulary' | 'positions' | 'projection'> {
  const [hidden, vocabulary, positions, projection] = [
    solution.value(widths.hidden),
    solution.value(widths.vocabulary),
    solution.value(widths.positions),
    tensors.has(layout.projection) ? solution.value(widths.projection) : undefined,
  ];
  return {
    ...(hidden === undefined ? {} : { hidden }),
    ...(vocabulary === undefined ? {} : { vocabulary }),
    ...(positions === undefined ? {} : { positions }),
    ...(projection === undefined ? {} : { projection }),
  };
}

function newWidths(blueprint: Blueprint): Widths {
  return {
    hidden: blueprint.width(),
    vocabulary: blueprint.width(),
    positions: blueprint.width(),
    intermediate: blueprint.width(),
    projection: blueprint.width(),
  };
}

/** What stands before the layers, were it not a vision tower's or another encoder's. */
function rootOf(piece: Piece, layout: Layout): string | undefined {
  const probe = layout === HUGGING_FACE ? /\.(?:mlp\.fc|self_attn\.\w+_proj)/ : /\.(?:mlp\.c_|attn\.in_proj)/;
  const roots = new Map<string, number>();
  for (const { name } of piece.tensors) {
    const at = name.indexOf(`${layout.layers}.`);
    if (at === -1 || isVision(name) || !probe.test(name.slice(at))) continue;
    const root = name.slice(0, at);
    roots.set(root, (roots.get(root) ?? 0) + 1);
  }
  const [best] = [...roots].sort((a, b) => b[1] - a[1]);
  return best !== undefined && best[1] >= THERE ? best[0] : undefined;
}

/** True for the picture side of a whole CLIP. */
function isVision(name: string): boolean {
  return /(?:^|\.)(?:visual|vision_model|visual_projection)\./.test(name);
}

const OUTSIDE_THE_ROOT = new Set(['text_projection', 'text_projection.weight', 'logit_scale', 'logit_bias']);

/** Below the root the root is taken off; the projection and the scale stand at, above or outside it. */
function canonical(name: string, root: string): string {
  if (name.startsWith(root)) {
    const rest = name.slice(root.length);
    if (rest !== '') return rest;
  }
  for (const tail of OUTSIDE_THE_ROOT) {
    const above = name.slice(0, -tail.length);
    if (name.endsWith(tail) && root.startsWith(above)) return tail;
  }
  return name;
}

function naming(piece: Piece, root: string, tensors: Tensors): Naming {
  const full = (path: string): string => tensors.get(path)?.tensor.name ?? `${piece.prefix}${root}${path}`;
  return { tensor: full, block: full };
}

function facts(
  layout: Layout,
  layers: number,
  widths: Widths,
  solution: Solution,
  tensors: Tensors,
  names: Naming,
): FactList {
  const list = new FactList();
  const add = (name: string, width: Width): void => {
    list.add(name, solution.value(width), names.tensor(solution.tally(width)?.witness ?? ''));
  };
  add('hidden_size', widths.hidden);
  list.add('num_hidden_layers', layers, names.block(layout.layers));
  add('vocab_size', widths.vocabulary);
  add('max_position_embeddings', widths.positions);
  add('intermediate_size', widths.intermediate);
  if (tensors.has(layout.projection)) add('projection_dim', widths.projection);
  const positionIds = tensors.get('embeddings.position_ids')?.tensor;
  list.add('position_ids', positionIds?.dtype, positionIds?.name ?? '');
  const hidden = solution.value(widths.hidden);
  // every CLIP text tower in use has heads of 64
  if (hidden !== undefined && hidden % 64 === 0) {
    list.add('num_attention_heads', hidden / 64, 'CLIP: heads of 64', 'convention');
  }
  return list.add('layout', layout.title, 'names');
}
