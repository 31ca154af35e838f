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
  const { tensors, metadata, parts = {}, against = {}, options = [] } = made;
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
  for (const [name, content] of Object.entries(against)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return ['validate', model, ...Object.keys(against).flatMap((name) => ['--against', name]), ...options];
}

const NET = 'model.diffusion_model.';
const sd1 = (net = 'sd1-ldm'): TensorSpec[] => [
  ...listed(net, NET),
  ...listed('vae-sd1-ldm', 'first_stage_model.'),
  ...listed('clip-l-text', 'cond_stage_model.transformer.'),
];
const sd2 = (net = 'sd2-ldm'): TensorSpec[] => [
  ...listed(net, NET),
  ...listed('vae-sd1-ldm', 'first_stage_model.'),
  ...listed('openclip-h-text', 'cond_stage_model.model.'),
];
const sdxl = (): TensorSpec[] => [
  ...listed('sdxl-ldm', NET),
  ...listed('vae-sdxl-ldm', 'first_stage_model.'),
  ...listed('clip-l-text', 'conditioner.embedders.0.transformer.'),
  ...listed('openclip-g-text', 'conditioner.embedders.1.model.'),
];
const marker = (name: string, shape: readonly number[] = [0]): TensorSpec => ({ name, dtype: 'F32', shape });
const without = (tensors: readonly TensorSpec[], text: string): TensorSpec[] =>
  tensors.filter(({ name }) => !name.includes(text));
const changed = (tensors: readonly TensorSpec[], end: string, change: Partial<TensorSpec>): TensorSpec[] =>
  tensors.map((tensor) => (tensor.name.endsWith(end) ? { ...tensor, ...change } : tensor));
const bf16 = (tensors: readonly TensorSpec[]): TensorSpec[] =>
  tensors.map((tensor) => ({ ...tensor, dtype: 'BF16' }));

const UNET_CONFIG = { _class_name: 'UNet2DConditionModel' };

/** A folder with a U-Net of that listing; the changed keys of its configs, undefined leaves one out. */
function folder(
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

const SD1_HEADS = { attention_head_dim: 8 };
const XL_HEADS = { attention_head_dim: [5, 10, 20] };
const vae = (scaling_factor: number | undefined, force_upcast = true): Part => ({
  tensors: listed('vae-sdxl-diffusers'),
  config: { _class_name: 'AutoencoderKL', latent_channels: 4, scaling_factor, force_upcast },
});
const yaml = (parameterization: string): string =>
  `model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n  params:\n    parameterization: "${parameterization}"\n    linear_start: 0.00085\n    linear_end: 0.012\n    scale_factor: 0.18215\n`;
const infotext = (more: string, steps = 20, cfg = 7): string =>
  `a cat, <lora:style:0.8>\nNegative prompt: dog\nSteps: ${steps}, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: ${cfg}, Seed: 1, ${more}`;
const withMarkers: TensorSpec[] = [...sdxl(), marker('v_pred'), marker('ztsnr')];
const plainFlow = { 'flow.json': apiFlow() };
const index = (name: string): Part => ({
  config: { _class_name: name, unet: ['diffusers', 'UNet2DConditionModel'] },
});

/** One failing and one passing example for each row that header, config or setup can tell. */
export const CATALOGUE: readonly Example[] = [
  {
    row: 1,
    rule: 'SCHED001',
    fails: { tensors: withMarkers, against: { 'setup.yaml': 'prediction_type: epsilon\n' } },
    passes: { tensors: withMarkers, against: { 'setup.yaml': 'prediction_type: v_prediction\n' } },
  },
  {
    row: 2,
    rule: 'COMP016',
    fails: {
      ...folder('sdxl-diffusers', {}, XL_HEADS),
      parts: {
        unet: {
          tensors: [...listed('sdxl-diffusers'), marker('v_pred')],
          config: { ...UNET_CONFIG, ...XL_HEADS },
        },
        scheduler: { config: SD1_SCHEDULER },
      },
    },
    passes: {
      parts: {
        unet: {
          tensors: [...listed('sdxl-diffusers'), marker('v_pred')],
          config: { ...UNET_CONFIG, ...XL_HEADS },
        },
        scheduler: { config: { ...SD1_SCHEDULER, prediction_type: 'v_prediction' } },
      },
    },
  },
  {
    row: 3,
    rule: 'COMP031',
    fails: { tensors: sdxl(), metadata: { 'modelspec.prediction_type': 'v' } },
    passes: { tensors: [...sdxl(), marker('v_pred')], metadata: { 'modelspec.prediction_type': 'v' } },
  },
  {
    row: 5,
    rule: 'SCHED001',
    fails: {
      tensors: sd1(),
      metadata: { ss_v_parameterization: 'True' },
      against: { 'model.yaml': yaml('eps') },
    },
    passes: {
      tensors: sd1(),
      metadata: { ss_v_parameterization: 'True' },
      against: { 'model.yaml': yaml('v') },
    },
  },
  {
    row: 6,
    rule: 'SCHED001',
    fails: {
      tensors: sd2(),
      metadata: { 'modelspec.prediction_type': 'v' },
      against: { 'model.yaml': yaml('eps') },
    },
    passes: {
      tensors: sd2(),
      metadata: { 'modelspec.prediction_type': 'v' },
      against: { 'model.yaml': yaml('v') },
    },
  },
  {
    row: 7,
    rule: 'SCHED002',
    fails: { tensors: sd2() },
    passes: { tensors: sd2(), metadata: { 'modelspec.prediction_type': 'epsilon' } },
  },
  {
    row: 8,
    rule: 'SCHED003',
    fails: { tensors: withMarkers, against: { 'a.txt': infotext('Size: 1024x1024, Model: xl') } },
    passes: {
      tensors: withMarkers,
      against: { 'a.txt': infotext('Size: 1024x1024, Model: xl, Noise Schedule: Zero Terminal SNR') },
    },
  },
  {
    row: 9,
    rule: 'SCHED005',
    fails: {
      tensors: withMarkers,
      against: { 'flow.json': scheduledFlow('ddim_uniform') },
    },
    passes: { tensors: withMarkers, against: { 'flow.json': scheduledFlow('sgm_uniform') } },
  },
  {
    row: 10,
    rule: 'SCHED007',
    fails: folder('sd1-diffusers', { beta_schedule: 'linear' }, SD1_HEADS),
    passes: folder('sd1-diffusers', {}, SD1_HEADS),
  },
  {
    row: 11,
    rule: 'SCHED008',
    fails: {
      tensors: listed('animatediff-v3-diffusers'),
      against: { 'scheduler_config.json': SD1_SCHEDULER },
    },
    passes: {
      tensors: listed('animatediff-v3-diffusers'),
      against: { 'scheduler_config.json': { ...SD1_SCHEDULER, beta_schedule: 'linear' } },
    },
  },
  {
    row: 12,
    rule: 'SCHED009',
    fails: {
      tensors: [...sdxl(), marker('edm_mean', [4]), marker('edm_std', [4])],
      against: { 'scheduler_config.json': { ...SD1_SCHEDULER, _class_name: 'EulerDiscreteScheduler' } },
    },
    passes: {
      tensors: [...sdxl(), marker('edm_mean', [4]), marker('edm_std', [4])],
      against: { 'scheduler_config.json': { _class_name: 'EDMDPMSolverMultistepScheduler' } },
    },
  },
  {
    row: 13,
    rule: 'COMP033',
    fails: folder('sdxl-diffusers', {}, XL_HEADS, { vae: vae(0.18215) }),
    passes: folder('sdxl-diffusers', {}, XL_HEADS, { vae: vae(0.13025) }),
  },
  {
    row: 15,
    rule: 'COMP034',
    fails: folder('sdxl-diffusers', {}, XL_HEADS, { vae: vae(0.13025, false) }),
    passes: folder('sdxl-diffusers', {}, XL_HEADS, { vae: vae(0.13025, true) }),
  },
  {
    row: 16,
    rule: 'COMP035',
    fails: folder(
      'sd2-diffusers',
      { prediction_type: 'v_prediction' },
      { attention_head_dim: [5, 10, 20, 20] },
    ),
    passes: folder(
      'sd2-diffusers',
      { prediction_type: 'v_prediction' },
      { attention_head_dim: [5, 10, 20, 20], upcast_attention: true },
    ),
  },
  {
    row: 18,
    rule: 'COMP019',
    fails: { tensors: [...sd1(), marker(`${NET}input_blocks.1.0.in_layers.2.scale_weight`, [1])] },
    passes: { tensors: sd1() },
  },
  {
    row: 21,
    rule: 'COMP015',
    fails: {
      tensors: [
        ...sd1(),
        {
          name: 'cond_stage_model.transformer.text_model.embeddings.position_ids',
          dtype: 'F16',
          shape: [1, 77],
        },
      ],
    },
    passes: { tensors: sd1() },
  },
  {
    row: 23,
    rule: 'COMP006',
    fails: folder('sd1-inpainting-diffusers', {}, SD1_HEADS, {
      model_index: index('StableDiffusionPipeline'),
    }),
    passes: folder('sd1-diffusers', {}, SD1_HEADS, { model_index: index('StableDiffusionPipeline') }),
  },
  {
    row: 26,
    rule: 'COMP010',
    fails: { tensors: without(sd1(), 'cond_stage_model') },
    passes: { tensors: sd1() },
  },
  {
    row: 28,
    rule: 'COMP022',
    fails: { tensors: [...sd1(), ...without(averaged(), 'output_blocks110')] },
    passes: { tensors: [...sd1(), ...averaged()] },
  },
  {
    row: 29,
    rule: 'COMP008',
    fails: folder('sdxl-diffusers', {}, { attention_head_dim: 64 }),
    passes: folder('sdxl-diffusers', {}, XL_HEADS),
  },
  {
    row: 30,
    rule: 'COMP040',
    fails: folder('sd1-diffusers', {}, { ...SD1_HEADS, norm_eps: 1e-6 }),
    passes: folder('sd1-diffusers', {}, { ...SD1_HEADS, norm_eps: 1e-5 }),
  },
  {
    row: 31,
    rule: 'COMP039',
    fails: folder('sd1-diffusers', {}, { ...SD1_HEADS, flip_sin_to_cos: false }),
    passes: folder('sd1-diffusers', {}, { ...SD1_HEADS, flip_sin_to_cos: true }),
  },
  {
    row: 32,
    rule: 'COMP036',
    fails: {
      tensors: sd1(),
      metadata: { ss_clip_skip: '2' },
      against: { 'a.txt': infotext('Size: 512x512, Model: m') },
    },
    passes: {
      tensors: sd1(),
      metadata: { ss_clip_skip: '2' },
      against: { 'a.txt': infotext('Size: 512x512, Model: m, Clip skip: 2') },
    },
  },
  {
    row: 33,
    rule: 'COMP038',
    fails: encoder({}),
    passes: encoder({ hidden_act: 'gelu' }),
  },
  {
    row: 37,
    rule: 'COMP024',
    fails: { tensors: without(listed('lora-sd1-kohya'), '.alpha') },
    passes: { tensors: listed('lora-sd1-kohya') },
  },
  {
    row: 38,
    rule: 'TOPO001',
    fails: { tensors: without(sd2(), 'output_blocks.5.0.in_layers.2.bias') },
    passes: { tensors: sd2() },
  },
  {
    row: 39,
    rule: 'TOPO001',
    fails: { tensors: without(sd1(), 'output_blocks.5.2.conv.weight') },
    passes: { tensors: sd1() },
  },
  {
    row: 40,
    rule: 'TOPO003',
    fails: { tensors: changed(sd1(), 'input_blocks.0.0.weight', { shape: [45, 256] }) },
    passes: { tensors: sd1() },
  },
  {
    row: 41,
    rule: 'TOPO002',
    fails: { tensors: without(sd1(), 'output_blocks.4.') },
    passes: { tensors: sd1() },
  },
  {
    row: 42,
    rule: 'COMP027',
    fails: { tensors: sd2('sd2-depth-ldm') },
    passes: { tensors: [...sd2('sd2-depth-ldm'), ...listed('midas-dpt-hybrid-ldm', 'depth_model.')] },
  },
  {
    row: 43,
    rule: 'COMP023',
    fails: { tensors: listed('controlnet-sd1-ldm') },
    passes: { tensors: sd1() },
  },
  {
    row: 44,
    rule: 'SCHED010',
    fails: folder('sd1-diffusers', { steps_offset: undefined }, SD1_HEADS),
    passes: folder('sd1-diffusers', {}, SD1_HEADS),
  },
  {
    row: 44,
    rule: 'SCHED011',
    fails: folder('sd1-diffusers', { set_alpha_to_one: undefined }, SD1_HEADS),
    passes: folder('sd1-diffusers', {}, SD1_HEADS),
  },
  {
    row: 44,
    rule: 'SCHED012',
    fails: folder('sd1-diffusers', { clip_sample: undefined }, SD1_HEADS),
    passes: folder('sd1-diffusers', {}, SD1_HEADS),
  },
  {
    row: 45,
    rule: 'RES003',
    fails: { tensors: bf16(sdxl()), against: plainFlow },
    passes: { tensors: bf16(sdxl()), options: ['--resolution', '1152x896'] },
  },
  {
    row: 46,
    rule: 'COMP007',
    fails: folder('sd1-diffusers', {}, { ...SD1_HEADS, in_channels: 9 }),
    passes: folder('sd1-diffusers', {}, { ...SD1_HEADS, in_channels: 4 }),
  },
  {
    row: 47,
    rule: 'SCHED014',
    fails: { tensors: sd1(), against: { 'a.txt': lcm(7) } },
    passes: { tensors: sd1(), against: { 'a.txt': lcm(1.5) } },
  },
];

function lcm(cfg: number): string {
  return infotext('Size: 512x512, Model: m', 6, cfg).replace('style:0.8', 'lcm-lora-sdv1-5:1');
}

/** The averaged weights of Stable Diffusion 1, as LitEma names them. */
function averaged(): TensorSpec[] {
  return listed('sd1-ldm').map(({ name, shape }) => ({
    name: `model_ema.diffusion_model${name.replaceAll('.', '')}`,
    dtype: 'F16',
    shape,
  }));
}

function scheduledFlow(scheduler: string): object {
  const flow = patchedApiFlow();
  return { ...flow, '3': { ...flow['3'], inputs: { ...flow['3']?.inputs, scheduler } } };
}

function encoder(config: object): Made {
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
