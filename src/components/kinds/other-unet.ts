import type { Recognise } from '../kind.ts';
import type { Piece } from '../piece.ts';

/** A U-Net of a grammar that is not rebuilt here. */
interface Row {
  readonly id: string;
  readonly title: string;
  fits(piece: Piece): boolean;
}

/**
 * U-Nets of other grammars, by names that only they have.
 * Sources: diffusers `models/unets/*.py`; ComfyUI `model_detection.py` (Stable Cascade);
 * modelscope `unet_sd.py`, whose `temopral_conv` is spelt so in every file.
 */
const ROWS: readonly Row[] = [
  {
    id: 'stable-cascade-c',
    title: 'Stable Cascade stage C U-Net',
    fits: (piece) => piece.has('clf.1.weight') && piece.has('clip_txt_mapper.weight'),
  },
  {
    id: 'stable-cascade-b',
    title: 'Stable Cascade stage B U-Net',
    fits: (piece) =>
      piece.has('clf.1.weight') && (piece.has('clip_mapper.weight') || piece.has('effnet_mapper.0.weight')),
  },
  {
    id: 'i2vgen-xl',
    title: 'I2VGen-XL U-Net',
    fits: (piece) => piece.has('image_latents_proj_in.0.weight'),
  },
  {
    id: 'unet3d',
    title: 'text-to-video U-Net (UNet3DConditionModel)',
    fits: (piece) => piece.under('transformer_in') > 0 && piece.count('.temp_convs.') >= 3,
  },
  {
    id: 'modelscope',
    title: 'ModelScope text-to-video U-Net',
    fits: (piece) => piece.count('.temopral_conv.') >= 3,
  },
  {
    id: 'unet-motion',
    title: 'U-Net with AnimateDiff motion modules (UNetMotionModel)',
    fits: (piece) => piece.count('.motion_modules.') >= 3 && piece.count('.resnets.') >= 3,
  },
  { id: 'kandinsky-3', title: 'Kandinsky 3 U-Net', fits: (piece) => piece.count('.resnets_in.') >= 3 },
  {
    id: 'uvit2d',
    title: 'U-ViT (UVit2DModel)',
    fits: (piece) => piece.under('down_block') >= 3 && piece.under('transformer_layers') >= 3,
  },
  {
    id: 'unet1d',
    title: '1-D U-Net (UNet1DModel)',
    fits: (piece) =>
      piece.has('time_mlp.linear_1.weight') || piece.has('down_blocks.0.resnets.0.conv_1.weight'),
  },
];

export const recogniseOtherUnet: Recognise = (piece) => {
  if (piece.tensors.length < 3) return undefined;
  const row = ROWS.find(({ fits }) => fits(piece));
  return row === undefined ? undefined : { kind: 'other_unet', id: row.id, title: row.title };
};
