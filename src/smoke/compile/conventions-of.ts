import type { JsonValue } from '../../formats/json.ts';
import type { Net } from '../../topology/net.ts';
import { type AddedTime, CONDITIONAL_FOURIER, type Conventions, SCORE_FOURIER } from './conventions.ts';
import { declared } from './declared.ts';

/**
 * LDM, SGM and guided-diffusion (`timestep_embedding`, `GroupNorm32`, `Downsample`), and the defaults of
 * diffusers' UNet2DConditionModel and UNet2DModel, which were chosen to agree with them.
 */
export const USUAL: Conventions = {
  flipSinToCos: true,
  freqShift: 0,
  normGroups: 32,
  normEps: 1e-5,
  downsamplePadding: 1,
  classInput: 'vector',
  activations: { resnet: 'silu', head: 'silu', time: 'silu', projected: 'silu' },
  outScale: { resnets: 1, middle: 1, middleAttention: 1 },
  poolHeads: 64,
  fourier: CONDITIONAL_FOURIER,
  centerInput: false,
};

/** google/ddpm-cifar10-32 and google/ddpm-celebahq-256, config.json: as in the DDPM paper's own code. */
const DDPM: Partial<Conventions> = { flipSinToCos: false, freqShift: 1, normEps: 1e-6, downsamplePadding: 0 };

/**
 * deep-floyd IF, deepfloyd_if/model/unet.py with the `activation: gelu` of every released net. Whether the embeddings
 * pass it once for all resnets or in each of them is the same.
 */
const IF: Partial<Conventions> = {
  activations: { resnet: 'gelu', head: 'gelu', time: 'gelu', projected: 'gelu' },
  classInput: 'timestep',
};

/** Its super-resolution nets have `scale_skip_connection`: 1/√2, in the four digits of that code. */
const IF_SUPER_RESOLUTION: Partial<Conventions> = {
  outScale: { resnets: 10_000 / 7071, middle: 10_000 / 7071, middleAttention: 1 },
};

/**
 * Time ids of nets with `add_embedding`, by the width of what enters it: pooled text, then each id 256 wide. Sizes,
 * crop and target sizes are six; the refiner has an aesthetic score in place of the target sizes.
 * Source: SGM configs/inference/sd_xl_base.yaml and sd_xl_refiner.yaml (`ConcatTimestepEmbedderND`, outdim 256).
 */
const ADDED_TIME: ReadonlyMap<number, AddedTime> = new Map([
  [1280 + 6 * 256, { width: 256, ids: 6 }],
  [1280 + 5 * 256, { width: 256, ids: 5 }],
  [4096 + 6 * 256, { width: 256, ids: 6 }], // Kolors, whose text encoder is ChatGLM3
]);

/**
 * The conventions that hold for a net: what its grammar's runtimes share, and over that what its own
 * `config.json` says.
 * @throws {UnsupportedNetError} when the config asks for a computation that is not there.
 */
export function conventionsOf(net: Net, config?: JsonValue): Conventions {
  const shared = { ...USUAL, ...grammar(net) };
  return { ...shared, ...declared(shared, config) };
}

function grammar(net: Net): Partial<Conventions> {
  const { addedWidth, timeInputDim, timeEmbedDim } = net.conditioning;
  const addedTime = ADDED_TIME.get(addedWidth?.value ?? 0);
  const embeds = new Set(net.embeddings.map(({ id }) => id));
  // of the two kinds of nets with Fourier features, only one widens them
  const widens = (timeInputDim?.value ?? 0) < (timeEmbedDim?.value ?? 0);
  return {
    ...(net.family.id.startsWith('ddpm-') ? DDPM : {}),
    ...(poolsText(net) ? IF : {}),
    ...(poolsText(net) && embeds.has('class_embedding') ? IF_SUPER_RESOLUTION : {}),
    ...(embeds.has('time_proj') && widens ? { fourier: SCORE_FOURIER } : {}),
    ...(addedTime === undefined ? {} : { addedTime }),
  };
}

/** An attention that pools the text is what DeepFloyd IF has and no other net. */
function poolsText({ embeddings }: Net): boolean {
  return embeddings.some(({ tensors }) =>
    tensors.some(({ canonical }) => canonical === 'add_embedding.pool.positional_embedding'),
  );
}
