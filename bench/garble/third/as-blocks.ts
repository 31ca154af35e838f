/**
 * A net that others trained, with its layers called as the kinds of damage know them: they go by blocks and canonical names,
 * and a net that is read off its graph has names of its own.
 */
import type { NamedTensor } from '../../../src/topology/named.ts';
import {
  type Block,
  type BlockKind,
  type Net,
  type OwnedTensor,
  parametersOf,
  type Skip,
  type Stage,
} from '../../../src/topology/net.ts';

/** Names of `mnist-ddpm` (mnist_ddpm.py) and what stands in their place; the time goes into the first block of each level. */
const CALLED: readonly (readonly [RegExp, string])[] = [
  [/^encoders\.(\d)\.(\d)\./, 'down_blocks.$1.resnets.$2.'],
  [/^mid\.(\d)\./, 'mid_block.resnets.$1.'],
  [/^decoders\.(\d)\.(\d)\./, 'up_blocks.$1.resnets.$2.'],
  [/^downs\.(\d)\./, 'down_blocks.$1.downsamplers.0.conv.'],
  [/^ups\.(\d)\./, 'up_blocks.$1.upsamplers.0.conv.'],
  [/^pe_linears_en\.(\d)\.0\./, 'down_blocks.$1.resnets.0.time_emb_in.'],
  [/^pe_linears_en\.(\d)\.2\./, 'down_blocks.$1.resnets.0.time_emb_proj.'],
  [/^pe_mid\./, 'mid_block.resnets.0.time_emb_proj.'],
  [/^pe_linears_de\.(\d)\./, 'up_blocks.$1.resnets.0.time_emb_proj.'],
  [/^pe\.embedding\./, 'time_embedding.'],
  [/\.ln\./, '.norm1.'],
  [/\.residual_conv\./, '.conv_shortcut.'],
];

const KINDS: readonly (readonly [RegExp, BlockKind])[] = [
  [/^(.+\.resnets\.\d)\./, 'resnet'],
  [/^(.+\.downsamplers\.0)\./, 'downsample'],
  [/^(.+\.upsamplers\.0)\./, 'upsample'],
  [/^(time_embedding)\./, 'embedding'],
  [/^(conv_out)\./, 'conv'],
];

/**
 * The same net in blocks.
 * @throws {Error} for a name that is not known here.
 */
export function inBlocks(net: Net, tensors: readonly NamedTensor[]): Net {
  const grouped = new Map<string, { readonly kind: BlockKind; readonly owned: OwnedTensor[] }>();
  for (const { name, tensor } of tensors) {
    const canonical = CALLED.reduce((called, [from, to]) => called.replace(from, to), name);
    const found = KINDS.map(([pattern, kind]) => ({ id: pattern.exec(canonical)?.[1], kind })).find(
      ({ id }) => id !== undefined,
    );
    if (found?.id === undefined) throw new Error(`${name}: not known which block it is of`);
    const block = grouped.get(found.id) ?? { kind: found.kind, owned: [] };
    block.owned.push({ canonical, tensor });
    grouped.set(found.id, block);
  }
  const blocks = [...grouped].map(([id, { kind, owned }]) => blockOf(id, kind, owned));
  const stage = (id: string): Stage => ({
    ...(net.encoder[0] as Stage),
    id,
    blocks: blocks.filter((block) => block.id.startsWith(`${id}.`)),
  });
  const stages = (side: string): readonly Stage[] =>
    [...new Set(blocks.map(({ id }) => new RegExp(`^${side}\\.\\d`).exec(id)?.[0]))]
      .filter((id) => id !== undefined)
      .map(stage);
  const [encoder, decoder] = [stages('down_blocks'), stages('up_blocks')];
  // it has no layer before its first block
  const stem: Block = { ...net.stem, id: 'conv_in', tensors: [], parameters: 0 };
  return {
    ...net,
    embeddings: blocks.filter(({ kind }) => kind === 'embedding'),
    stem,
    encoder,
    middle: stage('mid_block'),
    decoder,
    head: blocks.find(({ id }) => id === 'conv_out') ?? net.head,
    skips: skipsOf(encoder, decoder),
  };
}

function blockOf(id: string, kind: BlockKind, tensors: readonly OwnedTensor[]): Block {
  const weight = (leaf: string): readonly number[] =>
    tensors.find(({ canonical }) => canonical === `${id}.${leaf}.weight`)?.tensor.shape ?? [];
  const [inward = 0, outward = 0] = [weight('conv1')[1], weight('conv2')[0]];
  return {
    id,
    fileId: id,
    kind,
    inChannels: inward,
    outChannels: outward,
    divisor: 1,
    outDivisor: 1,
    temporal: false,
    tensors,
    parameters: parametersOf(tensors),
  };
}

/** What leaves each level of the encoder stands in front of what comes from below. */
function skipsOf(encoder: readonly Stage[], decoder: readonly Stage[]): readonly Skip[] {
  const last = ({ blocks }: Stage): Block | undefined => blocks.findLast(({ kind }) => kind === 'resnet');
  return decoder.flatMap(({ blocks }, depth) => {
    const [producer, consumer] = [
      last(encoder[encoder.length - 1 - depth] as Stage),
      blocks.find(({ kind }) => kind === 'resnet'),
    ];
    if (producer === undefined || consumer === undefined) return [];
    const [channels, expects] = [producer.outChannels, consumer.inChannels];
    const ends = { producer: producer.id, consumer: consumer.id, channels, expects };
    const rest = { divisor: 1, consumerDivisor: 1, join: 'concat', holds: true } as const;
    return [{ ...ends, below: expects - channels, ...rest }];
  });
}
