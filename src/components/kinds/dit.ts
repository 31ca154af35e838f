import type { Recognise } from '../kind.ts';

/** A diffusion transformer by names that only it has. */
interface Row {
  readonly id: string;
  readonly title: string;
  /** All of these are there. */
  readonly all: readonly string[];
  /** Width of the first of them, where names alone do not tell. */
  readonly width?: number;
}

/**
 * Diffusion transformers in their authors' names, then in diffusers'. Told, never rebuilt: they have no skips to
 * prove. Sources: ComfyUI `comfy/model_detection.py`, diffusers `loaders/single_file_utils.py` and
 * `models/transformers/*.py`. The first row that fits counts.
 */
const ROWS: readonly Row[] = [
  { id: 'sd3', title: 'Stable Diffusion 3 (MMDiT)', all: ['joint_blocks.0.context_block.attn.qkv.weight'] },
  { id: 'chroma-radiance', title: 'Chroma Radiance', all: ['nerf_blocks.0.norm.scale'] },
  { id: 'chroma', title: 'Chroma', all: ['distilled_guidance_layer.in_proj.weight'] },
  { id: 'flux2', title: 'FLUX.2', all: ['double_stream_modulation_img.lin.weight'] },
  {
    id: 'hunyuan-video',
    title: 'HunyuanVideo',
    all: ['txt_in.individual_token_refiner.blocks.0.norm1.weight'],
  },
  { id: 'hunyuan3d', title: 'Hunyuan3D 2', all: ['latent_in.weight', 'cond_in.weight'] },
  { id: 'flux', title: 'FLUX.1', all: ['double_blocks.0.img_attn.norm.key_norm.scale', 'img_in.weight'] },
  { id: 'auraflow', title: 'AuraFlow', all: ['double_layers.0.attn.w1q.weight'] },
  { id: 'hunyuan-dit', title: 'Hunyuan-DiT', all: ['mlp_t5.0.weight'] },
  { id: 'mochi', title: 'Mochi 1', all: ['t5_yproj.weight'] },
  { id: 'ltx-video', title: 'LTX-Video', all: ['patchify_proj.weight'] },
  { id: 'ace-step', title: 'ACE-Step', all: ['genre_embedder.weight'] },
  { id: 'sana', title: 'Sana', all: ['blocks.0.mlp.inverted_conv.conv.weight'] },
  { id: 'pixart', title: 'PixArt', all: ['t_block.1.weight', 'blocks.0.scale_shift_table'] },
  { id: 'cosmos', title: 'Cosmos 1', all: ['blocks.block0.blocks.0.block.attn.to_q.0.weight'] },
  { id: 'cosmos-predict2', title: 'Cosmos Predict 2', all: ['blocks.0.mlp.layer1.weight'] },
  { id: 'omnigen2', title: 'OmniGen 2', all: ['ref_image_patch_embedder.weight'] },
  { id: 'z-image', title: 'Z-Image', all: ['cap_pad_token', 'x_pad_token'] },
  {
    id: 'lumina2',
    title: 'Lumina Image 2',
    all: ['cap_embedder.1.weight', 'noise_refiner.0.attention.qkv.weight'],
  },
  { id: 'wan', title: 'Wan', all: ['head.modulation'] },
  { id: 'hunyuan3d-2.1', title: 'Hunyuan3D 2.1', all: ['t_embedder.mlp.2.weight', 'x_embedder.weight'] },
  { id: 'hidream', title: 'HiDream', all: ['caption_projection.0.linear.weight'] },
  { id: 'qwen-image', title: 'Qwen-Image', all: ['txt_norm.weight', 'txt_in.weight'] },
  { id: 'kandinsky5', title: 'Kandinsky 5', all: ['visual_embeddings.in_layer.weight'] },
  { id: 'stable-audio', title: 'Stable Audio', all: ['transformer.rotary_pos_emb.inv_freq'] },
  { id: 'omnigen', title: 'OmniGen', all: ['llm.layers.0.self_attn.qkv_proj.weight'] },
  {
    id: 'dit',
    title: 'DiT (class-conditional)',
    all: ['y_embedder.embedding_table.weight', 'x_embedder.proj.weight'],
  },
  // diffusers' layouts
  { id: 'flux2', title: 'FLUX.2', all: ['double_stream_modulation_img.linear.weight'] },
  {
    id: 'hunyuan-video',
    title: 'HunyuanVideo',
    all: ['context_embedder.time_text_embed.timestep_embedder.linear_1.weight'],
  },
  {
    id: 'flux',
    title: 'FLUX.1',
    all: [
      'single_transformer_blocks.0.attn.norm_q.weight',
      'time_text_embed.timestep_embedder.linear_1.weight',
    ],
  },
  {
    id: 'bria',
    title: 'Bria',
    all: ['single_transformer_blocks.0.attn.norm_q.weight', 'time_embed.timestep_embedder.linear_1.weight'],
  },
  {
    id: 'sd3',
    title: 'Stable Diffusion 3 (MMDiT)',
    all: ['transformer_blocks.0.attn.add_q_proj.weight', 'pos_embed.proj.weight'],
  },
  { id: 'auraflow', title: 'AuraFlow', all: ['joint_transformer_blocks.0.attn.to_q.weight'] },
  { id: 'wan', title: 'Wan', all: ['condition_embedder.time_embedder.linear_1.weight'] },
  { id: 'sana', title: 'Sana', all: ['caption_norm.weight', 'patch_embed.proj.weight'] },
  {
    id: 'ltx-video',
    title: 'LTX-Video',
    all: ['time_embed.emb.timestep_embedder.linear_1.weight', 'proj_in.weight'],
  },
  { id: 'latte', title: 'Latte', all: ['temporal_transformer_blocks.0.attn1.to_q.weight'] },
  {
    id: 'allegro',
    title: 'Allegro',
    all: ['pos_embed.proj.weight', 'adaln_single.emb.timestep_embedder.linear_1.weight'],
    width: 2304,
  },
  {
    id: 'pixart',
    title: 'PixArt',
    all: ['adaln_single.emb.timestep_embedder.linear_1.weight', 'pos_embed.proj.weight'],
  },
  { id: 'hunyuan-dit', title: 'Hunyuan-DiT', all: ['text_embedding_padding'] },
  { id: 'lumina2', title: 'Lumina Image 2', all: ['time_caption_embed.timestep_embedder.linear_1.weight'] },
  { id: 'z-image', title: 'Z-Image', all: ['all_x_embedder.2-1.weight'] },
  { id: 'mochi', title: 'Mochi 1', all: ['pos_frequencies'] },
  {
    id: 'cosmos',
    title: 'Cosmos',
    all: ['time_embed.t_embedder.linear_1.weight', 'patch_embed.proj.weight'],
  },
  { id: 'cogvideox', title: 'CogVideoX', all: ['patch_embed.text_proj.weight', 'norm_final.weight'] },
  {
    id: 'cogview',
    title: 'CogView 3+ or 4',
    all: ['time_condition_embed.timestep_embedder.linear_1.weight'],
  },
  {
    id: 'stable-audio',
    title: 'Stable Audio',
    all: ['preprocess_conv.weight', 'cross_attention_proj.0.weight'],
  },
  {
    id: 'dit',
    title: 'DiT (class-conditional)',
    all: ['proj_out_1.weight', 'proj_out_2.weight', 'pos_embed.proj.weight'],
  },
  { id: 'omnigen', title: 'OmniGen', all: ['time_token.linear_1.weight'] },
  { id: 'clip-prior', title: 'prior of an unCLIP or Kandinsky model', all: ['prd_embedding'] },
];

/** The prefixes some writers leave before the names above, once the file's own prefix is off. */
const ROOTS = ['', 'model.', 'transformer.'];

export const recogniseDiffusionTransformer: Recognise = (piece) => {
  for (const root of ROOTS) {
    const row = ROWS.find(
      ({ all, width }) =>
        all.every((name) => piece.has(root + name)) &&
        (width === undefined || piece.dim(`${root}${all[0]}`, 0) === width),
    );
    if (row === undefined) continue;
    return { kind: 'dit', id: row.id, title: `${row.title} diffusion transformer` };
  }
  return undefined;
};
