/**
 * A latent as a picture without a VAE: each colour a weighted sum of the latent's channels, at the latent's own size.
 * It shows composition and colours coarsely; it is no decoding, and each preview says so.
 */
import { principalAxes } from './principal-axes.ts';

/** A picture: rows from the top, three bytes a pixel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3], sRGB. */
  readonly rgb: Uint8Array;
}

/** A picture of a latent, and what kind of picture it is. */
export interface Preview extends Picture {
  /** In words, for whoever is shown it: `linear preview of the latent, not decoded`. */
  readonly label: string;
}

/** A space of latents in which the weights of a preview are known. */
export type LatentSpace = 'pixels' | 'sd' | 'sdxl' | 'playground-2.5' | 'sd-x4';

/** Weights of one space. */
interface Weights {
  /** Red, green and blue for each channel of the latent, in −1..1 of colour. */
  readonly channels: readonly (readonly [red: number, green: number, blue: number])[];
  readonly bias: readonly [red: number, green: number, blue: number];
}

const NO_BIAS = [0, 0, 0] as const;

/**
 * Least-squares weights, for latents as the net sees them (scaled). Source: ComfyUI, `comfy/latent_formats.py`,
 * `latent_rgb_factors`; the idea, and the first weights for Stable Diffusion 1.4, are keturn's (Hugging Face forum,
 * “Decoding latents to RGB without upscaling”, 2022). Stable Diffusion 2 has the latents of 1, and ComfyUI one entry.
 */
const WEIGHTS: ReadonlyMap<LatentSpace, Weights> = new Map<LatentSpace, Weights>([
  [
    'sd',
    {
      channels: [
        [0.3512, 0.2297, 0.3227],
        [0.325, 0.4974, 0.235],
        [-0.2829, 0.1762, 0.2721],
        [-0.212, -0.2616, -0.7177],
      ],
      bias: NO_BIAS,
    },
  ],
  [
    'sdxl',
    {
      channels: [
        [0.3651, 0.4232, 0.4341],
        [-0.2533, -0.0042, 0.1068],
        [0.1076, 0.1111, -0.0362],
        [-0.3165, -0.2492, -0.2188],
      ],
      bias: [0.1084, -0.0175, -0.0011],
    },
  ],
  [
    'playground-2.5',
    {
      channels: [
        [0.392, 0.4054, 0.4549],
        [-0.2634, -0.0196, 0.0653],
        [0.0568, 0.1687, -0.0755],
        [-0.3112, -0.2359, -0.2076],
      ],
      bias: NO_BIAS,
    },
  ],
  [
    'sd-x4',
    {
      channels: [
        [-0.234, -0.3863, -0.3257],
        [0.0994, 0.0885, -0.0908],
        [-0.2833, -0.2349, -0.3741],
        [0.2523, -0.0055, -0.1651],
      ],
      bias: NO_BIAS,
    },
  ],
  [
    'pixels',
    {
      channels: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      bias: NO_BIAS,
    },
  ],
]);

const LABELS: ReadonlyMap<LatentSpace, string> = new Map([
  ['pixels', 'the picture itself: this net works on pixels'],
  ['sd', "linear preview of the latent, not decoded (weights of Stable Diffusion's latents)"],
  ['sdxl', "linear preview of the latent, not decoded (weights of Stable Diffusion XL's latents)"],
  ['playground-2.5', "linear preview of the latent, not decoded (weights of Playground 2.5's latents)"],
  ['sd-x4', "linear preview of the latent, not decoded (weights of the ×4 upscaler's latents)"],
]);

const AXES_LABEL =
  'principal components of this latent, not decoded: shapes can be told, colours mean nothing';

/** Families by the space of their latents, each with the names of those that have the same. */
const SPACES: readonly (readonly [space: LatentSpace, family: RegExp])[] = [
  ['sd', /^(?:sd1|sd2|lcm-sd1|bk-sdm|sdxs|lotus-d|zero123)(?:-|$)/],
  ['sdxl', /^(?:sdxl|lcm-sdxl|ssd-1b|segmind-vega|koala|kolors)(?:-|$)/],
  ['playground-2.5', /^playground-2\.5$/],
  ['sd-x4', /^sd-x4-upscaler$/],
  ['pixels', /^(?:ddpm|guided-diffusion|deepfloyd-if)-/],
];

/** The space of a family's latents (`Net.family.id`); undefined where no weights for it are known. */
export function latentSpaceOf(family: string): LatentSpace | undefined {
  return SPACES.find(([, pattern]) => pattern.test(family))?.[0];
}

/** Channels whose components are looked for: the time grows with the cube of it. */
const MOST_CHANNELS = 64;

/** Standard deviations of the first component that take up all of the brightness, to either side. */
const SPREAD = 2;

/**
 * A latent as a picture.
 * @param latent [channels, height, width], or with a batch of one before, as the net gives it (scaled)
 * @param space whose weights are taken; without one, or with other channels than it has, the latent's own principal
 *   components: the first as brightness, the next two as colour
 */
export function previewOf(latent: Float32Array, dims: readonly number[], space?: LatentSpace): Preview {
  const { channels, height, width } = sizesOf(latent, dims);
  const weights = space === undefined ? undefined : WEIGHTS.get(space);
  const label = space === undefined ? undefined : LABELS.get(space);
  if (weights === undefined || label === undefined || weights.channels.length !== channels) {
    return { ...ofAxes(latent, channels, height, width), label: AXES_LABEL };
  }
  return { width, height, rgb: mix(latent, weights, height * width), label };
}

/** The three colours of each pixel as weighted sums of its channels. */
function mix(latent: Float32Array, { channels, bias }: Weights, pixels: number): Uint8Array {
  const rgb = new Uint8Array(pixels * 3);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    let [red, green, blue]: readonly number[] = bias;
    for (const [channel, [r, g, b]] of channels.entries()) {
      const value = latent[channel * pixels + pixel] as number;
      red = (red as number) + r * value;
      green = (green as number) + g * value;
      blue = (blue as number) + b * value;
    }
    rgb[pixel * 3] = byteOf(red as number, -1, 1);
    rgb[pixel * 3 + 1] = byteOf(green as number, -1, 1);
    rgb[pixel * 3 + 2] = byteOf(blue as number, -1, 1);
  }
  return rgb;
}

/** Luminance and two colour differences to red, green and blue, orthonormal, so that no component is favoured. */
const OPPONENT = [
  [1 / Math.sqrt(3), 1 / Math.sqrt(2), 1 / Math.sqrt(6)],
  [1 / Math.sqrt(3), 0, -2 / Math.sqrt(6)],
  [1 / Math.sqrt(3), -1 / Math.sqrt(2), 1 / Math.sqrt(6)],
] as const;

function ofAxes(latent: Float32Array, channels: number, height: number, width: number): Picture {
  const pixels = height * width;
  const { mean, axes, deviations } = principalAxes(latent, Math.min(channels, MOST_CHANNELS), pixels);
  // all in units of the first: a component of mere noise must not shine as brightly
  const unit = (deviations[0] ?? 0) * SPREAD;
  const channelWeights = Array.from({ length: channels }, (_, channel) => {
    const row = OPPONENT.map((colour) =>
      colour.reduce((sum, share, axis) => sum + share * (axes[axis]?.[channel] ?? 0), 0),
    );
    const [red = 0, green = 0, blue = 0] = row.map((share) => (unit > 0 ? (share * Math.sqrt(3)) / unit : 0));
    return [red, green, blue] as const;
  });
  const [red = 0, green = 0, blue = 0] = [0, 1, 2].map(
    (colour) =>
      -channelWeights.reduce((sum, row, channel) => sum + (row[colour] ?? 0) * (mean[channel] ?? 0), 0),
  );
  const weights: Weights = { channels: channelWeights, bias: [red, green, blue] };
  return { width, height, rgb: mix(latent, weights, pixels) };
}

/**
 * What a decoder or a pixel net gave, as bytes, rounded as diffusers rounds: float32, clamped, half to even.
 * Source: diffusers, `VaeImageProcessor` (`denormalize`, `numpy_to_pil`).
 * @param values [3, height, width] or [1, height, width] (grey), a batch of one before it or not
 * @param range the numbers that are black and white
 */
export function toRgb(
  values: Float32Array,
  dims: readonly number[],
  range: readonly [black: number, white: number] = [-1, 1],
): Picture {
  const { channels, height, width } = sizesOf(values, dims);
  if (channels !== 3 && channels !== 1)
    throw new RangeError(`a picture has 3 or 1 channels, not ${channels}`);
  const pixels = height * width;
  const rgb = new Uint8Array(pixels * 3);
  for (let colour = 0; colour < 3; colour += 1) {
    const from = channels === 3 ? colour * pixels : 0;
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      rgb[pixel * 3 + colour] = byteOf(values[from + pixel] as number, ...range);
    }
  }
  return { width, height, rgb };
}

/** NaN becomes black, as every other number that is no colour becomes the nearest. */
function byteOf(value: number, black: number, white: number): number {
  const share = Math.fround(Math.fround(value - black) / (white - black));
  const scaled = Math.fround(Math.min(1, Math.max(0, share)) * 255);
  if (Number.isNaN(scaled)) return 0;
  const below = Math.floor(scaled);
  const over = scaled - below;
  return over > 0.5 || (over === 0.5 && below % 2 === 1) ? below + 1 : below;
}

function sizesOf(
  values: Float32Array,
  dims: readonly number[],
): { readonly channels: number; readonly height: number; readonly width: number } {
  const [channels = 0, height = 0, width = 0, ...more] =
    dims.length === 4 && dims[0] === 1 ? dims.slice(1) : dims;
  if (more.length > 0 || channels * height * width !== values.length || values.length === 0) {
    throw new RangeError(`${values.length} numbers are no picture of [${dims.join(', ')}]`);
  }
  return { channels, height, width };
}
