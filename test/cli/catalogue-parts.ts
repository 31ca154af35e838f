import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { apiFlow, patchedApiFlow } from '../build/flows.ts';
import { SD1_SCHEDULER } from '../build/parts.ts';
import type { TensorSpec } from '../build/safetensors.ts';
import { listed, writeModel } from './models.ts';

/** A model as files, and what it is held against. */
export interface Made {
  /** Tensors of a single file; absent for a folder. */
  readonly tensors?: readonly TensorSpec[];
  readonly metadata?: Readonly<Record<string, string>>;
  /** A diffusers folder: weights and configs by component. */
  readonly parts?: Readonly<Record<string, Part>>;
  /** Texts by the name of the file that lies beside. */
  readonly beside?: Readonly<Record<string, string>>;
  /** Contents by the name of the file; objects are written as JSON. */
  readonly against?: Readonly<Record<string, string | object>>;
  /** Further options of the command. */
  readonly options?: readonly string[];
}

interface Part {
  readonly tensors?: readonly TensorSpec[];
  readonly config: object;
}

/** A row of the catalogue as it is met: files that garble, the same without the fault, the rule that tells them apart. */
export interface Example {
  readonly row: number;
  readonly rule: string;
  readonly fails: Made;
  readonly passes: Made;
}

/** Writes the files into a folder and gives the command line that checks them. */
export function writeMade(folder: string, made: Made): readonly string[] {
  const { tensors, metadata, parts = {}, against = {}, beside = {}, options = [] } = made;
  mkdirSync(folder, { recursive: true });
  const model = tensors === undefined ? 'model' : 'model.safetensors';
  if (tensors !== undefined) {
    writeModel(join(folder, model), tensors, metadata === undefined ? {} : { metadata });
  }
  for (const [name, { tensors: weights, config }] of Object.entries(parts)) {
    const file = name === 'scheduler' ? 'scheduler_config.json' : 'config.json';
    const path =
      name === 'model_index' ? join(folder, model, 'model_index.json') : join(folder, model, name, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(config));
    const stem = name.startsWith('text_encoder') ? 'model' : 'diffusion_pytorch_model';
    if (weights !== undefined) writeModel(join(dirname(path), `${stem}.safetensors`), weights);
  }
  for (const [name, content] of Object.entries({ ...against, ...beside })) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return ['validate', model, ...Object.keys(against).flatMap((name) => ['--against', name]), ...options];
}

export const NET = 'model.diffusion_model.';
export const sd1 = (net = 'sd1-ldm'): TensorSpec[] => [
  ...listed(net, NET),
  ...listed('vae-sd1-ldm', 'first_stage_model.'),
  ...listed('clip-l-text', 'cond_stage_model.transformer.'),
];
export const sd2 = (net = 'sd2-ldm'): TensorSpec[] => [
  ...listed(net, NET),
  ...listed('vae-sd1-ldm', 'first_stage_model.'),
  ...listed('openclip-h-text', 'cond_stage_model.model.'),
];
export const sdxl = (): TensorSpec[] => [
  ...listed('sdxl-ldm', NET),
  ...listed('vae-sdxl-ldm', 'first_stage_model.'),
  ...listed('clip-l-text', 'conditioner.embedders.0.transformer.'),
  ...listed('openclip-g-text', 'conditioner.embedders.1.model.'),
];
export const marker = (name: string, shape: readonly number[] = [0]): TensorSpec => ({
  name,
  dtype: 'F32',
  shape,
});
export const without = (tensors: readonly TensorSpec[], text: string): TensorSpec[] =>
  tensors.filter(({ name }) => !name.includes(text));
export const changed = (
  tensors: readonly TensorSpec[],
  end: string,
  change: Partial<TensorSpec>,
): TensorSpec[] => tensors.map((tensor) => (tensor.name.endsWith(end) ? { ...tensor, ...change } : tensor));
export const bf16 = (tensors: readonly TensorSpec[]): TensorSpec[] =>
  tensors.map((tensor) => ({ ...tensor, dtype: 'BF16' }));

const UNET_CONFIG = { _class_name: 'UNet2DConditionModel' };

/** A folder with a U-Net of that listing; the changed keys of its configs, undefined leaves one out. */
export function folder(
  net: string,
  scheduler: object = {},
  unet: object = {},
  more: Readonly<Record<string, Part>> = {},
): Made {
  return {
    parts: {
      unet: { tensors: listed(net), config: { ...UNET_CONFIG, ...unet } },
      scheduler: { config: { ...SD1_SCHEDULER, ...scheduler } },
      ...more,
    },
  };
}

export const SD1_HEADS = { attention_head_dim: 8 };
export const XL_HEADS = { attention_head_dim: [5, 10, 20] };

/** A folder of SDXL whose weights are marked as v-prediction. */
export function markedFolder(scheduler: object): Made {
  const unet = {
    tensors: [...listed('sdxl-diffusers'), marker('v_pred')],
    config: { ...UNET_CONFIG, ...XL_HEADS },
  };
  return { parts: { unet, scheduler: { config: { ...SD1_SCHEDULER, ...scheduler } } } };
}

export const vae = (scaling_factor: number | undefined, force_upcast = true): Part => ({
  tensors: listed('vae-sdxl-diffusers'),
  config: { _class_name: 'AutoencoderKL', latent_channels: 4, scaling_factor, force_upcast },
});
export const yaml = (parameterization: string): string =>
  `model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n  params:\n    parameterization: "${parameterization}"\n    linear_start: 0.00085\n    linear_end: 0.012\n    scale_factor: 0.18215\n`;
export const infotext = (more: string, steps = 20, cfg = 7): string =>
  `a cat, <lora:style:0.8>\nNegative prompt: dog\nSteps: ${steps}, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: ${cfg}, Seed: 1, ${more}`;
export const withMarkers: TensorSpec[] = [...sdxl(), marker('v_pred'), marker('ztsnr')];
export const plainFlow = { 'flow.json': apiFlow() };
export const index = (name: string): Part => ({
  config: { _class_name: name, unet: ['diffusers', 'UNet2DConditionModel'] },
});

export function lcm(cfg: number): string {
  return infotext('Size: 512x512, Model: m', 6, cfg).replace('style:0.8', 'lcm-lora-sdv1-5:1');
}

/** The averaged weights of Stable Diffusion 1, as LitEma names them. */
export function averaged(): TensorSpec[] {
  return listed('sd1-ldm').map(({ name, shape }) => ({
    name: `model_ema.diffusion_model${name.replaceAll('.', '')}`,
    dtype: 'F16',
    shape,
  }));
}

export function scheduledFlow(scheduler: string): object {
  const flow = patchedApiFlow();
  return { ...flow, '3': { ...flow['3'], inputs: { ...flow['3']?.inputs, scheduler } } };
}

export function encoder(config: object): Made {
  return {
    parts: {
      ...folder('sdxl-diffusers', {}, XL_HEADS).parts,
      text_encoder_2: {
        tensors: listed('clip-g-text-hf'),
        config: {
          architectures: ['CLIPTextModelWithProjection'],
          hidden_size: 1280,
          num_hidden_layers: 32,
          ...config,
        },
      },
    },
  };
}
