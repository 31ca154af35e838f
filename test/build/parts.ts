import { LISTINGS, type ListingEntry, listingIndex, readListing } from './listing.ts';
import type { Dtype } from '../../src/formats/dtype.ts';
import type { TensorSpec } from './checkpoint.ts';

/** Pieces of checkpoints for tests: golden listings under prefixes, changed as a test needs. */

const index = new Map(listingIndex().map((entry) => [entry.id, entry]));

/** The scheduler config that Stable Diffusion 1 is published with, as far as a DDIM sampler reads it. */
export const SD1_SCHEDULER = {
  _class_name: 'DDIMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  clip_sample: false,
  set_alpha_to_one: false,
  steps_offset: 1,
} as const;

/** The tensors of a golden listing, each under `prefix`. */
export function golden(id: string, prefix = ''): TensorSpec[] {
  const entry = index.get(id);
  if (entry === undefined) throw new Error(`no golden listing ${id}`);
  if (typeof entry.file !== 'string') return composed(entry as Composed);
  return readListing(`${LISTINGS}/${entry.file}`).map(({ name, tensor }) => [
    prefix + name,
    tensor.shape,
    tensor.dtype,
  ]);
}

/** A whole checkpoint that the index puts together from listings. */
interface Composed extends ListingEntry {
  readonly parts: readonly {
    readonly prefix: string;
    readonly listing: string;
    readonly strip_dots?: boolean;
  }[];
  readonly extra: readonly (readonly [name: string, dtype: Dtype, shape: readonly number[]])[];
}

function composed({ parts, extra }: Composed): TensorSpec[] {
  return [
    ...parts.flatMap(({ prefix, listing, strip_dots }) =>
      golden(listing).map(
        ([name, shape, dtype = 'F32']): TensorSpec => [
          prefix + (strip_dots === true ? name.replaceAll('.', '') : name),
          shape,
          dtype,
        ],
      ),
    ),
    ...extra.map(([name, dtype, shape]): TensorSpec => [name, shape, dtype]),
  ];
}

/** The same tensors in another dtype. */
export function as(dtype: NonNullable<TensorSpec[2]>, tensors: readonly TensorSpec[]): TensorSpec[] {
  return tensors.map(([name, shape]) => [name, shape, dtype]);
}

/** The same tensors with one replaced. */
export function replaced(tensors: readonly TensorSpec[], by: TensorSpec): TensorSpec[] {
  return tensors.map((tensor) => (tensor[0] === by[0] ? by : tensor));
}

/** The same tensors without those whose names contain `text`. */
export function without(tensors: readonly TensorSpec[], text: string): TensorSpec[] {
  return tensors.filter(([name]) => !name.includes(text));
}

const UNET = 'model.diffusion_model.';
const VAE = 'first_stage_model.';

/** A whole Stable Diffusion 1 checkpoint in one file. */
export function sd1(net = 'sd1-ldm'): TensorSpec[] {
  return [...golden(net, UNET), ...golden('vae-sd1-ldm', VAE), ...clipL('cond_stage_model.transformer.')];
}

/** A whole Stable Diffusion 2 checkpoint in one file. */
export function sd2(net = 'sd2-ldm'): TensorSpec[] {
  return [
    ...golden(net, UNET),
    ...golden('vae-sd1-ldm', VAE),
    ...golden('openclip-h-text', 'cond_stage_model.model.'),
  ];
}

/** A whole SDXL checkpoint in one file. */
export function sdxl(net = 'sdxl-ldm'): TensorSpec[] {
  return [
    ...golden(net, UNET),
    ...golden('vae-sdxl-ldm', VAE),
    ...clipL('conditioner.embedders.0.transformer.'),
    ...golden('openclip-g-text', 'conditioner.embedders.1.model.'),
  ];
}

/** CLIP-L with its `position_ids`, as I64. */
export function clipL(prefix: string): TensorSpec[] {
  return golden('clip-l-text-position-ids', prefix).map(([name, shape, dtype]) =>
    name.endsWith('position_ids') ? [name, shape, 'I64'] : [name, shape, dtype ?? 'F16'],
  );
}
