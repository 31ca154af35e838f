import { readAutoencoder } from '../grammars/autoencoder-kl.ts';
import { FactList, type Recognise, type Recognised } from '../kind.ts';
import type { Piece } from '../piece.ts';

/** An autoencoder that is told by names only: its grammar is not checked. */
interface Row {
  readonly id: string;
  readonly title: string;
  /** One of these is there … */
  readonly any: readonly string[];
  /** … and its latent channels are this axis of this tensor. */
  readonly latent?: readonly [name: string, axis: number];
}

/**
 * Autoencoders other than AutoencoderKL, by names that only they have.
 * Sources: ComfyUI `comfy/sd.py` (class VAE), diffusers `single_file_utils.py` and `autoencoder_*.py`,
 * madebyollin/taesd.
 */
const ROWS: readonly Row[] = [
  {
    id: 'taesd',
    title: 'TAESD tiny autoencoder',
    any: ['taesd_decoder.1.weight'],
    latent: ['taesd_decoder.1.weight', 1],
  },
  {
    id: 'taesd',
    title: 'TAESD tiny autoencoder',
    any: ['decoder.layers.0.weight', 'decoder.layers.2.conv.0.weight', 'encoder.layers.0.weight'],
    latent: ['decoder.layers.0.weight', 1],
  },
  { id: 'cascade-stage-a', title: 'Stable Cascade stage A (VQ-GAN)', any: ['vquantizer.codebook.weight'] },
  {
    id: 'vq',
    title: 'VQ autoencoder',
    any: ['quantize.embedding.weight', 'quantize.embed'],
    latent: ['decoder.conv_in.weight', 1],
  },
  {
    id: 'cascade-effnet',
    title: 'Stable Cascade stage C image encoder',
    any: ['backbone.1.0.block.0.1.num_batches_tracked', 'encoder.backbone.1.0.block.0.1.num_batches_tracked'],
  },
  {
    id: 'dc-ae',
    title: 'deep-compression autoencoder (DC-AE)',
    any: ['decoder.stages.1.op_list.0.main.conv.conv.bias', 'encoder.project_in.conv.bias'],
  },
  {
    id: 'ltx-video',
    title: 'LTX-Video autoencoder',
    any: ['decoder.up_blocks.0.res_blocks.0.conv1.conv.weight', 'decoder.last_scale_shift_table'],
  },
  {
    id: 'wan',
    title: 'Wan video autoencoder',
    any: ['decoder.middle.0.residual.0.gamma'],
    latent: ['decoder.conv1.weight', 1],
  },
  { id: 'cosmos', title: 'Cosmos tokenizer', any: ['decoder.unpatcher3d.wavelets'] },
  {
    id: 'mochi',
    title: 'Mochi video autoencoder',
    any: ['decoder.blocks.2.blocks.3.stack.5.weight', 'blocks.2.blocks.3.stack.5.weight'],
  },
  {
    id: 'hunyuan-video',
    title: 'HunyuanVideo autoencoder',
    any: ['decoder.conv_in.conv.weight'],
    latent: ['decoder.conv_in.conv.weight', 1],
  },
  { id: 'stable-audio', title: 'Oobleck audio autoencoder', any: ['decoder.layers.1.layers.0.beta'] },
  { id: 'hunyuan3d', title: 'Hunyuan3D shape decoder', any: ['geo_decoder.cross_attn_decoder.ln_1.bias'] },
];

export const recogniseVae: Recognise = (piece) => {
  if (
    piece.under('encoder', 'decoder', 'quant_conv', 'post_quant_conv', 'taesd_decoder', 'taesd_encoder') < 3
  ) {
    return undefined;
  }
  return (
    ROWS.reduce<Recognised | undefined>((found, row) => found ?? byRow(piece, row), undefined) ??
    temporal(piece) ??
    kl(piece)
  );
};

function byRow(piece: Piece, row: Row): Recognised | undefined {
  if (!row.any.some((name) => piece.has(name))) return undefined;
  const list = new FactList();
  if (row.latent !== undefined) {
    const [name, axis] = row.latent;
    list.add('latent_channels', piece.dim(name, axis), `${piece.prefix}${name}`);
  }
  return { kind: 'vae', id: row.id, title: row.title, facts: list.map };
}

/** Video autoencoders in the names of AutoencoderKL: the temporal decoder of SVD, and 3-D convolutions. */
function temporal(piece: Piece): Recognised | undefined {
  const time = piece.count('.time_stack.') + piece.count('.temporal_res_block.') + piece.count('time_conv');
  const solid = piece.tensors.filter(({ tensor }) => tensor.shape.length === 5).length;
  if (time < 3 && solid < 3) return undefined;
  const latent = 'decoder.conv_in.weight';
  const list = new FactList().add('latent_channels', piece.dim(latent, 1), `${piece.prefix}${latent}`);
  return { kind: 'vae', id: 'autoencoder-kl-temporal', title: 'video autoencoder', facts: list.map };
}

function kl(piece: Piece): Recognised | undefined {
  const read = readAutoencoder(piece);
  if (read === undefined) return undefined;
  const { facts, problems, model } = read;
  const half = facts.map.get('half')?.value;
  const latent = facts.map.get('latent_channels')?.value;
  return {
    kind: 'vae',
    id: 'autoencoder-kl',
    title: `AutoencoderKL, ${latent ?? '?'} latent channels${half === undefined ? '' : `, ${half}`}`,
    facts: facts.map,
    problems,
    model,
  };
}
