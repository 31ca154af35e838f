/** Draws the inputs of a run: each is made from nothing but the run's seed and its own number. */
import { memorySource, memoryTree } from '../../src/bytes/memory.ts';
import type { ByteSource, ByteTree } from '../../src/bytes/source.ts';
import { asBytes, pipelineFiles } from '../build/folder.ts';
import { DATA_FILE } from '../build/onnx.ts';
import { assemble } from '../build/safetensors.ts';
import { drawGguf, drawZip, wrapPickle } from './archives.ts';
import { damageBytes } from './bytes.ts';
import { drawPickle } from './pickles.ts';
import { damageProtobuf } from './protobuf.ts';
import { Random } from './random.ts';
import type { Seeds } from './seeds.ts';
import { damageText } from './text.ts';

export interface Input {
  /** Which parser it is for. */
  readonly area: Area;
  /** What was done, for people. */
  readonly what: string;
  /** The damaged file. */
  readonly bytes: Uint8Array;
  readonly target: ByteSource | ByteTree;
  /** What lies in the same folder as a file. */
  readonly beside: ByteTree;
}

export const AREAS = ['safetensors', 'pytorch', 'pickle', 'zip', 'gguf', 'onnx', 'json', 'others'] as const;
export type Area = (typeof AREAS)[number];

/** How often each comes, of the sum: the readers with most to go wrong most often. */
const WEIGHTS: Readonly<Record<Area, number>> = {
  safetensors: 4,
  pytorch: 4,
  pickle: 5,
  zip: 4,
  gguf: 4,
  onnx: 5,
  json: 3,
  others: 1,
};

const NAMES: Readonly<Record<Area, readonly string[]>> = {
  safetensors: ['model.safetensors', 'model.safetensors', 'x.bin'],
  pytorch: ['model.ckpt', 'model.pt', 'model.safetensors'],
  pickle: ['model.pkl', 'model.pt'],
  zip: ['model.ckpt', 'model.pth'],
  gguf: ['model.gguf', 'x'],
  onnx: ['model.onnx'],
  json: ['model'],
  others: ['model.bin', 'model.safetensors', 'model.gguf'],
};

/** The input of that number. */
export function drawInput(seeds: Seeds, seed: number, index: number, only?: Area): Input {
  const random = new Random(seed, index);
  const bag = AREAS.flatMap((area) => Array<Area>(WEIGHTS[area]).fill(area));
  const area = only ?? random.pick(bag);
  const { what, bytes, target } = draw(area, seeds, random);
  const name = random.pick(NAMES[area]);
  const beside = memoryTree('', new Map([DATA_FILE]));
  return { area, what, bytes, target: target ?? memorySource(name, bytes), beside };
}

interface Drawn {
  readonly what: string;
  readonly bytes: Uint8Array;
  readonly target?: ByteTree;
}

function draw(area: Area, seeds: Seeds, random: Random): Drawn {
  switch (area) {
    case 'pickle': {
      const { what, bytes } = wrapPickle(drawPickle(random), random);
      return { what: `opcodes, ${what}`, bytes };
    }
    case 'zip':
      return damagedAtTimes('entries', drawZip(random), seeds, random);
    case 'gguf':
      return random.oneIn(2)
        ? damagedAtTimes('keys and tensors', drawGguf(random), seeds, random)
        : damaged(random.pick(seeds.gguf), seeds, random);
    case 'safetensors': {
      const bytes = random.pick(seeds.safetensors);
      return random.oneIn(3)
        ? damaged(bytes, seeds, random)
        : { what: 'header', bytes: otherHeader(bytes, random) };
    }
    case 'onnx': {
      const bytes = random.pick(seeds.onnx);
      const fields = random.oneIn(3) ? undefined : damageProtobuf(bytes, random);
      return fields === undefined ? damaged(bytes, seeds, random) : { what: 'fields', bytes: fields };
    }
    case 'json':
      return damagedFolder(seeds, random);
    default:
      return damaged(random.pick(seeds[area]), seeds, random);
  }
}

function damaged(bytes: Uint8Array, seeds: Seeds, random: Random): Drawn {
  const others = [seeds.safetensors, seeds.pytorch, seeds.gguf, seeds.onnx, seeds.others];
  return damageBytes(bytes, random, random.pick(random.pick(others)));
}

function damagedAtTimes(what: string, bytes: Uint8Array, seeds: Seeds, random: Random): Drawn {
  return random.oneIn(4) ? damaged(bytes, seeds, random) : { what, bytes };
}

const utf8 = new TextDecoder();

/** A safetensors file with damage in its header, whose length is then true again. */
function otherHeader(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length < 8) return bytes;
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > bytes.length - 8) return damageBytes(bytes, random, bytes).bytes;
  return assemble(damageText(utf8.decode(bytes.subarray(8, 8 + length)), random), bytes.subarray(8 + length));
}

/** A diffusers folder with damage in one of its JSON files. */
function damagedFolder(seeds: Seeds, random: Random): Drawn {
  const [path, text] = random.pick(seeds.configs);
  const bytes = asBytes(damageText(text, random));
  const files = new Map(Object.entries(pipelineFiles()).map(([name, content]) => [name, asBytes(content)]));
  const weights = 'unet/diffusion_pytorch_model.safetensors';
  // an index is read where the file that it divides is not there
  if (path.endsWith('.index.json')) {
    for (const name of files.keys())
      if (name.startsWith('unet/') && !name.endsWith('.json')) files.delete(name);
    files.set('unet/model-00001-of-00002.safetensors', random.pick(seeds.safetensors));
  } else if (random.oneIn(4)) files.set(weights, random.pick(seeds.safetensors));
  files.set(path, bytes);
  return { what: path, bytes, target: memoryTree('model', files) };
}
