import {
  type Checkpoint,
  type ConfigFile,
  elementCount,
  type Part,
  type Tensor,
} from '../../src/formats/checkpoint.ts';
import { byteLengthOf, type Dtype } from '../../src/formats/dtype.ts';
import { type JsonValue, parseJson } from '../../src/formats/json.ts';

/** A tensor as a test says it: name, shape, and dtype where it is not F32. */
export type TensorSpec = readonly [name: string, shape: readonly number[], dtype?: Dtype];

export interface PartSpec {
  readonly name?: string;
  readonly tensors: readonly TensorSpec[];
  readonly config?: unknown;
  readonly variant?: string;
}

export interface CheckpointSpec {
  readonly path?: string;
  readonly container?: Checkpoint['container'];
  readonly parts: readonly PartSpec[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly modelIndex?: unknown;
  readonly schedulerConfig?: unknown;
}

/** A checkpoint that lies in no file: headers only, as rules and components see it. */
export function checkpoint(spec: CheckpointSpec): Checkpoint {
  const files = spec.parts.map((part) => ({
    path: fileOf(part),
    size: 0,
    format: 'safetensors' as const,
    headerLength: 0,
  }));
  return {
    path: spec.path ?? 'model.safetensors',
    container: spec.container ?? (spec.parts.some((part) => part.name) ? 'diffusers-folder' : 'safetensors'),
    files,
    parts: spec.parts.map(part),
    metadata: new Map(Object.entries(spec.metadata ?? {})),
    ...(spec.modelIndex === undefined ? {} : { modelIndex: config('model_index.json', spec.modelIndex) }),
    ...(spec.schedulerConfig === undefined
      ? {}
      : { schedulerConfig: config('scheduler/scheduler_config.json', spec.schedulerConfig) }),
    faults: [],
    unchecked: [],
  };
}

function fileOf({ name = '' }: PartSpec): string {
  return name === '' ? 'model.safetensors' : `${name}/diffusion_pytorch_model.safetensors`;
}

function part(spec: PartSpec, file: number): Part {
  let offset = 0;
  const tensors = spec.tensors.map(([name, shape, dtype = 'F32']): Tensor => {
    const byteLength = Math.ceil(byteLengthOf(dtype, elementCount(shape)));
    const tensor = { name, dtype, shape, file, offset, byteLength };
    offset += byteLength;
    return tensor;
  });
  const { name = '', variant } = spec;
  return {
    name,
    tensors,
    files: [file],
    ...(spec.config === undefined
      ? {}
      : { config: config(`${name === '' ? '' : `${name}/`}config.json`, spec.config) }),
    ...(variant === undefined ? {} : { variant }),
  };
}

/** A config as its reader would have it, from plain JSON. */
function config(path: string, value: unknown): ConfigFile {
  const { value: parsed } = parseJson(new TextEncoder().encode(JSON.stringify(value)));
  return { path, value: parsed as JsonValue };
}
