/** What the net's last layer could still take away of its error: next to nothing, where training came to its end. */
import type { NoiseSource } from '../../schedule/latent.ts';
import { type PredictionType, toOutput, vpLevelOfSigma } from '../../schedule/prediction.ts';
import { Gram } from '../../values/gram.ts';
import { type Levels, sigmaAt, timestepNear } from './levels.ts';
import { type Clean, dot, mix, noises, standardError } from './mixing.ts';
import type { Look, OpenSubject } from './subject.ts';

export interface Refit {
  /** Of what the net misses, the share that its last layer would take away if it were fitted anew. 0 or below: none. */
  readonly share: number;
  /** Its standard error, from leaving out each picture in turn. */
  readonly error: number;
}

export interface RefitOptions {
  /** σ/α at which it is looked at, each as heavy as the others. */
  readonly sigmas: readonly number[];
  /** Noises on each picture and level. */
  readonly repeats: number;
}

/** Of the mean diagonal: directions that the features hardly take are left alone. */
const RIDGE = 0.01;

/** Beyond, only the middle of each kernel is fitted. */
const MOST_CHANNELS = 64;

/** Places of each picture that the second moments are taken from, for those only weigh. No picture may be left out. */
const PLACES = 64;

/**
 * The last convolution is linear, so at a minimum of squared error what is missed goes with nothing that it reads: with X
 * its inputs at all places (channels and kernel positions) and r what is missed, Xᵀr = 0 (normal equations). Away from it a
 * new fit would take (Xᵀr)ᵀ(XᵀX)⁻¹(Xᵀr) of ‖r‖². Of gradients g of single pictures only products of different ones are
 * taken, n²·mean(g_aᵀH⁻¹g_b): so noise and the number of weights add nothing in expectation.
 *
 * What was damaged before the last layer shows in it too, for that layer was fitted to what it was then given. Whatever the
 * data, the net could miss less by the share, so its loss is at least 1/(1 − share) times what it need be.
 * @param pictures of the kind that the net was trained on; each is fed with the condition of its number
 */
export async function refit(
  subject: OpenSubject,
  type: PredictionType,
  levels: Levels,
  pictures: readonly Clean[],
  noise: NoiseSource,
  { sigmas, repeats }: RefitOptions,
): Promise<Refit> {
  const whole = new Whole();
  for (const wanted of sigmas) {
    const timestep = timestepNear(levels, wanted);
    const level = vpLevelOfSigma(sigmaAt(levels, timestep));
    const here = new Moments(pictures.length);
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const given = noises(noise, pictures.length, pictures[0]?.length ?? 0);
      const questions = pictures.map((clean, condition) => ({
        sample: mix(clean, given[condition] as Float32Array, level),
        timestep,
        condition,
      }));
      for (const [picture, look] of (await subject.look(questions)).entries()) {
        // what a perfect net with no doubt would put out
        const due = toOutput(type, level, pictures[picture] as Clean, given[picture] as Float32Array);
        const missed = look.output.map((value, at) => (due[at] as number) - value);
        here.add(picture, look, missed, subject);
      }
    }
    whole.take(here);
  }
  return whole.share();
}

/** Sums over places: inputs with inputs, and inputs with what is missed, picture by picture. */
class Moments {
  /** Xᵀr of each picture, [outputs · inputs]. */
  readonly gradients: Float64Array[];
  missed = 0;
  #products: Gram | undefined;
  /** Places that each of those products stands for. */
  #every = 1;

  constructor(pictures: number) {
    this.gradients = Array.from({ length: pictures }, () => new Float64Array());
  }

  /** Upper half of XᵀX, [inputs · inputs], as if it were of all places. */
  second(): Float64Array {
    return (this.#products?.finish() ?? new Float64Array()).map((value) => value * this.#every);
  }

  add(
    picture: number,
    { features }: Look,
    missed: Float32Array,
    { height, width }: { readonly height: number; readonly width: number },
  ): void {
    const area = height * width;
    const channels = features.length / area;
    const reach = channels > MOST_CHANNELS ? 0 : 1;
    const inputs = channels * (2 * reach + 1) ** 2 + 1;
    const outputs = missed.length / area;
    this.#products ??= new Gram(inputs);
    if (this.gradients[picture]?.length === 0) this.gradients[picture] = new Float64Array(inputs * outputs);
    const gradient = this.gradients[picture] as Float64Array;
    // odd, so that it is not always the same columns
    this.#every = Math.max(1, Math.floor(area / PLACES) | 1);
    const taken = Math.ceil(area / this.#every);
    // [inputs, places taken]
    const columns = new Float32Array(inputs * taken);
    const row = new Float64Array(inputs);
    for (let place = 0; place < area; place += 1) {
      readAround(features, { place, height, width, reach }, row);
      if (place % this.#every === 0) {
        const at = place / this.#every;
        for (let input = 0; input < inputs; input += 1) columns[input * taken + at] = row[input] as number;
      }
      for (let output = 0; output < outputs; output += 1) {
        const off = missed[output * area + place] as number;
        const base = output * inputs;
        for (let input = 0; input < inputs; input += 1)
          gradient[base + input] = (gradient[base + input] as number) + off * (row[input] as number);
      }
    }
    const starts = Int32Array.from({ length: inputs }, (_, input) => input * taken);
    this.#products.add(columns, starts, taken);
    this.missed += dot(missed, missed);
  }
}

/** The sums of all levels, each weighed so that what is missed there counts 1. */
class Whole {
  #second = new Float64Array();
  #gradients: readonly Float64Array[] = [];
  #levels = 0;

  take(level: Moments): void {
    if (level.missed === 0) return;
    const second = level.second();
    if (this.#levels === 0) {
      this.#second = new Float64Array(second.length);
      this.#gradients = level.gradients.map(({ length }) => new Float64Array(length));
    }
    const weight = 1 / level.missed;
    addScaled(this.#second, second, weight);
    for (const [picture, gradient] of this.#gradients.entries())
      addScaled(gradient, level.gradients[picture] as Float64Array, weight);
    this.#levels += 1;
  }

  share(): Refit {
    const inputs = Math.sqrt(this.#second.length);
    const factor = cholesky(this.#second, inputs);
    const whitened = this.#gradients.map((gradient) => solved(factor, inputs, gradient));
    const count = whitened.length;
    const products = whitened.map((a) => whitened.map((b) => dot(a, b)));
    const own = products.map((row, at) => row.reduce((sum, value) => sum + value, 0) - (row[at] as number));
    const total = own.reduce((sum, value) => sum + value, 0);
    const scale = (count * count) / this.#levels;
    const share = (scale * total) / (count * (count - 1));
    const without = own.map((sum) => (scale * (total - 2 * sum)) / ((count - 1) * (count - 2)));
    return { share, error: (count - 1) * standardError(without) };
  }
}

interface Around {
  readonly place: number;
  readonly height: number;
  readonly width: number;
  /** 1 for a kernel of three. */
  readonly reach: number;
}

/** What a convolution reads at a place, zeros beyond the edge, and a 1 behind it for the bias. */
function readAround(
  features: Float32Array,
  { place, height, width, reach }: Around,
  row: Float64Array,
): void {
  const [y, x, area] = [Math.floor(place / width), place % width, height * width];
  let at = 0;
  for (let plane = 0; plane < features.length; plane += area) {
    for (let down = y - reach; down <= y + reach; down += 1) {
      for (let across = x - reach; across <= x + reach; across += 1) {
        const inside = down >= 0 && down < height && across >= 0 && across < width;
        row[at] = inside ? (features[plane + down * width + across] as number) : 0;
        at += 1;
      }
    }
  }
  row[at] = 1;
}

function addScaled(sum: Float64Array, more: Float64Array, weight: number): void {
  for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] as number) + weight * (more[at] as number);
}

/** L with L·Lᵀ = H, of the upper half of H, its diagonal raised by the ridge. */
function cholesky(second: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(size * size);
  let trace = 0;
  for (let i = 0; i < size; i += 1) trace += second[i * size + i] as number;
  const ridge = (RIDGE * trace) / size;
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let left = (second[j * size + i] as number) + (i === j ? ridge : 0);
      for (let k = 0; k < j; k += 1)
        left -= (factor[i * size + k] as number) * (factor[j * size + k] as number);
      factor[i * size + j] = i === j ? Math.sqrt(left) : left / (factor[j * size + j] as number);
    }
  }
  return factor;
}

/** L⁻¹ of each of the vectors that stand one behind the other. */
function solved(factor: Float64Array, size: number, vectors: Float64Array): Float64Array {
  const out = new Float64Array(vectors.length);
  for (let base = 0; base < vectors.length; base += size) {
    for (let i = 0; i < size; i += 1) {
      let left = vectors[base + i] as number;
      for (let k = 0; k < i; k += 1) left -= (factor[i * size + k] as number) * (out[base + k] as number);
      out[base + i] = left / (factor[i * size + i] as number);
    }
  }
  return out;
}
