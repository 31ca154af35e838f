import { FactList, type Recognise } from '../kind.ts';

/** A net of unknown names whose file carries its graph: a U-Net where the graph joins two depths. */
export const recogniseByGraph: Recognise = ({ fromGraph }) => {
  if (fromGraph === undefined) return undefined;
  const found = fromGraph();
  if ('reason' in found) {
    const facts = new FactList().add('no_unet', found.reason, 'its graph');
    return { kind: 'leftover', id: 'graph', title: 'net of no known grammar', facts: facts.map };
  }
  const { net } = found;
  const facts = new FactList()
    .add('in_channels', net.inChannels?.value, net.stem.id)
    .add('out_channels', net.outChannels?.value, net.head.id);
  return { kind: 'unet', id: net.family.id, title: net.family.title, net, facts: facts.map };
};
