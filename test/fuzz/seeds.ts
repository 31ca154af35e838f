/** Files to begin with: sound ones of every container, and those with one known defect. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asBytes, pipelineFiles } from '../build/folder.ts';
import { buildGgufDefect, GGUF_DEFECTS, soundGguf } from '../build/gguf.ts';
import { buildOnnx, buildOnnxDefect, ONNX_DEFECTS, soundOnnx } from '../build/onnx.ts';
import { buildDefect, DEFECT_NAMES, soundFile } from '../build/safetensors.ts';
import { buildLegacy, buildTar, buildTorchZip, tarFiles } from '../build/torch.ts';
import { TORCH_DEFECTS, torchDefect } from '../build/torch-defects.ts';
import { buildTzaDefect, soundTza, TZA_DEFECTS } from '../build/tza.ts';
import { counting } from '../build/torch-tensor.ts';
import { pickle } from '../build/pickle.ts';

/** Nets small enough to be drawn again and again. */
const NETS = ['sd1', 'ddpm', 'vae'].map((name) => `fixtures/smoke/${name}.safetensors`);

const MOST = 40 * 1024;

export interface Seeds {
  readonly safetensors: readonly Uint8Array[];
  readonly pytorch: readonly Uint8Array[];
  readonly gguf: readonly Uint8Array[];
  readonly onnx: readonly Uint8Array[];
  /** What is no container of weights, by its first bytes. */
  readonly others: readonly Uint8Array[];
  /** Text of JSON files by the path where a model folder has them. */
  readonly configs: readonly (readonly [path: string, text: string])[];
}

/** All of them. The working folder is that of the project. */
export function readSeeds(): Seeds {
  const stored = (folder: string, end: string) =>
    readdirSync(join('fixtures', folder))
      .filter((name) => name.endsWith(end))
      .sort()
      .map((name) => new Uint8Array(readFileSync(join('fixtures', folder, name))))
      .filter(({ length }) => length <= MOST);
  const tensors = [counting('a', [2, 3]), counting('b', [3])];
  return {
    safetensors: [
      soundFile(),
      ...DEFECT_NAMES.map(buildDefect).filter(({ length }) => length <= MOST),
      ...NETS.map((path) => new Uint8Array(readFileSync(path))),
      ...stored('attacks', '.safetensors'),
    ],
    pytorch: [
      buildTorchZip(tensors),
      buildLegacy(tensors),
      buildTar(tarFiles(tensors)),
      pickle(new Map([['lr', 0.5]])),
      ...TORCH_DEFECTS.map(torchDefect),
      ...stored('pytorch', '.pt'),
      ...stored('attacks', '.pt'),
    ],
    gguf: [
      soundGguf(),
      ...GGUF_DEFECTS.map(buildGgufDefect),
      ...stored('gguf', '.gguf'),
      ...stored('attacks', '.gguf'),
    ],
    onnx: [
      soundOnnx(),
      netOnnx(),
      ...ONNX_DEFECTS.map(buildOnnxDefect).filter(({ length }) => length <= MOST),
      ...stored('onnx', '.onnx'),
      ...stored('attacks', '.onnx'),
    ],
    others: [...HEADS.map((head) => asBytes(head)), soundTza(), ...TZA_DEFECTS.map(buildTzaDefect)],
    configs: configs(),
  };
}

/** A U of two levels with one skip. */
function netOnnx(): Uint8Array {
  const conv = (name: string, into: number, out: number) =>
    ({ name: `${name}.weight`, dtype: 'F32', shape: [out, into, 3, 3] }) as const;
  const node = (op: string, name: string, inputs: readonly string[]) => ({
    op,
    name: `/${name}/${op}`,
    inputs,
    outputs: [name],
  });
  return buildOnnx({
    tensors: [conv('a', 1, 4), conv('b', 4, 8), conv('c', 12, 4), conv('d', 4, 1)],
    nodes: [
      node('Conv', 'h0', ['x', 'a.weight']),
      node('MaxPool', 'p0', ['h0']),
      node('Conv', 'h1', ['p0', 'b.weight']),
      node('Resize', 'u0', ['h1']),
      node('Concat', 'j0', ['u0', 'h0']),
      node('Conv', 'h2', ['j0', 'c.weight']),
      node('Conv', 'y', ['h2', 'd.weight']),
    ],
    inputs: [['x', ['n', 1, 16, 16]]],
    outputs: [['y', ['n', 1, 16, 16]]],
  });
}

const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

const HEADS = [
  'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n',
  '<!DOCTYPE html><html><title>Sign in</title>',
  ascii('\x89HDF\r\n\x1a\n' + '\0'.repeat(40)),
  ascii('\x1f\x8b\x08\0\0\0\0\0'),
  ascii('7z\xbc\xaf\x27\x1c\0\x04'),
  ascii('\x18\0\0\0TFL3\0\0'),
  ascii('\x93NUMPY\x01\0'),
  ascii('\x28\xb5\x2f\xfd'),
  ascii('7767517\n75 83\nInput data 0 1\n'),
  ascii('PK\x05\x06' + '\0'.repeat(18)),
];

function configs(): (readonly [string, string])[] {
  const files: (readonly [string, string])[] = Object.entries(pipelineFiles())
    .filter(([path]) => path.endsWith('.json'))
    .map(([path, content]) => [path, new TextDecoder().decode(asBytes(content))]);
  const folder = 'fixtures/shapes/sd1-v';
  for (const path of [
    'unet/config.json',
    'vae/config.json',
    'scheduler/scheduler_config.json',
    'text_encoder/config.json',
  ]) {
    files.push([path, readFileSync(join(folder, path), 'utf8')]);
  }
  const index = {
    metadata: { total_size: 16 },
    weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' },
  };
  files.push(['unet/diffusion_pytorch_model.safetensors.index.json', JSON.stringify(index)]);
  return files;
}
