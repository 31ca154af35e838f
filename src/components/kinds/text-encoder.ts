import { readTextTower } from '../grammars/clip-text.ts';
import { FactList, type Recognise, type Recognised } from '../kind.ts';
import type { Piece } from '../piece.ts';

/** Text towers of CLIP in use, by width and depth. OpenCLIP-H is shipped with its last layer (24) or without (23). */
const TOWERS: readonly {
  readonly hidden: number;
  readonly layers: readonly number[];
  readonly id: string;
  readonly title: string;
}[] = [
  { hidden: 768, layers: [12], id: 'clip-l', title: 'CLIP ViT-L/14 text encoder' },
  { hidden: 1024, layers: [22, 23, 24], id: 'openclip-h', title: 'OpenCLIP ViT-H/14 text encoder' },
  { hidden: 1280, layers: [31, 32], id: 'openclip-g', title: 'OpenCLIP ViT-bigG/14 text encoder' },
];

/** A language model that is told by names only. `#` stands for the layer number, and the width is an axis of a tensor. */
interface Row {
  readonly id: string;
  readonly title: string;
  /** All of these, each from the start of a name or after a dot. */
  readonly all: readonly string[];
  readonly none?: readonly string[];
  readonly width: readonly [name: string, axis: number];
  /** Path of the layers, to count them. */
  readonly layers: string;
  /** Numbered modules that make one layer; 1 where it is not given. */
  readonly modules?: number;
}

/**
 * Sources: transformers' `modeling_t5.py`, `modeling_bert.py`, `modeling_xlm_roberta.py`, `modeling_llama.py`,
 * `modeling_qwen2.py`, `modeling_gemma2.py`; latent-diffusion `ldm/modules/x_transformer.py`;
 * THUDM/chatglm3 `modeling_chatglm.py`; AUTOMATIC1111 `modules/xlmr.py`.
 */
const ROWS: readonly Row[] = [
  {
    id: 'roberta',
    title: 'XLM-RoBERTa text encoder (AltDiffusion)',
    all: ['roberta.embeddings.word_embeddings.weight'],
    width: ['transformation.weight', 0],
    layers: 'encoder.layer',
  },
  {
    id: 'ldm-bert',
    title: 'BERT-like text encoder of latent diffusion',
    all: ['attn_layers.layers.0.1.to_q.weight'],
    width: ['token_emb.weight', 1],
    layers: 'attn_layers.layers',
    // attention and feed-forward are numbered apart
    modules: 2,
  },
  {
    id: 'chatglm3',
    title: 'ChatGLM3 text encoder',
    all: ['encoder.layers.0.self_attention.query_key_value.weight'],
    width: ['embedding.word_embeddings.weight', 1],
    layers: 'encoder.layers',
  },
  {
    id: 't5',
    title: 'T5 text encoder',
    all: ['block.0.layer.0.SelfAttention.q.weight'],
    width: ['block.0.layer.0.SelfAttention.q.weight', 1],
    layers: 'block',
  },
  {
    id: 'gemma',
    title: 'Gemma language model',
    all: ['layers.0.pre_feedforward_layernorm.weight'],
    width: ['embed_tokens.weight', 1],
    layers: 'layers',
  },
  {
    id: 'qwen2',
    title: 'Qwen2 language model',
    all: ['layers.0.self_attn.q_proj.bias', 'layers.0.input_layernorm.weight'],
    width: ['embed_tokens.weight', 1],
    layers: 'layers',
  },
  {
    id: 'qwen3',
    title: 'Qwen3 language model',
    all: ['layers.0.self_attn.q_norm.weight', 'layers.0.input_layernorm.weight'],
    width: ['embed_tokens.weight', 1],
    layers: 'layers',
  },
  {
    id: 'llama',
    title: 'Llama language model',
    all: ['layers.0.mlp.gate_proj.weight', 'layers.0.input_layernorm.weight'],
    width: ['embed_tokens.weight', 1],
    layers: 'layers',
  },
  {
    id: 'bert',
    title: 'BERT text encoder',
    all: ['embeddings.word_embeddings.weight', 'encoder.layer.0.attention.self.query.weight'],
    width: ['embeddings.word_embeddings.weight', 1],
    layers: 'encoder.layer',
  },
];

export const recogniseTextEncoder: Recognise = (piece) => clip(piece) ?? languageModel(piece);

function clip(piece: Piece): Recognised | undefined {
  const tower = readTextTower(piece);
  if (tower === undefined) return undefined;
  const { facts, problems, model } = tower;
  const { hidden, layers } = model;
  const known = TOWERS.find((row) => row.hidden === hidden && row.layers.includes(layers));
  return {
    kind: 'text_encoder',
    id: known?.id ?? 'custom',
    title: known?.title ?? `CLIP text encoder, ${layers} × ${hidden ?? '?'}`,
    facts: facts.map,
    problems,
    model,
  };
}

function languageModel(piece: Piece): Recognised | undefined {
  for (const row of ROWS) {
    const found = row.all.map((tail) => endingIn(piece, tail));
    const [first] = found;
    if (first === undefined || found.includes(undefined)) continue;
    const [tail, axis] = row.width;
    const width = endingIn(piece, tail);
    const list = new FactList()
      .add('hidden_size', width === undefined ? undefined : piece.dim(width, axis), `${piece.prefix}${width}`)
      .add('num_hidden_layers', countLayers(piece, row), `${piece.prefix}${first}`);
    return { kind: 'text_encoder', id: row.id, title: row.title, facts: list.map };
  }
  return undefined;
}

function endingIn(piece: Piece, tail: string): string | undefined {
  if (piece.has(tail)) return tail;
  return piece.tensors.find(({ name }) => name.endsWith(`.${tail}`))?.name;
}

function countLayers(piece: Piece, { layers: path, modules = 1 }: Row): number | undefined {
  let last = -1;
  const number = new RegExp(`(?:^|\\.)${path.replaceAll('.', '\\.')}\\.(\\d{1,4})\\.`);
  for (const { name } of piece.tensors) last = Math.max(last, Number(number.exec(name)?.[1] ?? -1));
  return last === -1 ? undefined : (last + 1) / modules;
}
