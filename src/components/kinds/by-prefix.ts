import type { ComponentKind } from '../component.ts';
import type { Recognise } from '../kind.ts';
import type { Role } from '../prefixes.ts';

/** What a prefix alone says, when nobody knows the names below it. */
const BY_ROLE: ReadonlyMap<Role, readonly [kind: ComponentKind, title: string]> = new Map<
  Role,
  readonly [ComponentKind, string]
>([
  ['vae', ['vae', 'autoencoder of unknown grammar']],
  ['text', ['text_encoder', 'text encoder of unknown grammar']],
  ['image', ['image_encoder', 'image encoder of unknown grammar']],
  ['control', ['controlnet', 'ControlNet of unknown grammar']],
  ['depth', ['depth_estimator', 'depth estimator of unknown grammar']],
]);

/** The last resort: under a known prefix three tensors are more than a stray name. */
export const recogniseByPrefix: Recognise = ({ role, tensors }) => {
  const row = BY_ROLE.get(role);
  if (row === undefined || tensors.length < 3) return undefined;
  const [kind, title] = row;
  return { kind, id: 'custom', title };
};
