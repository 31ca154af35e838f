import type { Asked } from './walk.ts';

/** A model that ComfyUI and Forge know, and the families of ours that it stands for. */
export interface KnownModel {
  readonly id: string;
  readonly asks: Asked;
  readonly families: readonly string[];
  readonly kind: 'sd1' | 'sd2' | 'sdxl' | 'refiner' | 'x4' | 'svd' | 'zero123';
}

const SD1 = {
  context_dim: 768,
  model_channels: 320,
  linear: false,
  adm_in_channels: 'none',
  temporal: false,
} as const;
const SD2 = { context_dim: 1024, model_channels: 320, linear: true, temporal: false } as const;
const XL = {
  context_dim: 2048,
  model_channels: 320,
  linear: true,
  adm_in_channels: 2816,
  temporal: false,
} as const;
const SVD = {
  context_dim: 1024,
  model_channels: 320,
  in_channels: 8,
  linear: true,
  transformer_depth: [1, 1, 1, 1, 1, 1, 0, 0],
  temporal: true,
} as const;

/**
 * U-Nets in the order in which they are tried; what a later one asks beside an earlier one's never comes to be asked.
 * Source: ComfyUI comfy/supported_models.py, `models`. `LotusD` is ComfyUI's alone.
 */
export const MODELS: readonly KnownModel[] = [
  {
    id: 'LotusD',
    asks: { model_channels: 320, in_channels: 4, adm_in_channels: 4, linear: true, temporal: false },
    families: ['lotus-d'],
    kind: 'sd2',
  },
  {
    id: 'Stable_Zero123',
    asks: { ...SD1, in_channels: 8, keys: ['cc_projection.weight', 'cc_projection.bias'] },
    families: ['zero123'],
    kind: 'zero123',
  },
  {
    id: 'SD15_instructpix2pix',
    asks: { ...SD1, in_channels: 8 },
    families: ['sd1-instruct-pix2pix'],
    kind: 'sd1',
  },
  {
    id: 'SD15',
    asks: SD1,
    families: ['sd1', 'sd1-inpainting', 'bk-sdm-base', 'bk-sdm-small', 'bk-sdm-tiny', 'sdxs-512'],
    kind: 'sd1',
  },
  {
    id: 'SD20',
    asks: { ...SD2, adm_in_channels: 'none' },
    families: [
      'sd2',
      'sd2-v',
      'sd2-inpainting',
      'sd2-depth',
      'bk-sdm-v2-base',
      'bk-sdm-v2-small',
      'bk-sdm-v2-tiny',
      'sdxs-0.9',
    ],
    kind: 'sd2',
  },
  { id: 'SD21UnclipL', asks: { ...SD2, adm_in_channels: 1536 }, families: ['sd2-unclip-l'], kind: 'sd2' },
  { id: 'SD21UnclipH', asks: { ...SD2, adm_in_channels: 2048 }, families: ['sd2-unclip-h'], kind: 'sd2' },
  {
    id: 'SDXL_instructpix2pix',
    asks: { ...XL, transformer_depth: [0, 0, 2, 2, 10, 10], in_channels: 8 },
    families: ['sdxl-instruct-pix2pix'],
    kind: 'sdxl',
  },
  {
    id: 'SDXLRefiner',
    asks: {
      model_channels: 384,
      linear: true,
      context_dim: 1280,
      adm_in_channels: 2560,
      transformer_depth: [0, 0, 4, 4, 4, 4, 0, 0],
      temporal: false,
    },
    families: ['sdxl-refiner'],
    kind: 'refiner',
  },
  {
    id: 'SDXL',
    asks: { ...XL, transformer_depth: [0, 0, 2, 2, 10, 10] },
    families: ['sdxl', 'sdxl-inpainting', 'playground-2.5'],
    kind: 'sdxl',
  },
  { id: 'SSD1B', asks: { ...XL, transformer_depth: [0, 0, 2, 2, 4, 4] }, families: ['ssd-1b'], kind: 'sdxl' },
  { id: 'KOALA_700M', asks: { ...XL, transformer_depth: [0, 2, 5] }, families: ['koala-700m'], kind: 'sdxl' },
  { id: 'KOALA_1B', asks: { ...XL, transformer_depth: [0, 2, 6] }, families: ['koala-1b'], kind: 'sdxl' },
  {
    id: 'Segmind_Vega',
    asks: { ...XL, transformer_depth: [0, 0, 1, 1, 2, 2] },
    families: ['segmind-vega'],
    kind: 'sdxl',
  },
  {
    id: 'SD_X4Upscaler',
    asks: { ...SD2, model_channels: 256, in_channels: 7, adm_in_channels: 'none' },
    families: ['sd-x4-upscaler'],
    kind: 'x4',
  },
  { id: 'SV3D_u', asks: { ...SVD, adm_in_channels: 256 }, families: ['sv3d-u'], kind: 'svd' },
  { id: 'SV3D_p', asks: { ...SVD, adm_in_channels: 1280 }, families: ['sv3d-p'], kind: 'svd' },
  { id: 'SVD_img2vid', asks: { ...SVD, adm_in_channels: 768 }, families: ['svd'], kind: 'svd' },
];
