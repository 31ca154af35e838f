/**
 * The bundled safetensors model as the two converters of U-Nets would write it, quantised here: simple quantisers,
 * whose files differ from the converters' own in the numbers alone.
 */
import { elementCount, type Tensor } from '../../src/formats/checkpoint.ts';
import { decodeFloats } from '../../src/formats/decode.ts';
import { byteLengthOf, type Dtype } from '../../src/formats/dtype.ts';
import { smallFloats } from '../../src/formats/small-float.ts';
import { buildGguf, type GgufPairs, type GgufTensor, value } from './gguf.ts';

/** What weights are converted to. */
export type Target = 'F16' | 'Q8_0' | 'Q4_K';

/** A tensor with its bytes in the file that it is read from. */
export interface SourceTensor {
  readonly tensor: Tensor;
  readonly bytes: Uint8Array;
}

const FILE_TYPES = { F16: 1, Q8_0: 7, Q4_K: 15 } as const;
const BLOCK = { F16: 1, Q8_0: 32, Q4_K: 256 } as const;

/**
 * As stable-diffusion.cpp does: the whole checkpoint under its own names, no metadata at all. Convolutions keep
 * four dimensions, and whatever has rows that do not fill a block keeps its type.
 * Source: stable-diffusion.cpp `src/convert.cpp` (`tensor_should_be_converted`), `src/model_io/gguf_io.cpp`.
 */
export function asStableDiffusionCpp(sources: readonly SourceTensor[], target: Target): Uint8Array {
  const kept = /\.(?:bias|scale)$|time_embed\.|label_emb\.|embedding|position_ids/;
  return buildGguf(
    sources
      // its list of names that no net needs
      .filter(({ tensor }) => !tensor.name.endsWith('position_ids'))
      .map(({ tensor, bytes }) => {
        // ggml does not write leading dimensions of 1
        const leading = tensor.shape.findIndex((dim) => dim !== 1);
        const shape = leading <= 0 ? tensor.shape : tensor.shape.slice(leading);
        const fits =
          tensor.shape.length > 1 && !kept.test(tensor.name) && (shape.at(-1) ?? 1) % BLOCK[target] === 0;
        return converted(tensor, bytes, shape, fits ? target : tensor.dtype);
      }),
  );
}

/**
 * As ComfyUI-GGUF does: the U-Net alone, without its prefix. Tensors whose rows do not fill 256 are stored as rows
 * of 256, with their own shape noted, unless `notes` is false; small ones and vectors are F32.
 * Source: city96/ComfyUI-GGUF `tools/convert.py` (`shape_fix`).
 */
export function asComfyUi(sources: readonly SourceTensor[], target: Target, notes = true): Uint8Array {
  const prefix = 'model.diffusion_model.';
  const tensors: GgufTensor[] = [];
  const pairs: [string, ReturnType<typeof value.ints>][] = [];
  for (const { tensor, bytes } of sources) {
    if (!tensor.name.startsWith(prefix)) continue;
    const name = tensor.name.slice(prefix.length);
    const count = elementCount(tensor.shape);
    const small = tensor.shape.length === 1 || count <= 1024;
    const reshaped = notes && !small && count % 256 === 0 && (tensor.shape.at(-1) ?? 1) % 256 !== 0;
    const shape = reshaped ? [count / 256, 256] : tensor.shape;
    if (reshaped) pairs.push([`comfy.gguf.orig_shape.${name}`, value.ints(tensor.shape)]);
    const fits = (shape.at(-1) ?? 1) % BLOCK[target] === 0;
    tensors.push({ ...converted(tensor, bytes, shape, small ? 'F32' : fits ? target : 'F16'), name });
  }
  const labels: GgufPairs = [
    ['general.architecture', value.string('sd1')],
    ['general.quantization_version', value.u32(2)],
    ['general.file_type', value.u32(FILE_TYPES[target])],
  ];
  return buildGguf(tensors, [...labels, ...pairs]);
}

function converted(tensor: Tensor, bytes: Uint8Array, shape: readonly number[], dtype: Dtype): GgufTensor {
  const { name } = tensor;
  if (dtype === tensor.dtype) return { name, dtype, shape, data: bytes };
  return { name, dtype, shape, data: encode(decodeFloats(bytes, tensor.dtype), dtype) };
}

function encode(values: Float32Array, dtype: Dtype): Uint8Array {
  switch (dtype) {
    case 'F32':
      return new Uint8Array(values.slice().buffer);
    case 'Q8_0':
      return blocks(values, 'Q8_0', 32, q8_0);
    case 'Q4_K':
      return blocks(values, 'Q4_K', 256, q4K);
    default:
      throw new Error(`tests write no ${dtype}`);
  }
}

type QuantiseBlock = (values: Float32Array, out: Uint8Array) => void;

function blocks(values: Float32Array, dtype: Dtype, length: number, one: QuantiseBlock): Uint8Array {
  const size = byteLengthOf(dtype, length);
  const out = new Uint8Array((values.length / length) * size);
  for (let block = 0; block * length < values.length; block += 1) {
    one(
      values.subarray(block * length, (block + 1) * length),
      out.subarray(block * size, (block + 1) * size),
    );
  }
  return out;
}

const q8_0: QuantiseBlock = (values, out) => {
  const scale = putHalf(out, 0, Math.max(...values.map(Math.abs)) / 127);
  values.forEach((one, index) => {
    out[2 + index] = scale === 0 ? 0 : Math.max(-128, Math.min(127, Math.round(one / scale)));
  });
};

/** Eight sub-blocks, each from its least number (or 0) in 15 steps; steps and least numbers in 63 of their own. */
const q4K: QuantiseBlock = (values, out) => {
  const parts = Array.from({ length: 8 }, (_, part) => values.subarray(part * 32, part * 32 + 32));
  const below = parts.map((part) => Math.max(0, -Math.min(...part)));
  const steps = parts.map((part, index) => Math.max(0, (Math.max(...part) + (below[index] as number)) / 15));
  const scale = putHalf(out, 0, Math.max(...steps) / 63);
  const least = putHalf(out, 2, Math.max(...below) / 63);
  const inSteps = (all: readonly number[], unit: number) =>
    all.map((one) => (unit === 0 ? 0 : Math.min(63, Math.round(one / unit))));
  const scales = inSteps(steps, scale);
  const mins = inSteps(below, least);
  for (let part = 0; part < 4; part += 1) {
    const [a, b, c, d] = [scales[part], scales[part + 4], mins[part], mins[part + 4]] as [
      number,
      number,
      number,
      number,
    ];
    out[4 + part] = a | ((b >> 4) << 6);
    out[8 + part] = c | ((d >> 4) << 6);
    out[12 + part] = (b & 15) | ((d & 15) << 4);
  }
  parts.forEach((part, index) => {
    const step = scale * (scales[index] as number);
    const from = least * (mins[index] as number);
    part.forEach((one, i) => {
      const nibble = step === 0 ? 0 : Math.max(0, Math.min(15, Math.round((one + from) / step)));
      const at = 16 + (index >> 1) * 32 + i;
      out[at] = (out[at] as number) | (nibble << ((index & 1) * 4));
    });
  });
};

/** Writes the half-precision number nearest to a positive one, and returns it. */
function putHalf(out: Uint8Array, at: number, wanted: number): number {
  const halves = smallFloats('F16') as Float32Array;
  let low = 0;
  let high = 0x7bff;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((halves[middle] as number) <= wanted) low = middle;
    else high = middle;
  }
  const nearer = wanted - (halves[low] as number) <= (halves[high] as number) - wanted ? low : high;
  out[at] = nearer & 255;
  out[at + 1] = nearer >> 8;
  return halves[nearer] as number;
}
