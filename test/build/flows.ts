/** ComfyUI workflows in the forms that ComfyUI writes, and what can be wrong with them. */

type ApiNode = {
  readonly class_type: string;
  readonly inputs: Record<string, unknown>;
  readonly _meta?: unknown;
};
export type ApiFlow = Record<string, ApiNode>;

/** The graph that ComfyUI starts with, in API form. */
export function apiFlow(more: ApiFlow = {}): ApiFlow {
  return {
    '3': {
      class_type: 'KSampler',
      inputs: {
        seed: 156680208700286,
        steps: 20,
        cfg: 8,
        sampler_name: 'euler',
        scheduler: 'normal',
        denoise: 1,
        model: ['4', 0],
        positive: ['6', 0],
        negative: ['7', 0],
        latent_image: ['5', 0],
      },
      _meta: { title: 'KSampler' },
    },
    '4': { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'sd15.safetensors' } },
    '5': { class_type: 'EmptyLatentImage', inputs: { width: 512, height: 768, batch_size: 1 } },
    '6': { class_type: 'CLIPTextEncode', inputs: { text: 'a bottle', clip: ['4', 1] } },
    '7': { class_type: 'CLIPTextEncode', inputs: { text: 'text', clip: ['4', 1] } },
    '8': { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] } },
    '9': { class_type: 'SaveImage', inputs: { filename_prefix: 'ComfyUI', images: ['8', 0] } },
    ...more,
  };
}

/** The same with every patch that changes a setting between the file and the sampler. */
export function patchedApiFlow(): ApiFlow {
  const flow = apiFlow({
    '10': {
      class_type: 'LoraLoader',
      inputs: {
        lora_name: 'style.safetensors',
        strength_model: 0.8,
        strength_clip: 0.5,
        model: ['4', 0],
        clip: ['4', 1],
      },
    },
    '11': {
      class_type: 'LoraLoaderModelOnly',
      inputs: { lora_name: 'detail.safetensors', strength_model: 1, model: ['10', 0] },
    },
    '12': {
      class_type: 'ModelSamplingDiscrete',
      inputs: { sampling: 'v_prediction', zsnr: true, model: ['11', 0] },
    },
    '13': { class_type: 'RescaleCFG', inputs: { multiplier: 0.7, model: ['12', 0] } },
    '14': { class_type: 'CLIPSetLastLayer', inputs: { stop_at_clip_layer: -2, clip: ['10', 1] } },
    '15': { class_type: 'VAELoader', inputs: { vae_name: 'vae-ft-mse.safetensors' } },
    '16': { class_type: 'ControlNetLoader', inputs: { control_net_name: 'canny.safetensors' } },
    '17': {
      class_type: 'ControlNetApplyAdvanced',
      inputs: {
        positive: ['6', 0],
        negative: ['7', 0],
        control_net: ['16', 0],
        image: ['18', 0],
        strength: 0.6,
        start_percent: 0,
        end_percent: 0.5,
      },
    },
    '18': { class_type: 'LoadImage', inputs: { image: 'edges.png' } },
  });
  return {
    ...flow,
    '3': {
      ...(flow['3'] as ApiNode),
      inputs: { ...flow['3']?.inputs, model: ['13', 0], positive: ['17', 0], negative: ['17', 1] },
    },
    '6': { class_type: 'CLIPTextEncode', inputs: { text: 'a bottle', clip: ['14', 0] } },
    '7': { class_type: 'CLIPTextEncode', inputs: { text: 'text', clip: ['14', 0] } },
    '8': { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['15', 0] } },
  };
}

/** Samplers made of parts, as newer workflows have them. */
export function customApiFlow(): ApiFlow {
  return {
    ...apiFlow(),
    '3': {
      class_type: 'SamplerCustomAdvanced',
      inputs: {
        noise: ['20', 0],
        guider: ['21', 0],
        sampler: ['22', 0],
        sigmas: ['23', 0],
        latent_image: ['5', 0],
      },
    },
    '20': { class_type: 'RandomNoise', inputs: { noise_seed: 1 } },
    '21': {
      class_type: 'CFGGuider',
      inputs: { cfg: ['24', 0], model: ['4', 0], positive: ['6', 0], negative: ['7', 0] },
    },
    '22': { class_type: 'KSamplerSelect', inputs: { sampler_name: 'dpmpp_2m' } },
    '23': {
      class_type: 'BasicScheduler',
      inputs: { scheduler: 'karras', steps: 30, denoise: 1, model: ['4', 0] },
    },
    '24': { class_type: 'PrimitiveFloat', inputs: { value: 6.5 } },
  };
}

interface EditorNode {
  readonly id: number;
  readonly type: string;
  readonly mode?: number;
  readonly inputs?: readonly object[];
  readonly outputs?: readonly object[];
  readonly widgets_values?: unknown;
  readonly properties?: object;
}

export interface EditorFlow {
  readonly last_node_id: number;
  readonly nodes: readonly EditorNode[];
  readonly links: readonly unknown[];
  readonly definitions?: unknown;
  readonly version: number;
}

const put = (name: string, type: string, link: number | null, widget?: string): object => ({
  name,
  type,
  link,
  ...(widget === undefined ? {} : { widget: { name: widget } }),
});

/** The starting graph as the editor saves it: values in order, a reroute, a seed and steps from primitives. */
export function editorFlow(change: Partial<Record<number, Partial<EditorNode>>> = {}): EditorFlow {
  const nodes: EditorNode[] = [
    {
      id: 3,
      type: 'KSampler',
      inputs: [
        put('model', 'MODEL', 11),
        put('positive', 'CONDITIONING', 4),
        put('negative', 'CONDITIONING', 6),
        put('latent_image', 'LATENT', 2),
        put('steps', 'INT', 12, 'steps'),
      ],
      outputs: [{ name: 'LATENT', type: 'LATENT', links: [7] }],
      widgets_values: [156680208700286, 'randomize', 20, 8, 'euler', 'karras', 1],
    },
    {
      id: 4,
      type: 'CheckpointLoaderSimple',
      outputs: [{ type: 'MODEL' }, { type: 'CLIP' }, { type: 'VAE' }],
      widgets_values: ['sd15.safetensors'],
    },
    { id: 5, type: 'EmptyLatentImage', outputs: [{ type: 'LATENT' }], widgets_values: [512, 768, 1] },
    {
      id: 6,
      type: 'CLIPTextEncode',
      inputs: [put('clip', 'CLIP', 3)],
      outputs: [{ type: 'CONDITIONING' }],
      widgets_values: ['a bottle'],
    },
    {
      id: 7,
      type: 'CLIPTextEncode',
      inputs: [put('clip', 'CLIP', 5)],
      outputs: [{ type: 'CONDITIONING' }],
      widgets_values: ['text'],
    },
    {
      id: 8,
      type: 'VAEDecode',
      inputs: [put('samples', 'LATENT', 7), put('vae', 'VAE', 8)],
      outputs: [{ type: 'IMAGE' }],
    },
    {
      id: 10,
      type: 'LoraLoader',
      inputs: [put('model', 'MODEL', 1), put('clip', 'CLIP', 9)],
      outputs: [{ type: 'MODEL' }, { type: 'CLIP' }],
      widgets_values: ['style.safetensors', 0.8, 0.8],
    },
    { id: 11, type: 'Reroute', inputs: [put('', '*', 10)], outputs: [{ type: 'MODEL' }] },
    { id: 12, type: 'PrimitiveNode', outputs: [{ type: 'INT' }], widgets_values: [35, 'fixed'] },
  ];
  return {
    last_node_id: 12,
    nodes: nodes.map((node) => Object.assign(node, change[node.id])),
    links: [
      [1, 4, 0, 10, 0, 'MODEL'],
      [2, 5, 0, 3, 3, 'LATENT'],
      [3, 10, 1, 6, 0, 'CLIP'],
      [4, 6, 0, 3, 1, 'CONDITIONING'],
      [5, 10, 1, 7, 0, 'CLIP'],
      [6, 7, 0, 3, 2, 'CONDITIONING'],
      [7, 3, 0, 8, 0, 'LATENT'],
      [8, 4, 2, 8, 1, 'VAE'],
      [9, 4, 1, 10, 1, 'CLIP'],
      [10, 10, 0, 11, 0, 'MODEL'],
      [11, 11, 0, 3, 0, 'MODEL'],
      [12, 12, 0, 3, 4, 'INT'],
    ],
    version: 0.4,
  };
}

/** A sampler inside a subgraph, fed from outside, as editors since 2025 save it. */
export function subgraphFlow(): EditorFlow {
  const id = '9a1f2c3d-0000-4000-8000-000000000001';
  return {
    last_node_id: 20,
    nodes: [
      { id: 4, type: 'CheckpointLoaderSimple', widgets_values: ['sd15.safetensors'] },
      { id: 5, type: 'EmptyLatentImage', widgets_values: [640, 512, 1] },
      {
        id: 20,
        type: id,
        inputs: [put('model', 'MODEL', 1), put('latent_image', 'LATENT', 2), put('clip', 'CLIP', 3)],
        outputs: [{ type: 'LATENT' }],
        widgets_values: [],
      },
      { id: 8, type: 'VAEDecode', inputs: [put('samples', 'LATENT', 4), put('vae', 'VAE', 5)] },
    ],
    links: [
      [1, 4, 0, 20, 0, 'MODEL'],
      [2, 5, 0, 20, 1, 'LATENT'],
      [3, 4, 1, 20, 2, 'CLIP'],
      [4, 20, 0, 8, 0, 'LATENT'],
      [5, 4, 2, 8, 1, 'VAE'],
    ],
    definitions: {
      subgraphs: [
        {
          id,
          name: 'Draw',
          inputNode: { id: -10 },
          outputNode: { id: -20 },
          nodes: [
            {
              id: 3,
              type: 'KSampler',
              inputs: [
                put('model', 'MODEL', 1),
                put('positive', 'CONDITIONING', 3),
                put('negative', 'CONDITIONING', 4),
                put('latent_image', 'LATENT', 2),
              ],
              outputs: [{ type: 'LATENT' }],
              widgets_values: [1, 'fixed', 12, 5, 'dpmpp_2m', 'simple', 1],
            },
            { id: 6, type: 'CLIPTextEncode', inputs: [put('clip', 'CLIP', 5)], widgets_values: ['a'] },
          ],
          links: [
            { id: 1, origin_id: -10, origin_slot: 0, target_id: 3, target_slot: 0, type: 'MODEL' },
            { id: 2, origin_id: -10, origin_slot: 1, target_id: 3, target_slot: 3, type: 'LATENT' },
            { id: 3, origin_id: 6, origin_slot: 0, target_id: 3, target_slot: 1, type: 'CONDITIONING' },
            { id: 4, origin_id: 6, origin_slot: 0, target_id: 3, target_slot: 2, type: 'CONDITIONING' },
            { id: 5, origin_id: -10, origin_slot: 2, target_id: 6, target_slot: 0, type: 'CLIP' },
            { id: 6, origin_id: 3, origin_slot: 0, target_id: -20, target_slot: 0, type: 'LATENT' },
          ],
        },
      ],
    },
    version: 1,
  };
}
