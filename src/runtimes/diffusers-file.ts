import { diffusersType } from './diffusers-type.ts';
import { assumed, REFINER, SD1, SD2, SDXL } from './presets.ts';
import type { Assumptions, AssumedValues, Runtime } from './runtime.ts';

/** A published model whose configs a single file is loaded with. */
interface Published {
  readonly repository: string;
  readonly families: readonly string[];
  readonly values: Partial<AssumedValues>;
}

/**
 * By the type that a file is taken for. The settings are those of the published configs: scheduler, autoencoder, text
 * encoders. Source: single_file_utils.py, `DIFFUSERS_DEFAULT_PIPELINE_PATHS`.
 */
const PUBLISHED: ReadonlyMap<string, Published> = new Map<string, Published>([
  [
    'v1',
    {
      repository: 'stable-diffusion-v1-5/stable-diffusion-v1-5',
      families: ['sd1'],
      values: { ...SD1, resolution: 512 },
    },
  ],
  [
    'inpainting',
    {
      repository: 'stable-diffusion-v1-5/stable-diffusion-inpainting',
      families: ['sd1-inpainting'],
      values: { ...SD1, resolution: 512 },
    },
  ],
  [
    'instruct-pix2pix',
    {
      repository: 'timbrooks/instruct-pix2pix',
      families: ['sd1-instruct-pix2pix'],
      values: { ...SD1, resolution: 512 },
    },
  ],
  [
    'v2',
    {
      repository: 'stabilityai/stable-diffusion-2-1',
      families: ['sd2', 'sd2-v'],
      values: { ...SD2, prediction_type: 'v_prediction', resolution: 768 },
    },
  ],
  [
    'inpainting_v2',
    {
      repository: 'stabilityai/stable-diffusion-2-inpainting',
      families: ['sd2-inpainting'],
      values: { ...SD2, prediction_type: 'epsilon', resolution: 512 },
    },
  ],
  [
    'xl_base',
    {
      repository: 'stabilityai/stable-diffusion-xl-base-1.0',
      families: ['sdxl'],
      values: { ...SDXL, resolution: 1024 },
    },
  ],
  [
    'xl_inpaint',
    {
      repository: 'diffusers/stable-diffusion-xl-1.0-inpainting-0.1',
      families: ['sdxl-inpainting'],
      values: { ...SDXL, resolution: 1024 },
    },
  ],
  [
    'xl_refiner',
    {
      repository: 'stabilityai/stable-diffusion-xl-refiner-1.0',
      families: ['sdxl-refiner'],
      values: { ...REFINER, resolution: 1024 },
    },
  ],
  [
    'playground-v2-5',
    {
      repository: 'playgroundai/playground-v2.5-1024px-aesthetic',
      families: ['playground-2.5'],
      values: {
        prediction_type: 'edm',
        vae_scale: 0.5,
        clip_skip: 2,
        text_encoder: SDXL.text_encoder,
        cross_attention_dim: 2048,
        attention_heads: { headDim: 64 },
        projection: 'linear',
        resolution: 1024,
      },
    },
  ],
  [
    'upscale',
    {
      repository: 'stabilityai/stable-diffusion-x4-upscaler',
      families: ['sd-x4-upscaler'],
      values: {
        prediction_type: 'v_prediction',
        schedule: 'x4-upscaler',
        zero_terminal_snr: false,
        vae_scale: 0.08333,
        clip_skip: 2,
        text_encoder: 'openclip-h',
        cross_attention_dim: 1024,
        attention_heads: { heads: 8 },
        projection: 'linear',
      },
    },
  ],
]);

/** Loads a file with the configs of the published model that it takes it for; markers and metadata are not read. */
export const diffusersFile: Runtime = {
  id: 'diffusers-file',
  title: 'diffusers (file)',
  version: '0.42.1',
  repository: 'huggingface/diffusers',
  checked: 'replayed',
  decide({ container, keys }) {
    if (container === 'folder') return undefined;
    const { type, evidence } = diffusersType(keys);
    const published = PUBLISHED.get(type);
    if (published === undefined) {
      return {
        kind: 'refused',
        reason: `taken for ${type}, which is no U-Net's pipeline`,
        evidence: [evidence],
      };
    }
    // its converter knows latent-diffusion's names behind this prefix alone
    if (!keys.begins('model.diffusion_model.') && !keys.has('conv_in.weight')) {
      return { kind: 'refused', reason: 'no U-Net where its converter looks for one', evidence: [evidence] };
    }
    return {
      kind: 'identified',
      as: type,
      evidence: [evidence, `then the configs of ${published.repository}`],
      families: published.families,
      ...(type === 'v1' ? { leftOver: true } : {}),
      assumes: assumptions(published),
    };
  },
};

function assumptions({ repository, values }: Published): Assumptions {
  const because = 'the published configs of the type it took it for';
  return assumed(values, because, `loaders/single_file_utils.py, fetch_diffusers_config; ${repository}`);
}
