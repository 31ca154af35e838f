/** Forms of ComfyUI's workflows that its editors wrote at one time or other, and nodes of packs that many have. */
import { type ApiFlow, apiFlow, type EditorFlow, editorFlow } from './flows.ts';

type Nodes = EditorFlow['nodes'];

const slot = (name: string, type: string, link: number | null = null, widget = false): object => ({
  name,
  type,
  link,
  ...(widget ? { widget: { name } } : {}),
});

/** As the editor of early 2023 wrote it: after a seed stands true or false. Links that were taken away are null. */
export function oldEditorFlow(): object {
  const flow = editorFlow({
    3: {
      inputs: [
        slot('model', 'MODEL', 11),
        slot('positive', 'CONDITIONING', 4),
        slot('latent_image', 'LATENT', 2),
      ],
      widgets_values: [42, true, 12, 6.5, 'dpmpp_2m', 'karras', 1],
    },
  });
  return { ...flow, links: [null, ...flow.links] };
}

/** The values with their names, as editors of 2026 write them beside the row. */
export function namedEditorFlow(): object {
  const flow = editorFlow();
  const nodes = flow.nodes.map((node) =>
    node.id === 3
      ? {
          ...node,
          inputs: node.inputs?.slice(0, 4),
          widgets_values: ['not', 'the', 'row'],
          widgets_values_named: { steps: 9, cfg: 2, sampler_name: 'lcm', scheduler: 'sgm_uniform' },
        }
      : node,
  );
  return { ...flow, nodes };
}

/** The sampler in a group node, with a node of no known class before it in the row of values. */
export function groupFlow(
  values: readonly unknown[] = ['hidden', 7, 'fixed', 14, 5.5, 'euler', 'simple', 1, -2],
): object {
  const { nodes, links } = editorFlow();
  const kept = nodes.filter(({ id }) => id === 4 || id === 5 || id === 8);
  const use = {
    id: 30,
    type: 'workflow>Draw',
    inputs: [slot('model', 'MODEL', 1), slot('latent', 'LATENT', 2), slot('clip', 'CLIP', 3)],
    outputs: [{ name: 'LATENT', type: 'LATENT' }],
    widgets_values: values,
  };
  const decoder = { ...kept[2], inputs: [slot('samples', 'LATENT', 4), slot('vae', 'VAE', 8)] };
  return {
    last_node_id: 30,
    nodes: [kept[0], kept[1], use, decoder],
    links: [
      [1, 4, 0, 30, 0, 'MODEL'],
      [2, 5, 0, 30, 1, 'LATENT'],
      [3, 4, 1, 30, 2, 'CLIP'],
      [4, 30, 0, 8, 0, 'LATENT'],
      links[7],
    ],
    extra: {
      groupNodes: {
        Draw: {
          nodes: [
            { type: 'StrangerWithOneValue', widgets_values: ['x'], outputs: [{ type: 'STRING' }] },
            { type: 'Reroute', inputs: [slot('', '*')], outputs: [{ type: '*' }] },
            {
              type: 'KSampler',
              inputs: [
                slot('model', 'MODEL'),
                slot('positive', 'CONDITIONING'),
                slot('negative', 'CONDITIONING'),
                slot('latent_image', 'LATENT'),
              ],
              outputs: [{ name: 'LATENT', type: 'LATENT' }],
              widgets_values: [1, 'randomize', 99, 99, 'heun', 'normal', 1],
            },
            { type: 'CLIPTextEncode', inputs: [slot('clip', 'CLIP')], outputs: [{ type: 'CONDITIONING' }] },
            {
              type: 'CLIPSetLastLayer',
              inputs: [slot('clip', 'CLIP')],
              outputs: [{ type: 'CLIP' }],
              widgets_values: [-1],
            },
          ],
          // from nowhere: what comes from outside
          links: [
            [null, 0, 1, 0, 4, 'MODEL'],
            [1, 0, 2, 0, 20, '*'],
            [3, 0, 2, 1, 21, 'CONDITIONING'],
            [3, 0, 2, 2, 21, 'CONDITIONING'],
            [4, 0, 3, 0, 22, 'CLIP'],
          ],
          external: [],
          config: { 0: { output: { 0: { visible: false } } }, 2: { input: { cfg: { visible: false } } } },
        },
      },
    },
  };
}

const SUBGRAPH = '9a1f2c3d-0000-4000-8000-000000000002';

/**
 * A sampler in a subgraph whose settings are shown on the outside.
 * @param use what the use of the subgraph has: inputs, widgets_values, properties
 */
export function promotedFlow(use: object): object {
  return {
    last_node_id: 20,
    nodes: [
      { id: 4, type: 'CheckpointLoaderSimple', widgets_values: ['sd15.safetensors'] },
      { id: 20, type: SUBGRAPH, inputs: [slot('model', 'MODEL', 1)], ...use },
    ],
    links: [[1, 4, 0, 20, 0, 'MODEL']],
    definitions: {
      subgraphs: [
        {
          id: SUBGRAPH,
          name: 'Draw',
          // `steps` stands before what is linked: places of the use and of the subgraph differ
          inputs: [{ name: 'steps' }, { name: 'model' }, { name: 'cfg' }],
          nodes: [
            {
              id: 3,
              type: 'KSampler',
              inputs: [
                slot('model', 'MODEL', 1),
                slot('steps', 'INT', 2, true),
                slot('cfg', 'FLOAT', 3, true),
              ],
              widgets_values: [1, 'fixed', 20, 8, 'euler', 'simple', 1],
            },
          ],
          links: [
            { id: 1, origin_id: -10, origin_slot: 1, target_id: 3, target_slot: 0, type: 'MODEL' },
            { id: 2, origin_id: -10, origin_slot: 0, target_id: 3, target_slot: 1, type: 'INT' },
            { id: 3, origin_id: -10, origin_slot: 2, target_id: 3, target_slot: 2, type: 'FLOAT' },
          ],
        },
      ],
    },
  };
}

/** The sampler in the place of KSampler, of a class that nobody here knows. */
export function strangerEditorFlow(values: readonly unknown[]): EditorFlow {
  const flow = editorFlow();
  const nodes: Nodes = flow.nodes.map((node) =>
    node.id === 3
      ? { ...node, type: 'KSampler (Pack)', inputs: node.inputs?.slice(0, 4) ?? [], widgets_values: values }
      : node,
  );
  return { ...flow, nodes };
}

/** Model, text encoder and prompts in one pipe, changed on its way, opened before the sampler. */
export function pipeFlow(): ApiFlow {
  const { '3': sampler, ...rest } = apiFlow();
  return {
    ...rest,
    '20': {
      class_type: 'ToBasicPipe',
      inputs: { model: ['4', 0], clip: ['4', 1], vae: ['4', 2], positive: ['6', 0], negative: ['7', 0] },
    },
    '21': { class_type: 'EditBasicPipe', inputs: { basic_pipe: ['20', 0], model: ['22', 0] } },
    '22': {
      class_type: 'ModelSamplingDiscrete',
      inputs: { sampling: 'v_prediction', zsnr: true, model: ['4', 0] },
    },
    '23': { class_type: 'FromBasicPipe_v2', inputs: { basic_pipe: ['21', 0] } },
    '3': {
      class_type: 'KSampler',
      inputs: { ...sampler?.inputs, model: ['23', 1], positive: ['23', 4], negative: ['23', 5] },
    },
    '24': {
      class_type: 'ImpactKSamplerBasicPipe',
      inputs: {
        basic_pipe: ['23', 0],
        steps: ['25', 0],
        cfg: 3,
        sampler_name: 'dpmpp_2m',
        scheduler: 'sgm_uniform',
        latent_image: ['3', 0],
      },
    },
    '25': { class_type: 'SomeNumber', inputs: { number: 7 } },
    '8': { class_type: 'VAEDecode', inputs: { samples: ['24', 1], vae: ['24', 2] } },
  };
}
