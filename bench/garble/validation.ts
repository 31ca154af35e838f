import { openFile } from '../../src/bytes/file.ts';
import { decodeFloats } from '../../src/formats/decode.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import type { Tensor } from '../../src/formats/checkpoint.ts';
import type { TextFeatures } from '../../src/smoke/conditions.ts';
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

/** Captions that the probes are given of a net whose text nothing makes. */
const CAPTIONS = 16;

/**
 * What a user who knows such a net would feed it: texts of its training where nothing in the folder makes any, and the
 * sizes that it was told.
 */
export function givenFor({ conditions }: Validation): {
  readonly features?: readonly TextFeatures[];
  readonly inputs?: ReadonlyMap<string, Values>;
} {
  const row = (name: string, at: number): Values | undefined => {
    const values = conditions.get(name);
    if (values === undefined) return undefined;
    const each = values.data.length / (values.dims[0] as number);
    return {
      data: values.data.slice(at * each, (at + 1) * each),
      dims: [1, ...values.dims.slice(1)],
    };
  };
  const features = Array.from({ length: CAPTIONS }, (_, at): TextFeatures => {
    const [hidden, pooled] = [row('encoder_hidden_states', at), row('text_embeds', at)];
    return { ...(hidden === undefined ? {} : { hidden }), ...(pooled === undefined ? {} : { pooled }) };
  });
  const sizes = row('time_ids', 0);
  return {
    ...(features[0]?.hidden === undefined ? {} : { features }),
    ...(sizes === undefined ? {} : { inputs: new Map([['time_ids', sizes]]) }),
  };
}

function valuesOf({ name, shape }: Tensor, floats: Float32Array): Values {
  const whole = name === 'class_labels' && shape.length === 1;
  return { data: whole ? BigInt64Array.from(floats, BigInt) : floats, dims: shape };
}
