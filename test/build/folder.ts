/** Model folders in memory. */
import { memoryTree } from '../../src/bytes/memory.ts';
import type { ByteTree } from '../../src/bytes/source.ts';
import { buildSafetensors, type TensorSpec } from './safetensors.ts';
import { buildZip } from './zip.ts';

const encoder = new TextEncoder();

/** A file of a folder: bytes, text, or a value to be written as JSON. */
export type Content = Uint8Array | string | object;

export function asBytes(content: Content): Uint8Array {
  if (content instanceof Uint8Array) return content;
  return encoder.encode(typeof content === 'string' ? content : JSON.stringify(content));
}

/** A folder of the files given by path. */
export function buildFolder(files: Readonly<Record<string, Content>>, name = 'model'): ByteTree {
  return memoryTree(name, new Map(Object.entries(files).map(([path, content]) => [path, asBytes(content)])));
}

/** A pipeline in one file, as DDUF has it, with files added and taken away (undefined). */
export function buildDduf(
  changes: Readonly<Record<string, Content | undefined>> = {},
  method = 0,
): Uint8Array {
  const files = { ...pipelineFiles(), 'tokenizer/tokenizer_config.json': {}, ...changes };
  const entries = Object.entries(files).flatMap(([name, content]) =>
    content === undefined ? [] : [{ name, data: asBytes(content), method }],
  );
  return buildZip(entries, { plain: true });
}

const WEIGHT: TensorSpec = { name: 'conv_in.weight', dtype: 'F16', shape: [4, 4, 3, 3] };
const BIAS: TensorSpec = { name: 'conv_in.bias', dtype: 'F16', shape: [4] };

/** One small component's weights. */
export const weights = (): Uint8Array => buildSafetensors([WEIGHT, BIAS]);

/** A sound diffusers folder with two components, a scheduler and a tokenizer. */
export function pipelineFiles(): Record<string, Content> {
  return {
    'model_index.json': {
      _class_name: 'StableDiffusionPipeline',
      _diffusers_version: '0.30.0',
      requires_safety_checker: false,
      safety_checker: [null, null],
      scheduler: ['diffusers', 'DDIMScheduler'],
      tokenizer: ['transformers', 'CLIPTokenizer'],
      unet: ['diffusers', 'UNet2DConditionModel'],
      vae: ['diffusers', 'AutoencoderKL'],
    },
    'scheduler/scheduler_config.json': { _class_name: 'DDIMScheduler', prediction_type: 'epsilon' },
    'tokenizer/vocab.json': {},
    'tokenizer/merges.txt': '#version: 0.2',
    'unet/config.json': { _class_name: 'UNet2DConditionModel' },
    'unet/diffusion_pytorch_model.safetensors': weights(),
    'vae/config.json': { _class_name: 'AutoencoderKL' },
    'vae/diffusion_pytorch_model.safetensors': weights(),
  };
}

/** A sound sharded component: an index and two shards of one tensor each. */
export function shardedFiles(): Record<string, Content> {
  const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  return {
    'config.json': { _class_name: 'UNet2DConditionModel' },
    'model.safetensors.index.json': {
      metadata: { total_size: 4 * 4 * 9 * 2 + 4 * 2 },
      weight_map: { [WEIGHT.name]: first, [BIAS.name]: second },
    },
    [first]: buildSafetensors([WEIGHT]),
    [second]: buildSafetensors([BIAS]),
  };
}
