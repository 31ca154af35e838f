import { openFile } from '../../src/bytes/file.ts';
import { decodeFloats } from '../../src/formats/decode.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import type { Tensor } from '../../src/formats/checkpoint.ts';
import type { Values } from '../../src/smoke/engine.ts';

/** Clean samples that a net was not trained on, and what it is to be fed with each. */
export interface Validation {
  readonly count: number;
  /** [count, channels, height, width], scaled as the net is fed. */
  readonly samples: Values;
  /** By the net's own input names, one row a sample. */
  readonly conditions: ReadonlyMap<string, Values>;
  /** One a sample; empty for a net that reads no text. */
  readonly captions: readonly string[];
}

/** The clean samples themselves. */
const SAMPLES = 'clean';

/**
 * Reads a file of samples: `clean`, conditions under their inputs' names, and `captions` as JSON in the metadata. What is
 * beside them to know them by (`words`) or stands for no condition (`empty.…`) is passed over.
 */
export async function readValidation(path: string): Promise<Validation> {
  const source = await openFile(path);
  try {
    const checkpoint = await openCheckpoint(source);
    const conditions = new Map<string, Values>();
    for (const tensor of checkpoint.parts.flatMap(({ tensors }) => tensors)) {
      if (tensor.name === 'words' || tensor.name.startsWith('empty.')) continue;
      const floats = decodeFloats(await source.read(tensor.offset, tensor.byteLength), tensor.dtype);
      conditions.set(tensor.name, valuesOf(tensor, floats));
    }
    const samples = conditions.get(SAMPLES);
    if (samples === undefined) throw new Error(`${path} has no samples`);
    conditions.delete(SAMPLES);
    const captions = JSON.parse(checkpoint.metadata.get('captions') ?? '[]') as readonly string[];
    return { count: samples.dims[0] as number, samples, conditions, captions };
  } finally {
    await source.close();
  }
}

function valuesOf({ name, shape }: Tensor, floats: Float32Array): Values {
  const whole = name === 'class_labels' && shape.length === 1;
  return { data: whole ? BigInt64Array.from(floats, BigInt) : floats, dims: shape };
}
