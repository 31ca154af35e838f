import { describe, expect, test } from 'vitest';
import { apiFlow, customApiFlow, editorFlow, patchedApiFlow, subgraphFlow } from '../../build/flows.ts';
import { refusal, setupOf, setupsOf, valuesOf } from './read.ts';

describe('in API form', () => {
  test('the starting graph', async () => {
    const setup = await setupOf(apiFlow(), 'flow.json');
    expect(valuesOf(setup)).toEqual({
      timestep_spacing: 'linspace',
      sampler: 'euler',
      scheduler: 'normal',
      steps: 20,
      guidance: 8,
      resolution: { width: 512, height: 768 },
      model: 'sd15.safetensors',
    });
    expect(setup.fields.steps).toEqual({
      value: 20,
      known: 'declared',
      from: 'KSampler (node 3)',
      file: 'flow.json',
      pointer: '/3/inputs/steps',
    });
    expect(setup.notes).toEqual([]);
  });

  test('every patch between the file and the sampler', async () => {
    const setup = await setupOf(patchedApiFlow());
    expect(valuesOf(setup)).toEqual({
      prediction_type: 'v_prediction',
      rescale_betas_zero_snr: true,
      timestep_spacing: 'linspace',
      sampler: 'euler',
      scheduler: 'normal',
      steps: 20,
      guidance: 8,
      guidance_rescale: 0.7,
      resolution: { width: 512, height: 768 },
      clip_skip: 2,
      model: 'sd15.safetensors',
      vae: 'vae-ft-mse.safetensors',
      controlnets: [{ name: 'canny.safetensors', strength: 0.6, start: 0, end: 0.5 }],
      loras: [
        { name: 'style.safetensors', strength: 0.8, strength_text: 0.5 },
        { name: 'detail.safetensors', strength: 1 },
      ],
    });
    expect(setup.notes).toEqual([]);
  });

  test('a sampler made of parts, and a number from a primitive', async () => {
    expect(valuesOf(await setupOf(customApiFlow()))).toMatchObject({
      sampler: 'dpmpp_2m',
      scheduler: 'karras',
      steps: 30,
      guidance: 6.5,
      model: 'sd15.safetensors',
    });
  });

  test('two samplers are two setups', async () => {
    const second = {
      ...apiFlow()['3'],
      inputs: { ...apiFlow()['3']?.inputs, steps: 10, latent_image: ['3', 0] },
    };
    const setups = await setupsOf({ ...apiFlow(), '30': second } as object, 'two.json');
    expect(setups.map(({ name, fields }) => [name, fields.steps?.value])).toEqual([
      ['two.json, KSampler (node 3)', 20],
      ['two.json, KSampler (node 30)', 10],
    ]);
    expect(setups[1]?.fields.resolution?.value).toEqual({ width: 512, height: 768 });
  });

  test('the patch nearest to the sampler wins', async () => {
    const flow = patchedApiFlow();
    const over = {
      class_type: 'ModelSamplingDiscrete',
      inputs: { sampling: 'eps', zsnr: false, model: ['13', 0] },
    };
    const sampler = { ...flow['3'], inputs: { ...flow['3']?.inputs, model: ['40', 0] } };
    expect(valuesOf(await setupOf({ ...flow, '3': sampler, '40': over }))).toMatchObject({
      prediction_type: 'epsilon',
      rescale_betas_zero_snr: false,
    });
  });

  test('a node that is not known is named, and followed aloud', async () => {
    const flow = apiFlow({ '50': { class_type: 'MysteryPatch', inputs: { model: ['4', 0], strength: 2 } } });
    const sampler = { ...flow['3'], inputs: { ...flow['3']?.inputs, model: ['50', 0] } };
    const setup = await setupOf({ ...flow, '3': sampler });
    expect(setup.fields.model?.value).toBe('sd15.safetensors');
    expect(setup.notes).toEqual(['MysteryPatch (node 50) is not known here: its input model was followed']);
  });

  test.each([
    [
      'continuous EDM',
      'ModelSamplingContinuousEDM',
      { sampling: 'edm_playground_v2.5', sigma_max: 80, sigma_min: 0.002 },
      { prediction_type: 'edm', sigma_max: 80, sigma_min: 0.002 },
    ],
    [
      'continuous v',
      'ModelSamplingContinuousEDM',
      { sampling: 'v_prediction', sigma_max: 700, sigma_min: 0.002 },
      { prediction_type: 'edm_v_prediction', sigma_max: 700 },
    ],
    ['x0', 'ModelSamplingDiscrete', { sampling: 'x0', zsnr: false }, { prediction_type: 'sample' }],
    ['lcm', 'ModelSamplingDiscrete', { sampling: 'lcm', zsnr: false }, { prediction_type: 'epsilon' }],
  ] as const)('%s', async (_, class_type, inputs, expected) => {
    const flow = apiFlow({ '60': { class_type, inputs: { ...inputs, model: ['4', 0] } } });
    const sampler = { ...flow['3'], inputs: { ...flow['3']?.inputs, model: ['60', 0] } };
    expect(valuesOf(await setupOf({ ...flow, '3': sampler }))).toMatchObject(expected);
  });
});

describe('as the editor saves it', () => {
  test('values by place, reroutes and primitives', async () => {
    const setup = await setupOf(editorFlow(), 'workflow.json');
    expect(valuesOf(setup)).toEqual({
      sampler: 'euler',
      scheduler: 'karras',
      steps: 35,
      guidance: 8,
      resolution: { width: 512, height: 768 },
      model: 'sd15.safetensors',
      loras: [{ name: 'style.safetensors', strength: 0.8 }],
    });
    expect(setup.fields.guidance?.pointer).toBe('/nodes/0/widgets_values/3');
    expect(setup.fields.steps?.pointer).toBe('/nodes/8/widgets_values/0');
    expect(setup.notes).toEqual([]);
  });

  test('a bypassed LoRA takes no part', async () => {
    const setup = await setupOf(editorFlow({ 10: { mode: 4 } }));
    expect(setup.fields.loras).toBeUndefined();
    expect(setup.fields.model?.value).toBe('sd15.safetensors');
    expect(setup.notes).toEqual([]);
  });

  test('a muted node leaves its sampler without a model, aloud', async () => {
    const setup = await setupOf(editorFlow({ 4: { mode: 2 } }));
    expect(setup.fields.model).toBeUndefined();
    expect(setup.notes.join()).toContain('hangs on the muted CheckpointLoaderSimple (node 4)');
  });

  test('a muted sampler is no setup', async () => {
    expect((await refusal(editorFlow({ 3: { mode: 2 } }))).message).toContain('no sampler that runs');
  });

  test('a subgraph, fed from outside', async () => {
    const setup = await setupOf(subgraphFlow());
    expect(valuesOf(setup)).toMatchObject({
      steps: 12,
      guidance: 5,
      sampler: 'dpmpp_2m',
      scheduler: 'simple',
      resolution: { width: 640, height: 512 },
      model: 'sd15.safetensors',
    });
    expect(setup.notes).toEqual([]);
  });
});

describe('what is wrong', () => {
  test('links in a circle', async () => {
    const flow = apiFlow({
      '10': { class_type: 'FreeU', inputs: { model: ['11', 0] } },
      '11': { class_type: 'FreeU', inputs: { model: ['10', 0] } },
    });
    const sampler = { ...flow['3'], inputs: { ...flow['3']?.inputs, model: ['10', 0] } };
    expect((await setupOf({ ...flow, '3': sampler })).notes).toEqual([
      'the links run in a circle at node 10',
    ]);
  });

  test('reroutes in a circle', async () => {
    const circle = { inputs: [{ name: '', type: '*', link: 11 }] };
    const setup = await setupOf(editorFlow({ 11: circle }));
    expect(setup.notes.join()).toContain('circle');
  });

  test('a subgraph inside itself', async () => {
    const flow = subgraphFlow();
    const [subgraph] = (flow.definitions as { subgraphs: { id: string; nodes: object[] }[] }).subgraphs;
    subgraph?.nodes.push({ id: 77, type: subgraph.id });
    const setups = await setupsOf(flow);
    expect(setups.flatMap(({ notes }) => notes).join()).toContain('nest more than');
  });

  test('a node that is not there', async () => {
    const flow = apiFlow();
    delete flow['4'];
    expect((await setupOf(flow)).notes.join()).toContain('links to node 4, which is not there');
  });

  test('values of the wrong kind are passed over, aloud', async () => {
    const flow = apiFlow();
    const sampler = { ...flow['3'], inputs: { ...flow['3']?.inputs, steps: 'twenty', cfg: [1, 2, 3] } };
    const setup = await setupOf({ ...flow, '3': sampler });
    expect(setup.fields.steps).toBeUndefined();
    expect(setup.notes).toEqual([
      'KSampler (node 3) has steps "twenty", where a number belongs',
      'KSampler (node 3) has cfg an object or list, where a number belongs',
    ]);
  });

  test('a node without a class is told with its place', async () => {
    const { issues } = await refusal({ ...apiFlow(), '4': { inputs: {} } });
    expect(issues).toEqual([
      {
        pointer: '/4/class_type',
        found: 'nothing',
        expected: 'the name of a node\'s class, such as "KSampler"',
      },
    ]);
  });

  test('a hundred thousand nodes', async () => {
    const chain = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, index) => [
        `n${index}`,
        { class_type: 'FreeU', inputs: { model: [`n${index + 1}`, 0] } },
      ]),
    );
    const flow = apiFlow(chain as never);
    const sampler = { ...flow['3'], inputs: { ...flow['3']?.inputs, model: ['n0', 0] } };
    expect((await setupOf({ ...flow, '3': sampler })).notes).toEqual([
      'the way to the files is longer than 500 nodes',
    ]);
  });

  test('deep nesting', async () => {
    const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`;
    expect((await refusal(deep, 'deep.json')).message).toContain('it is no JSON');
  });
});
