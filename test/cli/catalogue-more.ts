import { listed } from './models.ts';
import {
  averaged,
  bf16,
  changed,
  type Example,
  folder,
  index,
  infotext,
  type Made,
  marker,
  markedFolder,
  NET,
  sd1,
  SD1_HEADS,
  sd2,
  sdxl,
  vae,
  withMarkers,
  without,
  XL_HEADS,
  yaml,
} from './catalogue-parts.ts';

const vMetadata = { 'modelspec.prediction_type': 'v' };
const sound: Made = { tensors: sd1() };
const soundXl: Made = { tensors: sdxl() };
const soundFolder = folder('sd1-diffusers', {}, SD1_HEADS);
const heldTo = (tensors: Made['tensors'] & {}, setup: string): Made => ({
  tensors,
  against: { 'setup.yaml': setup },
});
/** A folder of Stable Diffusion 1 with its autoencoder. */
const sd1Folder = (scaling_factor: number): Made =>
  folder('sd1-diffusers', {}, SD1_HEADS, {
    model_index: {
      config: { ...index('StableDiffusionPipeline').config, vae: ['diffusers', 'AutoencoderKL'] },
    },
    vae: {
      tensors: listed('vae-sd1-diffusers'),
      config: {
        _class_name: 'AutoencoderKL',
        latent_channels: 4,
        block_out_channels: [128, 256, 512, 512],
        scaling_factor,
      },
    },
  });

/** What further rules tell of the same rows. */
export const MORE_EXAMPLES: readonly Example[] = [
  {
    row: 1,
    rule: 'COMP016',
    fails: markedFolder({ prediction_type: 'epsilon' }),
    passes: markedFolder({ prediction_type: 'v_prediction' }),
  },
  {
    row: 1,
    rule: 'READ002',
    fails: { tensors: [...sdxl(), marker('v_pred')] },
    passes: { tensors: sdxl(), metadata: { 'modelspec.prediction_type': 'epsilon' } },
  },
  {
    row: 3,
    rule: 'SCHED001',
    fails: { ...heldTo(sdxl(), 'prediction_type: epsilon\n'), metadata: vMetadata },
    passes: { ...heldTo(sdxl(), 'prediction_type: v_prediction\n'), metadata: vMetadata },
  },
  { row: 5, rule: 'COMP017', fails: { tensors: [...sd1(), marker('v_pred')] }, passes: sound },
  {
    row: 5,
    rule: 'COMP031',
    fails: { tensors: sd1(), metadata: vMetadata },
    passes: { tensors: sd1(), metadata: { 'modelspec.prediction_type': 'epsilon' } },
  },
  {
    row: 5,
    rule: 'SCHED021',
    fails: { tensors: sd1(), beside: { 'model.yaml': yaml('v') } },
    passes: sound,
  },
  {
    row: 6,
    rule: 'SCHED002',
    fails: { tensors: sd2() },
    passes: { tensors: sd2(), metadata: vMetadata },
  },
  {
    row: 6,
    rule: 'READ002',
    fails: { tensors: sd2(), metadata: vMetadata },
    passes: sound,
  },
  {
    row: 6,
    rule: 'SCHED022',
    fails: { tensors: sd2(), beside: { 'model.yaml': 'model: [cut' } },
    passes: { tensors: sd2(), beside: { 'model.yaml': yaml('v') } },
  },
  {
    row: 7,
    rule: 'READ002',
    fails: { tensors: sd2(), metadata: { 'modelspec.prediction_type': 'epsilon' } },
    passes: { tensors: sd2() },
  },
  {
    row: 8,
    rule: 'COMP017',
    fails: { tensors: [...sdxl(), marker('ztsnr')] },
    passes: { tensors: withMarkers },
  },
  {
    row: 8,
    rule: 'READ004',
    fails: { tensors: withMarkers },
    passes: { tensors: [...sdxl(), marker('v_pred')] },
  },
  {
    row: 9,
    rule: 'SCHED004',
    fails: heldTo(sdxl(), 'prediction_type: epsilon\nrescale_betas_zero_snr: true\n'),
    passes: heldTo(sdxl(), 'prediction_type: epsilon\n'),
  },
  {
    row: 10,
    rule: 'SCHED006',
    fails: folder('sd1-diffusers', { beta_end: 0.014 }, SD1_HEADS),
    passes: soundFolder,
  },
  {
    row: 10,
    rule: 'READ003',
    fails: folder('sd1-diffusers', { beta_schedule: 'linear' }, SD1_HEADS, {
      model_index: index('StableDiffusionPipeline'),
    }),
    passes: sd1Folder(0.18215),
  },
  {
    row: 12,
    rule: 'COMP033',
    fails: folder('sdxl-diffusers', {}, XL_HEADS, { vae: vae(0.5) }),
    passes: folder('sdxl-diffusers', {}, XL_HEADS, { vae: vae(0.13025) }),
  },
  {
    row: 12,
    rule: 'READ001',
    fails: { tensors: without([...sdxl(), marker('edm_mean', [4]), marker('edm_std', [4])], 'conditioner.') },
    passes: soundXl,
  },
  {
    row: 13,
    rule: 'COMP009',
    fails: folder('sdxl-diffusers', {}, XL_HEADS, { vae: vae(undefined) }),
    passes: folder('sdxl-diffusers', {}, XL_HEADS, { vae: vae(0.13025) }),
  },
  { row: 13, rule: 'READ005', fails: sd1Folder(0.13025), passes: sd1Folder(0.18215) },
  {
    row: 15,
    rule: 'COMP025',
    fails: soundXl,
    passes: {
      tensors: [
        ...listed('sdxl-ldm', NET),
        ...bf16(listed('vae-sdxl-ldm', 'first_stage_model.')),
        ...listed('clip-l-text', 'conditioner.embedders.0.transformer.'),
        ...listed('openclip-g-text', 'conditioner.embedders.1.model.'),
      ],
    },
  },
  {
    row: 23,
    rule: 'TOPO003',
    fails: { tensors: changed(sd1('sd1-inpainting-ldm'), 'input_blocks.0.0.weight', { shape: [320, 2880] }) },
    passes: { tensors: sd1('sd1-inpainting-ldm') },
  },
  { row: 28, rule: 'COMP021', fails: { tensors: [...sd1(), ...averaged()] }, passes: sound },
  {
    row: 29,
    rule: 'COMP009',
    fails: folder('sd2-diffusers', { prediction_type: 'v_prediction' }),
    passes: folder(
      'sd2-diffusers',
      { prediction_type: 'v_prediction' },
      { attention_head_dim: [5, 10, 20, 20], upcast_attention: true },
    ),
  },
  {
    row: 29,
    rule: 'READ007',
    fails: folder(
      'sd1-diffusers',
      {},
      { attention_head_dim: [5, 10, 20, 20] },
      {
        model_index: index('StableDiffusionPipeline'),
      },
    ),
    passes: sd1Folder(0.18215),
  },
  {
    row: 32,
    rule: 'COMP028',
    fails: { tensors: without(listed('openclip-h-text', 'cond_stage_model.model.'), 'resblocks.23.') },
    passes: { tensors: sd2() },
  },
  {
    row: 32,
    rule: 'READ006',
    fails: { tensors: sd1(), metadata: { ss_clip_skip: '2' } },
    passes: { tensors: sd2(), metadata: { ss_clip_skip: '2' } },
  },
  {
    row: 33,
    rule: 'COMP037',
    fails: heldTo(sdxl(), 'text_encoders:\n  - id: clip-l\n'),
    passes: heldTo(sdxl(), 'text_encoders:\n  - id: clip-l\n  - id: openclip-g\n'),
  },
  {
    row: 33,
    rule: 'COMP001',
    fails: {
      tensors: [...listed('sd2-ldm', NET), ...listed('clip-l-text', 'cond_stage_model.transformer.')],
    },
    passes: sound,
  },
  {
    row: 38,
    rule: 'TOPO003',
    fails: { tensors: changed(sd2(), 'input_blocks.4.1.proj_in.weight', { shape: [640, 640, 1, 1] }) },
    passes: { tensors: sd2() },
  },
  {
    row: 38,
    rule: 'TOPO006',
    fails: { tensors: renamed(sd2(), '4.1.proj_in.bias', '4.1.projin.bias') },
    passes: { tensors: sd2() },
  },
  {
    row: 39,
    rule: 'TOPO002',
    fails: { tensors: without(sd1(), 'output_blocks.5.2.') },
    passes: sound,
  },
  {
    row: 39,
    rule: 'TOPO006',
    fails: { tensors: renamed(sd1(), 'output_blocks.5.2.conv.weight', 'output_blocks.5.1.conv.weight') },
    passes: sound,
  },
  {
    row: 40,
    rule: 'TOPO008',
    fails: { tensors: changed(sd1(), 'time_embed.0.weight', { shape: [1280, 321] }) },
    passes: sound,
  },
  { row: 41, rule: 'COMP023', fails: { tensors: listed('controlnet-sd1-ldm') }, passes: sound },
  {
    row: 41,
    rule: 'READ001',
    fails: { tensors: without(sd1(), 'middle_block.') },
    passes: sound,
  },
  {
    row: 43,
    rule: 'COMP018',
    fails: { tensors: sd1(), metadata: { 'modelspec.architecture': 'stable-diffusion-xl-v1-base' } },
    passes: { tensors: sd1(), metadata: { 'modelspec.architecture': 'stable-diffusion-v1' } },
  },
  {
    row: 43,
    rule: 'COMP006',
    fails: folder('sd1-inpainting-diffusers', {}, SD1_HEADS, {
      model_index: index('StableDiffusionPipeline'),
    }),
    passes: folder('sd1-inpainting-diffusers', {}, SD1_HEADS, {
      model_index: index('StableDiffusionInpaintPipeline'),
    }),
  },
  { row: 43, rule: 'READ001', fails: { tensors: without(sdxl(), 'conditioner.') }, passes: soundXl },
  {
    row: 44,
    rule: 'SCHED013',
    fails: folder(
      'sd1-diffusers',
      { beta_start: undefined, beta_end: undefined, beta_schedule: undefined },
      SD1_HEADS,
    ),
    passes: soundFolder,
  },
  {
    row: 44,
    rule: 'SCHED016',
    fails: folder('sd1-diffusers', { timestep_spacing: 'linspace' }, SD1_HEADS),
    passes: soundFolder,
  },
  {
    row: 45,
    rule: 'RES001',
    fails: { tensors: sd1(), options: ['--resolution', '520x512'] },
    passes: { tensors: sd1(), options: ['--resolution', '576x512'] },
  },
  {
    row: 45,
    rule: 'RES002',
    fails: { tensors: sd1(), against: { 'a.txt': infotext('Size: 513x512, Model: m') } },
    passes: { tensors: sd1(), against: { 'a.txt': infotext('Size: 512x512, Model: m') } },
  },
  {
    row: 45,
    rule: 'RES004',
    fails: {
      tensors: sd1(),
      metadata: { 'modelspec.resolution': '1024x1024' },
      against: { 'a.txt': infotext('Size: 512x512, Model: m') },
    },
    passes: {
      tensors: sd1(),
      metadata: { 'modelspec.resolution': '1024x1024' },
      against: { 'a.txt': infotext('Size: 960x1024, Model: m') },
    },
  },
  {
    row: 47,
    rule: 'COMP026',
    fails: { tensors: listed('lcm-sd1-diffusers') },
    passes: { tensors: listed('sd1-diffusers') },
  },
  {
    row: 47,
    rule: 'SCHED015',
    fails: { tensors: sd1(), against: { 'a.txt': lcmSteps(30) } },
    passes: { tensors: sd1(), against: { 'a.txt': lcmSteps(4) } },
  },
];

function lcmSteps(steps: number): string {
  return infotext('Size: 512x512, Model: m', steps, 1.5).replace('style:0.8', 'lcm-lora-sdv1-5:1');
}

function renamed(tensors: Made['tensors'] & {}, end: string, name: string): Made['tensors'] & {} {
  return tensors.map((tensor) =>
    tensor.name.endsWith(end) ? { ...tensor, name: tensor.name.slice(0, -end.length) + name } : tensor,
  );
}
