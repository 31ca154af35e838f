import { elementCount, type Tensor } from '../formats/checkpoint.ts';
import type { Dtype } from '../formats/dtype.ts';
import { quantile } from './statistics.ts';
import { MANY, type Sample, sampleTensor } from './scan/sample.ts';
import type { ReadTensor } from './weights.ts';

/** What most matrices of a component have in common. */
export interface Common {
  /** Matrices that have it … */
  readonly count: number;
  /** … and how much of it, in the middle of them. */
  readonly median: number;
}

/** What the numbers of a component's matrices show of what was done to them after training. */
export interface NumbersReading {
  /** Matrices that were looked at. */
  readonly matrices: number;
  /** Shares of exact zeros that no rounding made. */
  readonly pruned?: Common;
  /** Numbers of different values, in 8192 and more. */
  readonly few?: Common;
  /** Shares of numbers at the largest magnitude. */
  readonly clipped?: Common;
  /** Norms that have a bias, and those whose bias is zero from end to end, where most are. */
  readonly unbiased?: { readonly count: number; readonly of: number };
}

/** A tensor and its place in the grammar of its component. */
interface Canonical {
  readonly canonical: string;
  readonly tensor: Tensor;
}

/** Smaller matrices say little. */
const LEAST_ELEMENTS = 4096;

/** Fewer matrices or norms are no net. */
const LEAST_MATRICES = 8;

/** Dtypes that hold numbers as they were trained; those of 8 bits and less have zeros, steps and ends of their own. */
const WIDE: ReadonlySet<Dtype> = new Set<Dtype>(['F16', 'BF16', 'F32', 'F64']);

/** As trained there is none; half precision makes zeros only of what is below 6e-8. */
const ZEROS = 0.05;

/** Blocks of 4 bits have 0.23, rows of 5 bits at most 0.53; pruned weights in bfloat16 0.93. */
const VARIETY = 0.75;

/** 5 bits make 31. A matrix of 8 bits in one scale, its largest number 20 deviations, has 44 among 4096. */
const FEW = 40;

/** Of a bell shape, what lies beyond three and a quarter deviations; unclipped one or two numbers are at the end. */
const AT_END = 0.001;

/** Clipped at three deviations a bell has as many near the end at most; one drawn flat in bfloat16 33 times as many. */
const END_OVER_NEAR = 0.5;

/**
 * Looks at some thousand numbers of each matrix and tells what most of them have in common: weights set to zero, rounded
 * to a few steps, or cut off. One matrix says nothing: some are drawn or made so.
 * @throws {ReadError} when the bytes cannot be had.
 */
export async function readNumbers(tensors: readonly Canonical[], read: ReadTensor): Promise<NumbersReading> {
  const samples: Sample[] = [];
  for (const { tensor } of tensors) {
    const { dtype, shape } = tensor;
    if (shape.length < 2 || !WIDE.has(dtype) || elementCount(shape) < LEAST_ELEMENTS) continue;
    const sample = await sampleTensor(tensor, read);
    if (sample.zeros < sample.elements) samples.push(sample);
  }
  const biases = normBiases(tensors);
  let zero = 0;
  for (const bias of biases) {
    const { zeros, elements } = await sampleTensor(bias, read);
    if (zeros === elements) zero += 1;
  }
  const lost = biases.length >= LEAST_MATRICES && zero > biases.length / 2;
  return {
    ...numbersOf(samples),
    ...(lost ? { unbiased: { count: zero, of: biases.length } } : {}),
  };
}

/** Biases of layers whose weight is a vector. */
function normBiases(tensors: readonly Canonical[]): readonly Tensor[] {
  const byName = new Map(tensors.map(({ canonical, tensor }) => [canonical, tensor]));
  return tensors.flatMap(({ canonical, tensor }) => {
    if (!canonical.endsWith('.bias') || !WIDE.has(tensor.dtype) || elementCount(tensor.shape) < 2) return [];
    const weight = byName.get(canonical.replace(/bias$/, 'weight'));
    return weight?.shape.length === 1 ? [tensor] : [];
  });
}

/** The same of samples that were taken. */
export function numbersOf(samples: readonly Sample[]): NumbersReading {
  const common = (
    test: (sample: Sample) => boolean,
    measure: (sample: Sample) => number,
  ): Common | undefined => {
    const those = samples.filter(test);
    if (samples.length < LEAST_MATRICES || those.length <= samples.length / 2) return undefined;
    return { count: those.length, median: quantile(those.map(measure), 0.5) };
  };
  const pruned = common(isPruned, ({ zeros, elements }) => zeros / elements);
  const few = common(isFew, ({ distinct }) => distinct);
  const clipped = common(isClipped, ({ atEnd, elements }) => atEnd / elements);
  return {
    matrices: samples.length,
    ...(pruned === undefined ? {} : { pruned }),
    ...(few === undefined ? {} : { few }),
    ...(clipped === undefined ? {} : { clipped }),
  };
}

function isPruned({ zeros, elements, variety, distinct }: Sample): boolean {
  return zeros >= ZEROS * elements && variety >= VARIETY && distinct > FEW;
}

function isFew({ distinct, coarse }: Sample): boolean {
  return distinct <= FEW && !coarse;
}

function isClipped({ atEnd, nearEnd, elements, distinct }: Sample): boolean {
  return distinct > MANY && atEnd >= AT_END * elements && atEnd >= END_OVER_NEAR * nearEnd;
}
