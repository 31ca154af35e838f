import { netOfWidths } from '../../topology/widths/net.ts';
import { FactList, type Recognise } from '../kind.ts';
import type { Role } from '../prefixes.ts';

/** What may be a U-Net of any names: an autoencoder or a text encoder says so by its prefix. */
const ROLES: ReadonlySet<Role> = new Set<Role>(['bare', 'denoiser', 'ema']);

/** What a convolutional net is called that is no U-Net by the widths of its layers. */
export const NOT_BY_WIDTHS = 'widths';

/** A net of unknown names without a graph: a U-Net where the widths of its layers allow no other reading. */
export const recogniseByWidths: Recognise = (piece) => {
  if (piece.fromGraph !== undefined || !ROLES.has(piece.role)) return undefined;
  const found = netOfWidths(piece.tensors);
  if (found === undefined) return undefined;
  if ('reason' in found) {
    const facts = new FactList().add('no_unet', found.reason, 'the widths of its layers');
    return {
      kind: 'leftover',
      id: NOT_BY_WIDTHS,
      title: 'convolutional net of no known grammar',
      facts: facts.map,
    };
  }
  const { net, facts } = found;
  const named = new FactList()
    .add('in_channels', net.inChannels?.value, net.inChannels?.from ?? '')
    .add('out_channels', net.outChannels?.value, net.outChannels?.from ?? '');
  const ema = piece.role === 'ema';
  return {
    kind: ema ? 'ema' : 'unet',
    id: net.family.id,
    title: `${net.family.title}${ema ? ', averaged weights (EMA)' : ''}`,
    net,
    facts: new Map([...named.map, ...facts]),
  };
};
