import { FactList, type Recognise, type Recognised } from '../kind.ts';
import type { Piece } from '../piece.ts';

/** ControlNets and T2I adapters: nets that steer a U-Net and are none. */
export const recogniseControl: Recognise = (piece) => controlNet(piece) ?? adapter(piece);

/** Sources: lllyasviel/ControlNet `cldm.py`; diffusers `controlnet.py`; kohya ControlNet-LLLite. */
function controlNet(piece: Piece): Recognised | undefined {
  const ldm = piece.under('zero_convs', 'input_hint_block', 'middle_block_out');
  const diffusers = piece.under(
    'controlnet_down_blocks',
    'controlnet_cond_embedding',
    'controlnet_mid_block',
  );
  const lite = piece.count('lllite_');
  if (lite >= 3) return { kind: 'controlnet', id: 'lllite', title: 'ControlNet-LLLite' };
  if (ldm < 3 && diffusers < 3) return undefined;
  const width = crossAttentionDim(piece);
  const list = new FactList()
    .add('cross_attention_dim', width?.value, width?.from ?? '')
    .add('names', ldm >= diffusers ? 'ldm' : 'diffusers', 'names');
  const stem = ldm >= diffusers ? 'input_blocks.0.0.weight' : 'conv_in.weight';
  list.add('in_channels', piece.dim(stem, 1), `${piece.prefix}${stem}`);
  const family = familyOf(piece, width?.value);
  return {
    kind: 'controlnet',
    id: family === undefined ? 'custom' : `${family.id}-controlnet`,
    title: family === undefined ? 'ControlNet' : `ControlNet for ${family.title}`,
    facts: list.map,
  };
}

function crossAttentionDim(piece: Piece): { readonly value: number; readonly from: string } | undefined {
  for (const { name, tensor } of piece.tensors) {
    if (!name.endsWith('attn2.to_k.weight') || tensor.shape.length !== 2) continue;
    return { value: tensor.shape[1] as number, from: tensor.name };
  }
  return undefined;
}

function familyOf(
  piece: Piece,
  width: number | undefined,
): { readonly id: string; readonly title: string } | undefined {
  if (piece.count('transformer_blocks.') > 0 && piece.has('x_embedder.weight'))
    return { id: 'flux', title: 'FLUX' };
  if (width === 768) return { id: 'sd1', title: 'Stable Diffusion 1' };
  if (width === 1024) return { id: 'sd2', title: 'Stable Diffusion 2' };
  if (width === 2048 || piece.under('label_emb', 'add_embedding') > 0) return { id: 'sdxl', title: 'SDXL' };
  return undefined;
}

/** Source: TencentARC/T2I-Adapter `adapter.py`; diffusers `adapter.py` puts `adapter.` before the same names. */
function adapter(piece: Piece): Recognised | undefined {
  const root = piece.under('adapter') >= 3 ? 'adapter.' : '';
  if (!piece.has(`${root}body.0.block1.weight`) && !piece.has(`${root}body.0.resnets.0.block1.weight`))
    return undefined;
  const stem = `${root}conv_in.weight`;
  const list = new FactList().add('in_channels', piece.dim(stem, 1), `${piece.prefix}${stem}`);
  return { kind: 't2i_adapter', id: 't2i-adapter', title: 'T2I adapter', facts: list.map };
}
