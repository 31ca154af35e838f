/** Changes that every sound net goes through somewhere, after which it is as sound as before. */
import type { PlainDtype } from '../../src/formats/dtype.ts';
import type { Tensor } from '../../src/formats/checkpoint.ts';
import { decodeFloats } from '../../src/formats/decode.ts';
import type { TensorSpec } from '../../test/build/safetensors.ts';
import { type Edit, type Stored, unetEdit } from './edit.ts';
import { encodeFloats } from './encode.ts';
import type { Means } from './damages/kind.ts';
import { loraDelta, mixed } from './damages/mixed.ts';
import type { Subject } from './subject.ts';

export interface Variant {
  readonly id: string;
  readonly does: string;
  /** It takes the sibling too. */
  readonly relatives?: true;
  make(means: Means): Edit | undefined;
}

/** Every float tensor of the U-Net stored in another dtype. */
function cast(dtype: PlainDtype): Variant['make'] {
  return ({ subject }) => {
    const all = subject.names.map((name) => subject.tensor(name));
    if (all.every((tensor) => tensor.dtype === dtype)) return undefined;
    const stored = all.map((tensor): [Tensor, Stored] => [
      tensor,
      { dtype, bytes: encodeFloats(subject.numbers(tensor), dtype) },
    ]);
    return { tensors: new Map(stored) };
  };
}

/** Matrices and convolutions in 8 bits, each divided by scales that are stored beside it. */
function scaled(dtype: PlainDtype, most: number, perRow: boolean): Variant['make'] {
  return ({ subject }) => {
    const tensors = new Map<Tensor, Stored>();
    const beside: TensorSpec[] = [{ name: 'scaled_fp8', dtype: 'F8_E4M3', shape: [0] }];
    for (const name of subject.names) {
      const tensor = subject.tensor(name);
      if (tensor.shape.length < 2 || !tensor.name.endsWith('.weight')) continue;
      const floats = subject.numbers(tensor);
      const rows = perRow ? (tensor.shape[0] ?? 1) : 1;
      const scales = scalesOf(floats, rows, most);
      const run = floats.length / rows;
      const divided = floats.map((value, at) => value / (scales[Math.floor(at / run)] as number));
      tensors.set(tensor, { dtype, bytes: encodeFloats(divided, dtype) });
      const module = tensor.name.slice(0, -'.weight'.length);
      beside.push({
        name: `${module}.scale_weight`,
        dtype: 'F32',
        shape: perRow ? [rows] : [],
        data: encodeFloats(scales, 'F32'),
      });
    }
    return { tensors, beside: dtype === 'I8' ? beside.slice(1) : beside };
  };
}

function scalesOf(floats: Float32Array, rows: number, most: number): Float32Array {
  const run = floats.length / rows;
  return Float32Array.from({ length: rows }, (_, row) => {
    let largest = 0;
    for (const value of floats.subarray(row * run, (row + 1) * run))
      largest = Math.max(largest, Math.abs(value));
    return largest === 0 ? 1 : largest / most;
  });
}

/** The numbers of GGUF's Q8_0: blocks of 32 with a scale in fp16. Vectors stay as they are, as its writers leave them. */
function q8({ subject }: Means): Edit | undefined {
  return changedWeights(subject, (floats) => {
    const rounded = new Float32Array(floats.length);
    for (let at = 0; at < floats.length; at += 32) {
      const block = floats.subarray(at, at + 32);
      const [scale = 1] = decodeFloats(encodeFloats(scalesOf(block, 1, 127), 'F16'), 'F16');
      rounded.set(
        block.map((value) => Math.round(value / scale) * scale),
        at,
      );
    }
    return rounded;
  });
}

function changedWeights(
  subject: Subject,
  change: (floats: Float32Array, rows: number) => Float32Array,
): Edit {
  const names = subject.names.filter((name) => subject.shape(name).length > 1);
  return unetEdit(
    subject,
    new Map(names.map((name) => [name, change(subject.floats(name), subject.shape(name)[0] ?? 1)])),
  );
}

/** Rounded to 8 bits a row and written as floats again. */
function int8({ subject }: Means): Edit {
  return changedWeights(subject, (floats, rows) => {
    const scales = scalesOf(floats, rows, 127);
    const run = floats.length / rows;
    return floats.map((value, at) => {
      const scale = scales[Math.floor(at / run)] as number;
      return Math.round(value / scale) * scale;
    });
  });
}

function lora({ subject, sibling, draw }: Means): Edit | undefined {
  if (sibling === undefined) return undefined;
  const names = subject.names.filter((name) => subject.shape(name).length > 1);
  const values = names.map((name): [string, Float32Array] => {
    const delta = loraDelta(subject, sibling, name, draw);
    return [name, subject.floats(name).map((value, at) => value + (delta[at] as number))];
  });
  return unetEdit(subject, new Map(values));
}

export const variants: readonly Variant[] = [
  { id: 'as it is', does: 'the file as it was written', make: () => ({}) },
  { id: 'fp32', does: 'cast to fp32', make: cast('F32') },
  { id: 'fp16', does: 'cast to fp16', make: cast('F16') },
  { id: 'bf16', does: 'cast to bf16', make: cast('BF16') },
  { id: 'fp8', does: 'a plain cast to e4m3', make: cast('F8_E4M3') },
  { id: 'fp8 scaled', does: 'e4m3 with a scale for each weight', make: scaled('F8_E4M3', 448, false) },
  { id: 'int8 scaled', does: 'int8 with a scale for each row', make: scaled('I8', 127, true) },
  { id: 'int8', does: 'rounded to int8 a row, written as floats', make: int8 },
  { id: 'Q8_0', does: 'rounded as GGUF Q8_0', make: q8 },
  {
    id: 'sibling',
    does: 'another moment, the average, or a fine-tune of the training',
    relatives: true,
    make: ({ subject, sibling }) => (sibling === undefined ? undefined : mixed(subject, sibling, 0, 1)),
  },
  {
    id: 'half-half',
    does: 'half-half with the sibling',
    relatives: true,
    make: ({ subject, sibling }) => (sibling === undefined ? undefined : mixed(subject, sibling, 0.5, 0.5)),
  },
  {
    id: 'weighted merge',
    does: 'three tenths of the sibling',
    relatives: true,
    make: ({ subject, sibling }) => (sibling === undefined ? undefined : mixed(subject, sibling, 0.7, 0.3)),
  },
  { id: 'LoRA merged', does: 'the way to the sibling in rank 4, merged in', relatives: true, make: lora },
];
