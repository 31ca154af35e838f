import type { Component } from '../components/component.ts';
import type { Checkpoint, Part } from '../formats/checkpoint.ts';
import type { JsonValue } from '../formats/json.ts';
import type { Net } from '../topology/net.ts';
import { UnsupportedNetError } from './compile/index.ts';

/** What of a checkpoint is run. */
export interface Parts {
  readonly unet: Component;
  readonly net: Net;
  /** An autoencoder beside it, whichever it is. */
  readonly vae?: Component;
  /** All text encoders, in the order of the file or folder. */
  readonly encoders: readonly Component[];
}

/**
 * Finds what is run: of several variants of the weights the first, of live and averaged nets the live one.
 * @throws {UnsupportedNetError} when there is no U-Net, or it is damaged.
 */
export function partsOf(components: readonly Component[]): Parts {
  const unet = components.find(({ kind, net }) => kind === 'unet' && net !== undefined);
  const net = unet?.net;
  if (unet === undefined || net === undefined) {
    const held = [...new Set(components.map(({ title }) => title))].slice(0, 3).join(', ');
    throw new UnsupportedNetError(`there is no U-Net to run in it${held === '' ? '' : `, but: ${held}`}`);
  }
  const [problem] = unet.problems;
  if (problem !== undefined) {
    throw new UnsupportedNetError('the U-Net is damaged and would garble; ungarble validate says where');
  }
  const first = (kind: Component['kind']): Component | undefined =>
    components.find((component) => component.kind === kind && component.variant === unet.variant) ??
    components.find((component) => component.kind === kind);
  const vae = first('vae');
  const encoders = components.filter(({ kind }) => kind === 'text_encoder');
  const variants = new Map(
    encoders.toReversed().map((encoder) => [`${encoder.part}\n${encoder.prefix}`, encoder]),
  );
  return {
    unet,
    net,
    encoders: encoders.filter((encoder) => variants.get(`${encoder.part}\n${encoder.prefix}`) === encoder),
    ...(vae === undefined ? {} : { vae }),
  };
}

/** The `config.json` beside a component's weights. */
export function configOf({ parts }: Checkpoint, component: Component): JsonValue | undefined {
  return partOf(parts, component)?.config?.value;
}

/** The part of the checkpoint that a component lies in. */
export function partOf(parts: readonly Part[], { part, variant }: Component): Part | undefined {
  return parts.find((each) => each.name === part && each.variant === variant);
}
