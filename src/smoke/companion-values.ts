import { fromAutoencoder } from '../setup/latent-scale.ts';
import { encoded } from './autoencoder.ts';
import { type Companion, drawDepth, drawPicture } from './companions.ts';
import type { Values } from './engine.ts';
import type { RunPlan } from './plan.ts';
import type { Session } from './session.ts';

/**
 * The channels that a net reads behind the latent, float32 [channels, height, width] one after the other; empty for
 * most nets. Where a latent is wanted and there is no autoencoder to make it, zeros.
 * @throws {EngineError} when the autoencoder cannot be run, {UnsupportedNetError} when it is not computed here.
 */
export async function companionValues(session: Session, plan: RunPlan): Promise<Float32Array> {
  const { height, width } = plan.latent;
  const parts: Float32Array[] = [];
  for (const companion of plan.companions)
    parts.push(await valuesOf(session, plan, companion, height, width));
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function valuesOf(
  session: Session,
  plan: RunPlan,
  companion: Companion,
  height: number,
  width: number,
): Promise<Float32Array> {
  const area = height * width;
  switch (companion.kind) {
    case 'mask':
      return new Float32Array(area).fill(1);
    case 'picture':
      return drawPicture(height, width).data as Float32Array;
    case 'depth':
      return drawDepth(height, width).data as Float32Array;
    case 'zeros':
      return new Float32Array(companion.channels * area);
    case 'grey-latent':
    case 'picture-latent': {
      const { width: across, height: down } = plan.size.value;
      const grey = companion.kind === 'grey-latent';
      const picture = grey
        ? { data: new Float32Array(3 * across * down), dims: [1, 3, down, across] }
        : drawPicture(down, across);
      const latent = await latentOf(session, picture);
      if (latent === undefined) return new Float32Array(companion.channels * area);
      return grey && plan.scale !== undefined
        ? fromAutoencoder(latent, companion.channels, plan.scale)
        : latent;
    }
  }
}

/** The mean of what the autoencoder's encoder writes; undefined without one. */
async function latentOf(session: Session, picture: Values): Promise<Float32Array | undefined> {
  const { vae } = session.parts;
  if (vae?.model?.kind !== 'autoencoder-kl' || !vae.model.plan.encoder) return undefined;
  const [latent] = await encoded(session, vae, [picture]);
  return latent?.data as Float32Array | undefined;
}
