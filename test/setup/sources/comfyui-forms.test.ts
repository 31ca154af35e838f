import { describe, expect, test } from 'vitest';
import {
  groupFlow,
  namedEditorFlow,
  oldEditorFlow,
  pipeFlow,
  promotedFlow,
  strangerEditorFlow,
} from '../../build/flow-forms.ts';
import { apiFlow, editorFlow } from '../../build/flows.ts';
import { refusal, setupOf, setupsOf, valuesOf } from './read.ts';

describe('how editors wrote values', () => {
  test('early in 2023, true or false after a seed; links that were taken away', async () => {
    const setup = await setupOf(oldEditorFlow());
    expect(valuesOf(setup)).toMatchObject({
      steps: 12,
      guidance: 6.5,
      sampler: 'dpmpp_2m',
      scheduler: 'karras',
      model: 'sd15.safetensors',
    });
    expect(setup.fields.steps?.pointer).toBe('/nodes/0/widgets_values/2');
    expect(setup.notes).toEqual([]);
  });

  test('with their names', async () => {
    const setup = await setupOf(namedEditorFlow());
    expect(valuesOf(setup)).toMatchObject({
      steps: 9,
      guidance: 2,
      sampler: 'lcm',
      scheduler: 'sgm_uniform',
    });
    expect(setup.fields.guidance?.pointer).toBe('/nodes/0/widgets_values_named/cfg');
  });
});

describe('group nodes', () => {
  test('the values of a use are shared out among the nodes inside', async () => {
    const setup = await setupOf(groupFlow());
    expect(valuesOf(setup)).toEqual({
      timestep_spacing: 'trailing',
      steps: 14,
      guidance: 5.5,
      sampler: 'euler',
      scheduler: 'simple',
      clip_skip: 2,
      resolution: { width: 512, height: 768 },
      model: 'sd15.safetensors',
    });
    expect(setup.fields.steps).toMatchObject({
      from: 'KSampler (node 30:2)',
      pointer: '/nodes/2/widgets_values/3',
    });
    expect(setup.notes).toEqual([]);
  });

  test.each([
    ['too few', [14, 5.5]],
    ['too many', ['x', 7, 'fixed', 14, 5.5, 'euler', 'simple', 1, -2, 3]],
  ])('values that do not fit the definition are none: %s', async (_, values) => {
    const setup = await setupOf(groupFlow(values));
    expect(setup.fields.steps).toBeUndefined();
    expect(setup.fields.model?.value).toBe('sd15.safetensors');
    expect(setup.notes).toContain(
      'workflow>Draw (node 30) has other values than its definition: they were not told apart',
    );
  });
});

describe('values that a subgraph shows', () => {
  test.each([
    ['in the order of its inputs', { widgets_values: [5, 1.5] }, 5, 1.5],
    [
      'each with its input',
      {
        widgets_values: [1.5, 5],
        properties: {
          proxyWidgets: [
            ['-1', 'cfg'],
            ['-1', 'steps'],
          ],
        },
      },
      5,
      1.5,
    ],
    [
      'each with its node inside',
      {
        widgets_values: [null, 4],
        properties: {
          proxyWidgets: [
            ['3', 'seed'],
            ['3', 'sampler_name'],
          ],
        },
      },
      20,
      8,
    ],
    ['inside only', { widgets_values: [], properties: { proxyWidgets: [['3', 'steps']] } }, 20, 8],
  ])('%s', async (_, use, steps, guidance) => {
    const setup = await setupOf(promotedFlow(use));
    expect(valuesOf(setup)).toMatchObject({ steps, guidance, model: 'sd15.safetensors' });
  });

  test('a value for a node inside replaces its own', async () => {
    const use = { widgets_values: ['heun'], properties: { proxyWidgets: [['3', 'sampler_name']] } };
    const setup = await setupOf(promotedFlow(use));
    expect(setup.fields.sampler).toMatchObject({ value: 'heun', pointer: '/nodes/1/widgets_values/0' });
  });
});

describe('samplers of node packs', () => {
  test('in API form by the names of their inputs, aloud', async () => {
    const { '3': sampler, ...rest } = apiFlow();
    const setup = await setupOf({ ...rest, '3': { ...sampler, class_type: 'KSampler (Pack)' } });
    expect(valuesOf(setup)).toMatchObject({ steps: 20, guidance: 8, model: 'sd15.safetensors' });
    expect(setup.notes).toEqual([
      'KSampler (Pack) (node 3) is not known here: it was read by the names of its inputs',
    ]);
  });

  test.each([
    ['a row with more before and after', ['Sample', 1, 'fixed', 11, 4, 'euler', 'karras', 1, 'Off'], 11, 4],
    ['the bare row', [6, 1.5, 'lcm', 'sgm_uniform'], 6, 1.5],
  ])("in the editor's form by what only their values look like: %s", async (_, values, steps, guidance) => {
    expect(valuesOf(await setupOf(strangerEditorFlow(values)))).toMatchObject({ steps, guidance });
  });

  test.each([
    ['two places look so', [6, 1.5, 'lcm', 'simple', 8, 2, 'euler', 'normal']],
    ['none does', ['lcm', 'simple', 6, 1.5]],
    ['half a step', [6.5, 1.5, 'lcm', 'simple']],
  ])('refused where %s', async (_, values) => {
    expect((await refusal(strangerEditorFlow(values))).message).toContain(
      'no sampler that runs; KSampler (Pack) (node 3) may be one, and is not known here',
    );
  });

  test('guiders are none', async () => {
    const flow = apiFlow({
      '20': { class_type: 'CFGGuider', inputs: { cfg: 3, model: ['4', 0], positive: ['6', 0] } },
    });
    expect((await setupOf(flow)).notes).toEqual([]);
  });
});

describe('what lies between', () => {
  test('pipes, and a number of a class that is not known', async () => {
    const [first, second, ...more] = await setupsOf(pipeFlow());
    expect(more).toEqual([]);
    expect(first === undefined ? {} : valuesOf(first)).toMatchObject({
      prediction_type: 'v_prediction',
      steps: 20,
      model: 'sd15.safetensors',
    });
    expect(first?.notes).toEqual([]);
    expect(second === undefined ? {} : valuesOf(second)).toMatchObject({
      prediction_type: 'v_prediction',
      steps: 7,
      guidance: 3,
      resolution: { width: 512, height: 768 },
    });
    expect(second?.notes).toEqual([
      'SomeNumber (node 25) is not known here: its one value was taken',
      'ImpactKSamplerBasicPipe (node 24) is not known here: it was read by the names of its inputs',
    ]);
  });

  test('a pipe in a circle', async () => {
    const flow = {
      ...pipeFlow(),
      '21': { class_type: 'EditBasicPipe', inputs: { basic_pipe: ['23', 0] } },
    };
    const [first] = await setupsOf(flow);
    expect(first?.fields.model).toBeUndefined();
    expect(first?.notes.join()).toContain('FromBasicPipe_v2 (node 23) is not known here');
  });

  test('a picture that is decoded, scaled and encoded again', async () => {
    const flow = apiFlow({
      '30': { class_type: 'VAEDecode', inputs: { samples: ['5', 0], vae: ['4', 2] } },
      '31': {
        class_type: 'ImageScaleBy',
        inputs: { scale_by: 1.5, upscale_method: 'area', image: ['30', 0] },
      },
      '32': { class_type: 'VAEEncode', inputs: { pixels: ['31', 0], vae: ['4', 2] } },
    });
    const sampler = { ...flow['3'], inputs: { ...flow['3']?.inputs, latent_image: ['32', 0] } };
    const setup = await setupOf({ ...flow, '3': sampler });
    expect(setup.fields.resolution?.value).toEqual({ width: 768, height: 1152 });
  });

  test('a motion module runs the net on a schedule of its own: said, not compared', async () => {
    const flow = apiFlow({
      '4': {
        class_type: 'CheckpointLoaderSimpleWithNoiseSelect',
        inputs: {
          ckpt_name: 'sd15.safetensors',
          beta_schedule: 'sqrt_linear (AnimateDiff)',
          use_custom_scale_factor: true,
          scale_factor: 0.2,
        },
      },
    });
    const setup = await setupOf(flow);
    expect(setup.fields.beta_schedule).toBeUndefined();
    expect(setup.fields.vae_scale?.value).toBe(0.2);
    expect(setup.notes.join()).toContain(
      'runs the net on the schedule "sqrt_linear (AnimateDiff)", as motion modules want it',
    );
  });

  test('a net that is conditioned on a picture has no text encoder to look for', async () => {
    const flow = apiFlow({
      '6': {
        class_type: 'SVD_img2vid_Conditioning',
        inputs: { width: 1024, height: 576, clip_vision: ['4', 1], vae: ['4', 2] },
      },
    });
    const sampler = { ...flow['3'], inputs: { ...flow['3']?.inputs, latent_image: ['6', 2] } };
    const setup = await setupOf({ ...flow, '3': sampler });
    expect(setup.fields.resolution?.value).toEqual({ width: 1024, height: 576 });
    expect(setup.notes).toEqual([]);
  });

  test('links that the editor does not show are said', async () => {
    const flow = editorFlow();
    const nodes = [...flow.nodes, { id: 40, type: 'Anything Everywhere' }];
    expect((await setupOf({ ...flow, nodes })).notes).toEqual([
      'Anything Everywhere (node 40) feeds inputs that have no link: they are not followed',
    ]);
  });
});
