import type { KeyFacts } from '../components/key-facts.ts';

const UNET = 'model.diffusion_model.';
const ENTRY = `${UNET}input_blocks.0.0.weight`;
const TEXT = `${UNET}input_blocks.2.1.transformer_blocks.0.attn2.to_k.weight`;
const XL = 'conditioner.embedders.1.model.transformer.resblocks.9.mlp.c_proj.bias';
const REFINER = 'conditioner.embedders.0.model.transformer.resblocks.9.mlp.c_proj.bias';
const CONTROL = ['control_model.time_embed.0.weight', 'controlnet_cond_embedding.conv_in.weight'];

/** What diffusers takes a file for, and the tensor that decided it. */
export interface DiffusersType {
  readonly type: string;
  readonly evidence: string;
}

/**
 * The kind of a single file in diffusers' word, as far as it is a U-Net's; what no rule knows is `v1`. The transformers
 * that its list goes on with are told by names that no U-Net has.
 * Source: diffusers 0.42.1, loaders/single_file_utils.py, `infer_diffusers_model_type`, in its order.
 */
export function diffusersType(keys: KeyFacts): DiffusersType {
  const entry = keys.side(ENTRY, 1);
  const v2 = keys.side(TEXT, -1) === 1024;
  if (entry === 9) {
    const evidence = `${ENTRY} has 9 channels in`;
    if (v2) return { type: 'inpainting_v2', evidence: `${evidence}; ${TEXT} reads 1024` };
    if (keys.has(XL)) return { type: 'xl_inpaint', evidence: `${evidence}; ${XL}` };
    return { type: 'inpainting', evidence };
  }
  if (v2) return { type: 'v2', evidence: `${TEXT} reads 1024` };
  if (keys.has('edm_mean')) return { type: 'playground-v2-5', evidence: 'the marker tensor edm_mean' };
  if (keys.has(XL)) return { type: 'xl_base', evidence: XL };
  if (keys.has(REFINER)) return { type: 'xl_refiner', evidence: REFINER };
  const upscale = `${UNET}input_blocks.10.0.skip_connection.bias`;
  if (keys.has(upscale)) return { type: 'upscale', evidence: upscale };
  const control = CONTROL.find((name) => keys.has(name));
  if (control !== undefined) return { type: controlType(keys), evidence: control };
  const motion =
    'down_blocks.0.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.0.pos_encoder.pe';
  if (keys.has(motion)) return { type: 'animatediff', evidence: motion };
  if (entry === 8) return { type: 'instruct-pix2pix', evidence: `${ENTRY} has 8 channels in` };
  return { type: 'v1', evidence: 'nothing that it asks for: what is left is v1' };
}

function controlType(keys: KeyFacts): string {
  if (!keys.has('add_embedding.linear_1.weight')) return 'controlnet';
  if (keys.has('down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_k.weight'))
    return 'controlnet_xl_large';
  return keys.has('down_blocks.1.attentions.0.norm.weight') ? 'controlnet_xl_mid' : 'controlnet_xl_small';
}
