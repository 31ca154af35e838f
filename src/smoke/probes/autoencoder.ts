/** Whether what the net draws comes back from the autoencoder: decoded to pictures, and encoded again. */
import { fromAutoencoder, type LatentScale, toAutoencoder } from '../../setup/latent-scale.ts';
import { decoded, encoded } from '../autoencoder.ts';
import { UnsupportedNetError } from '../compile/index.ts';
import { EngineError } from '../engine-error.ts';
import type { Values } from '../engine.ts';
import type { RunPlan } from '../plan.ts';
import type { Session } from '../session.ts';
import { rms } from './mixing.ts';

/** An autoencoder, without its scale. Both take and give as many as they are given. */
export interface Codec {
  /** Pictures of latents [channels · height · width]. */
  decode(latents: readonly Float32Array[]): Promise<readonly Float32Array[]>;
  /** Latents of what `decode` gave. */
  encode(pictures: readonly Float32Array[]): Promise<readonly Float32Array[]>;
}

/** What is lost on the way there and back with a scale. */
interface Return {
  /** What the declared scale is multiplied with. */
  readonly times: number;
  /** ‖returned − drawn‖/‖drawn‖ of the picture that comes back best. */
  readonly lost: number;
}

export interface AutoencoderReading {
  /** As declared. Absent where there are numbers that are none. */
  readonly returned?: Return;
  /** Nobody says what the scale is, and the net is of no family whose programs have one. */
  readonly unsaid?: true;
  /** The scale by which least is lost, where others were tried. */
  readonly best?: Return;
  /** Which half gives NaN or infinity, of latents that have none. */
  readonly notFinite?: 'encoder' | 'decoder';
}

/** What the declared scale is tried times: in steps of √2 up to what lies between 1 and that of Stable Diffusion 1. */
const TIMES: readonly number[] = [-5, -4, -3, -2, -1, 1, 2, 3, 4, 5].map((step) => 2 ** (step / 2));

/** As much is lost before other scales are tried. */
const LITTLE = 0.15;

/**
 * Sends what the net drew through the autoencoder beside it.
 * @returns undefined for a net on pixels; why it cannot be told
 */
export async function tryAutoencoder(
  session: Session,
  { latent, scale }: RunPlan,
  drawn: readonly Float32Array[],
): Promise<AutoencoderReading | string | undefined> {
  const { vae, net } = session.parts;
  if (scale === undefined) return undefined;
  if (vae === undefined) return 'no autoencoder lies beside the net';
  if (drawn.length === 0) return 'the net drew nothing that could be sent through it';
  const { channels, height, width } = latent;
  let dims: readonly number[] = [];
  const codec: Codec = {
    async decode(latents) {
      const all = latents.map((data): Values => ({ data, dims: [1, channels, height, width] }));
      const pictures = await decoded(session, vae, all);
      dims = pictures[0]?.dims ?? [];
      return pictures.map(({ data }) => data as Float32Array);
    },
    async encode(pictures) {
      const all = pictures.map((data): Values => ({ data, dims }));
      return (await encoded(session, vae, all)).map(({ data }) => data as Float32Array);
    },
  };
  try {
    const reading = await readAutoencoder(codec, drawn, channels, scale);
    const unsaid = scale.factor.known === 'convention' && net.family.id === 'custom';
    return unsaid ? { ...reading, unsaid } : reading;
  } catch (error) {
    if (!(error instanceof UnsupportedNetError) && !(error instanceof EngineError)) throw error;
    return `the autoencoder cannot be run: ${error.message}`;
  }
}

/**
 * Sends latents there and back. With a scale that is too small what the decoder reads is larger than anything that it
 * was trained on, so it comes back smaller; with one too large it reads paler pictures than there are. What is at odds with
 * the net is so in every picture, so the one that comes back best counts: some drawings are none too good.
 * @param drawn latents as the net has them
 */
export async function readAutoencoder(
  codec: Codec,
  drawn: readonly Float32Array[],
  channels: number,
  scale: LatentScale,
): Promise<AutoencoderReading> {
  const pass = (all: readonly Passage[]): Promise<readonly Passed[]> => passed(codec, all, channels, scale);
  const asDeclared = drawn.map((latent) => ({ latent, times: 1 }));
  const all = [...(await pass(asDeclared.slice(0, 1)))];
  if (all.every((lost) => typeof lost === 'number' && lost >= LITTLE))
    all.push(...(await pass(asDeclared.slice(1))));
  const notFinite = all.find((each) => typeof each === 'string');
  if (notFinite !== undefined) return { notFinite };
  const lost = Math.min(...(all as readonly number[]));
  const latent = drawn[all.indexOf(lost)];
  if (latent === undefined) return {};
  const returned = { times: 1, lost };
  if (lost < LITTLE) return { returned };
  const tried = await pass(TIMES.map((times) => ({ latent, times })));
  // another scale may well give infinity: that tells nothing
  const [best] = tried
    .flatMap((each, at) => (typeof each === 'number' ? [{ times: TIMES[at] as number, lost: each }] : []))
    .sort((a, b) => a.lost - b.lost);
  return { returned, ...(best === undefined ? {} : { best }) };
}

/** A latent, and what the declared scale is multiplied with for it. */
interface Passage {
  readonly latent: Float32Array;
  readonly times: number;
}

/** What it loses; or which half makes of it what is no number. */
type Passed = number | 'encoder' | 'decoder';

/** All of them together, so that each half is loaded once. */
async function passed(
  codec: Codec,
  all: readonly Passage[],
  channels: number,
  scale: LatentScale,
): Promise<readonly Passed[]> {
  if (all.length === 0) return [];
  const scales = all.map(({ times }) => ({
    ...scale,
    factor: { ...scale.factor, value: scale.factor.value * times },
  }));
  const pictures = await codec.decode(
    all.map(({ latent }, at) => toAutoencoder(latent, channels, scales[at] as LatentScale)),
  );
  const back = await codec.encode(pictures);
  return all.map(({ latent }, at) => {
    if (!pictures[at]?.every(Number.isFinite)) return 'decoder';
    const returned = fromAutoencoder(back[at] as Float32Array, channels, scales[at] as LatentScale);
    if (!returned.every(Number.isFinite)) return 'encoder';
    return rms(returned.map((value, place) => value - (latent[place] as number))) / rms(latent);
  });
}
