/** All kinds of damage, and which half of them may choose thresholds. */
import { attention } from './attention.ts';
import { declared } from './declared.ts';
import type { Group, Kind } from './kind.ts';
import { kernelKinds, normKinds, timeKinds } from './layers.ts';
import { mixes } from './mixed.ts';
import { numbers } from './numbers.ts';
import { pictureKinds, textKinds } from './parts.ts';
import { places } from './places.ts';
import { storage } from './storage.ts';

export type { Group, Kind, Means } from './kind.ts';

export const groups: readonly Group[] = [
  { name: 'declared', kinds: declared },
  { name: 'places', kinds: places },
  { name: 'attention', kinds: attention },
  { name: 'kernels', kinds: kernelKinds },
  { name: 'time', kinds: timeKinds },
  { name: 'norms', kinds: normKinds },
  { name: 'numbers', kinds: numbers },
  { name: 'storage', kinds: storage },
  { name: 'mixed', kinds: mixes, relatives: true },
  { name: 'text', kinds: textKinds },
  { name: 'picture', kinds: pictureKinds },
];

export type Half = 'choose' | 'measure';

/**
 * The rule, fixed before anything was measured: in each group the kinds take turns in the order of this registry, the
 * first chooses.
 */
export function halfOf(kind: Kind): Half {
  const at = groups.map(({ kinds }) => kinds.indexOf(kind)).find((index) => index >= 0) ?? 0;
  return at % 2 === 0 ? 'choose' : 'measure';
}

export const kinds: readonly Kind[] = groups.flatMap((group) => group.kinds);
