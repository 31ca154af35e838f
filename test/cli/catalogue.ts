import { SD1_SCHEDULER } from '../build/parts.ts';
import { listed } from './models.ts';
import { MORE_EXAMPLES } from './catalogue-more.ts';
import {
  type Example,
  averaged,
  bf16,
  changed,
  encoder,
  folder,
  index,
  infotext,
  lcm,
  marker,
  markedFolder,
  NET,
  plainFlow,
  scheduledFlow,
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

/** For each row that header, config or setup can tell the rule that tells it first. */
const FIRST: readonly Example[] = [
  {
    row: 1,
    rule: 'SCHED001',
    fails: { tensors: withMarkers, against: { 'setup.yaml': 'prediction_type: epsilon\n' } },
    passes: { tensors: withMarkers, against: { 'setup.yaml': 'prediction_type: v_prediction\n' } },
  },
  {
    row: 2,
    rule: 'COMP016',
    fails: markedFolder({}),
    passes: markedFolder({ prediction_type: 'v_prediction' }),
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

/** A failing and a passing example for each row that header, config or setup can tell, and each of its rules. */
export const CATALOGUE: readonly Example[] = [...FIRST, ...MORE_EXAMPLES];
