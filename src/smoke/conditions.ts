import type { Values } from './engine.ts';
import type { CompiledGraph, GraphInput } from './compile/index.ts';

/** What a text encoder made of a prompt. */
export interface TextFeatures {
  /** float32 [1, tokens, width]: what cross-attention reads. */
  readonly hidden?: Values;
  /** float32 [1, width]: one vector for the whole prompt. */
  readonly pooled?: Values;
}

/** What the net is run for, beside the text. */
export interface Occasion {
  /** Pixels of the picture that is to come out. */
  readonly width: number;
  readonly height: number;
  readonly guidance: number;
  /** True for the run without the prompt, which guidance pushes away from. */
  readonly negative: boolean;
}

/** Every input beside the latent and the timestep. */
export interface Conditions {
  readonly inputs: ReadonlyMap<string, Values>;
  /** Inputs that nothing in the model can make, and what is fed in their place, in words. */
  readonly standIns: readonly string[];
}

/** Tokens of every CLIP prompt: what stands in for a text is as long as one. */
const TOKENS = 77;

/** A class of ImageNet's thousand: any will do, and the first is as likely to be special as not. */
const CLASS = 1;

/** Aesthetic scores that SDXL's refiner is told. Source: diffusers pipeline_stable_diffusion_xl_img2img.py. */
const [AESTHETIC, NEGATIVE_AESTHETIC] = [6, 2.5];

/** Makes what the net is fed beside the latent and the timestep, for one picture. */
export function conditionsOf(graph: CompiledGraph, text: TextFeatures, occasion: Occasion): Conditions {
  const inputs = new Map<string, Values>();
  const standIns: string[] = [];
  for (const input of graph.inputs) {
    if (input.name === 'sample' || input.name === 'timestep') continue;
    const made = makers.get(input.name)?.(input, text, occasion);
    inputs.set(input.name, made ?? zeros(input));
    if (made === undefined) standIns.push(`${input.name} [${dimsOf(input).join(', ')}]: zeros`);
  }
  return { inputs, standIns };
}

type Maker = (input: GraphInput, text: TextFeatures, occasion: Occasion) => Values | undefined;

const makers: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ['encoder_hidden_states', (input, { hidden }) => fitting(hidden, input)],
  ['text_embeds', (input, { pooled }) => fitting(pooled, input)],
  ['time_ids', timeIds],
  ['class_labels', classLabels],
  ['timestep_cond', (input, _, { guidance }) => guidanceEmbedding(guidance, lastOf(input))],
]);

/** The features, when they are as wide as the net reads. */
function fitting(values: Values | undefined, input: GraphInput): Values | undefined {
  return values?.dims.at(-1) === lastOf(input) ? values : undefined;
}

/**
 * SDXL is told the size of the picture, the corner it was cut at and the size it is to have; the refiner a score in
 * place of the last. Source: diffusers pipeline_stable_diffusion_xl.py, `_get_add_time_ids`.
 */
function timeIds(input: GraphInput, _: TextFeatures, occasion: Occasion): Values | undefined {
  const { width, height, negative } = occasion;
  const seen = [height, width, 0, 0];
  const ids = new Map([
    [6, [...seen, height, width]],
    [5, [...seen, negative ? NEGATIVE_AESTHETIC : AESTHETIC]],
  ]).get(lastOf(input));
  return ids === undefined ? undefined : { data: Float32Array.from(ids), dims: [1, ids.length] };
}

/** A class of a table; nets that read a vector in its place (image embeddings) have nothing that makes one. */
function classLabels(input: GraphInput): Values | undefined {
  return input.type === 'INT64' ? { data: BigInt64Array.of(BigInt(CLASS)), dims: [1] } : undefined;
}

/**
 * The guidance that a distilled net is fed in place of being run twice: sinusoids of 1000 · (scale − 1), sines first.
 * Source: Luo et al. 2023, "Latent Consistency Models"; diffusers `get_guidance_scale_embedding`.
 */
export function guidanceEmbedding(scale: number, width: number): Values {
  const half = Math.floor(width / 2);
  const data = new Float32Array(width);
  for (let index = 0; index < half; index += 1) {
    const angle = 1000 * (scale - 1) * Math.exp((-Math.log(10000) * index) / (half - 1));
    data[index] = Math.sin(angle);
    data[half + index] = Math.cos(angle);
  }
  return { data, dims: [1, width] };
}

function zeros(input: GraphInput): Values {
  const dims = dimsOf(input);
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { data: input.type === 'INT64' ? new BigInt64Array(count) : new Float32Array(count), dims };
}

/** The sizes for one picture. */
function dimsOf({ dims }: GraphInput): readonly number[] {
  return dims.map((dim) => (typeof dim === 'number' ? dim : dim === 'tokens' ? TOKENS : 1));
}

function lastOf({ dims }: GraphInput): number {
  const last = dims.at(-1);
  return typeof last === 'number' ? last : 0;
}
