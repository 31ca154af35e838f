import type { Solution, Width } from './blueprint.ts';
import type { Naming } from './compare.ts';
import type { Dialect } from './dialects/dialect.ts';
import type { HeadRule, Matched } from './families/family.ts';
import type { Traits } from './modules/traits.ts';
import {
  type AttentionFacts,
  type Block,
  type Conditioning,
  type Fact,
  type Net,
  type OwnedTensor,
  parametersOf,
  type Skip,
  type Stage,
} from './net.ts';
import type { Outline, OutlinedBlock, OutlinedStage } from './outline.ts';
import { stageWidth } from './signature.ts';

/** What a config beside the weights says that no shape can tell. */
export interface Declared {
  /**
   * diffusers' `attention_head_dim`, for each level from the outermost or one for all: the number of heads in
   * transformers, in spite of its name, and the width of a head in plain attentions (diffusers issue 2011).
   * `null` means one head in plain attentions, as wide as the block.
   */
  readonly attentionHeadDim?: number | readonly number[] | null;
}

/** All that the net is put together from. */
export interface Pieces {
  readonly net: Outline;
  readonly traits: Traits;
  readonly solution: Solution;
  readonly owned: ReadonlyMap<string, readonly OwnedTensor[]>;
  readonly naming: Naming;
  readonly skips: readonly Skip[];
  readonly family: Matched;
  readonly dialect: Dialect;
  readonly declared: Declared;
}

/** Ids of the blocks that make up the inputs, in the order in which they are shown. */
const EMBEDDINGS = ['time_proj', 'time_embedding', 'class_embedding', 'add_embedding', 'encoder_hid_proj'];

/** Puts the intermediate representation together from the solved outline. */
export function assemble(pieces: Pieces): Net {
  const { net, traits, solution, owned, family, dialect } = pieces;
  const middle = net.middle === undefined ? undefined : stage(pieces, net.middle, net.encoder.length - 1);
  const head = block(pieces, net.head, owned.get('conv_norm_out'));
  return {
    family: family.match,
    dialect: dialect.id,
    spatialDims: traits.video ? 3 : 2,
    ...told(pieces, {
      inChannels: net.inChannels,
      outChannels: net.outChannels,
      modelChannels: net.stem.ends.output,
    }),
    conditioning: conditioning(pieces),
    embeddings: EMBEDDINGS.flatMap((id) => embedding(pieces, id)),
    stem: block(pieces, net.stem),
    encoder: net.encoder.map((outlined, level) => stage(pieces, outlined, level)),
    ...(middle === undefined ? {} : { middle }),
    decoder: net.decoder.map((outlined, index) => stage(pieces, outlined, net.decoder.length - 1 - index)),
    head,
    skips: pieces.skips,
    parameters: parametersOf([...owned.values()].flat()),
  };

  function stage(from: Pieces, outlined: OutlinedStage, level: number): Stage {
    return {
      id: outlined.plan.id,
      level,
      channels: stageWidth(outlined, solution),
      divisor: outlined.divisor,
      blocks: outlined.blocks.map((each) => block(from, each, [], level)),
    };
  }
}

function block(
  pieces: Pieces,
  outlined: OutlinedBlock,
  more: readonly OwnedTensor[] = [],
  level?: number,
): Block {
  const { solution, owned, naming, traits } = pieces;
  const tensors = [...more, ...(owned.get(outlined.id) ?? [])];
  const attention = attentionFacts(pieces, outlined, level);
  return {
    id: outlined.id,
    fileId: naming.block(outlined.id),
    kind: outlined.kind,
    inChannels: solution.value(outlined.ends.input) ?? 0,
    outChannels: solution.value(outlined.ends.output) ?? 0,
    divisor: outlined.divisor,
    outDivisor: outlined.outDivisor,
    temporal: traits.video && (outlined.kind === 'resnet' || outlined.kind === 'transformer'),
    ...(attention === undefined ? {} : { attention }),
    tensors,
    parameters: parametersOf(tensors),
  };
}

function embedding({ owned, naming, solution, net }: Pieces, id: string): Block[] {
  const tensors = owned.get(id);
  if (tensors === undefined) return [];
  const time = solution.value(net.shared.time) ?? 0;
  return [
    {
      id,
      fileId: naming.block(tensors[0]?.canonical ?? id).replace(/\.(weight|bias)$/, ''),
      kind: 'embedding',
      inChannels: tensors[0]?.tensor.shape[1] ?? 0,
      outChannels: id === 'encoder_hid_proj' ? (solution.value(net.shared.text) ?? 0) : time,
      divisor: 1,
      outDivisor: 1,
      temporal: false,
      tensors,
      parameters: parametersOf(tensors),
    },
  ];
}

function attentionFacts(
  pieces: Pieces,
  outlined: OutlinedBlock,
  level: number | undefined,
): AttentionFacts | undefined {
  const { solution, net, traits } = pieces;
  if (outlined.kind !== 'attention' && outlined.kind !== 'transformer') return undefined;
  const reads = outlined.kind === 'transformer' ? traits.crossAttention : traits.addedKeys;
  const text = reads ? solution.value(net.shared.text) : undefined;
  const heads = headsOf(pieces, outlined, level);
  return {
    depth: outlined.depth ?? 1,
    ...(text === undefined ? {} : { crossAttentionDim: text }),
    onlyCrossAttention: outlined.onlyCross ?? false,
    ...(heads === undefined ? {} : { heads }),
    ...(outlined.kind === 'transformer' ? { projection: traits.linearProjection ? 'linear' : 'conv' } : {}),
  };
}

/** Heads are in no shape: a config declares them, else the family's runtimes share a convention. */
function headsOf(
  pieces: Pieces,
  { kind, ends }: OutlinedBlock,
  level: number | undefined,
): Fact<number> | undefined {
  const width = pieces.solution.value(ends.input) ?? 0;
  const { attentionHeadDim } = pieces.declared;
  if (attentionHeadDim === null && kind === 'attention') {
    return { value: 1, known: 'declared', from: 'attention_head_dim' };
  }
  const declared = typeof attentionHeadDim === 'number' ? attentionHeadDim : attentionHeadDim?.[level ?? 0];
  if (declared !== undefined) {
    const value = kind === 'transformer' ? declared : width / declared;
    return { value, known: 'declared', from: 'attention_head_dim' };
  }
  const { rule, from } = pieces.family.heads;
  const value = byConvention(rule, width);
  return value === undefined ? undefined : { value, known: 'convention', from };
}

function byConvention(rule: HeadRule, width: number): number | undefined {
  const value = 'heads' in rule ? rule.heads : width / rule.headDim;
  return Number.isInteger(value) && value > 0 && width % value === 0 ? value : undefined;
}

function conditioning(pieces: Pieces): Conditioning {
  const { inputs, shared } = pieces.net;
  return told(pieces, {
    timeEmbedDim: shared.time,
    timeInputDim: inputs.timeInput,
    crossAttentionDim: shared.text,
    addedWidth: inputs.added ?? inputs.classInput,
    classes: inputs.classes,
    guidanceDim: inputs.guidance,
    encoderHidDim: inputs.encoderHid,
  });
}

/** The widths that the net has and that some tensor tells, as facts under the same keys. */
function told<K extends string>(
  { solution, naming }: Pieces,
  widths: Readonly<Record<K, Width | undefined>>,
): Partial<Record<K, Fact<number>>> {
  const facts: Partial<Record<K, Fact<number>>> = {};
  for (const key of Object.keys(widths) as K[]) {
    const width = widths[key];
    const tally = width === undefined ? undefined : solution.tally(width);
    if (width === undefined || tally === undefined) continue;
    const more = tally.votes === 1 ? '' : ` and ${tally.votes - 1} more`;
    const from = naming.tensor(tally.witness) + more;
    facts[key] = { value: tally.value * width.times, known: 'measured', from };
  }
  return facts;
}
