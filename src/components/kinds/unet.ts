import { isJsonArray, isJsonObject, type JsonValue } from '../../formats/json.ts';
import type { Hints } from '../../topology/families/family.ts';
import type { Fact, Net } from '../../topology/net.ts';
import type { Declared } from '../../topology/assemble.ts';
import { reconstruct } from '../../topology/reconstruct.ts';
import { number } from '../declared.ts';
import type { Recognise, Recognised } from '../kind.ts';
import type { Piece } from '../piece.ts';

/** First parts of a U-Net's names: LDM's, then diffusers'. */
const ENCODERS = ['input_blocks', 'down_blocks'];
const DECODERS = ['output_blocks', 'up_blocks'];
const MIDDLES = ['middle_block', 'mid_block'];

/**
 * A U-Net of the LDM or diffusers grammar, live or averaged. A damaged one too: what its prefix or two of its
 * three parts say is enough, and the rebuilding names what is missing.
 */
export const recogniseUnet: Recognise = (piece, hints) => {
  if (piece.role === 'ema') return averaged(piece, hints);
  const parts = [ENCODERS, MIDDLES, DECODERS].filter((heads) => piece.under(...heads) >= 3).length;
  if (parts < (piece.role === 'denoiser' ? 1 : 2)) return undefined;
  const found = rebuilt(piece, hints, 'unet', '');
  if (piece.fromGraph === undefined || (found.problems ?? []).length === 0) return found;
  // what an optimiser has folded or fused is not missing: the graph computes without it
  return {
    kind: 'other_unet',
    id: 'rewritten',
    title: 'U-Net whose graph was rewritten: not all of its weights can be told by name',
  };
};

function averaged(piece: Piece, hints: Hints): Recognised | undefined {
  if (piece.tensors.length < 3) return undefined;
  return rebuilt(piece, hints, 'ema', ', averaged weights (EMA)');
}

function rebuilt(piece: Piece, hints: Hints, kind: 'unet' | 'ema', suffix: string): Recognised {
  const heads = declaredHeads(piece.config);
  const sampleSize = number(piece.config, 'sample_size');
  const { net, problems } = reconstruct(
    piece.tensors,
    piece.prefix,
    heads === undefined ? {} : { attentionHeadDim: heads },
    sampleSize === undefined ? hints : { ...hints, sample_size: sampleSize },
  );
  return {
    kind,
    id: net?.family.id ?? 'custom',
    title: `${net === undefined ? 'U-Net that could not be rebuilt' : `${net.family.title} U-Net`}${suffix}`,
    problems,
    ...(net === undefined ? {} : { net, facts: facts(net) }),
  };
}

/** `attention_head_dim` of the net's config, or `num_attention_heads` where there is one. */
function declaredHeads(config: JsonValue | undefined): Declared['attentionHeadDim'] {
  if (!isJsonObject(config)) return undefined;
  const value = config.get('num_attention_heads') ?? config.get('attention_head_dim');
  if (typeof value === 'number') return value;
  if (config.get('attention_head_dim') === null) return null;
  if (!isJsonArray(value)) return undefined;
  const heads = value.filter((item) => typeof item === 'number');
  return heads.length === value.length ? heads : undefined;
}

function facts(net: Net): ReadonlyMap<string, Fact<number | string>> {
  const { conditioning } = net;
  const named: readonly (readonly [string, Fact<number> | undefined])[] = [
    ['in_channels', net.inChannels],
    ['out_channels', net.outChannels],
    ['model_channels', net.modelChannels],
    ['cross_attention_dim', conditioning.crossAttentionDim],
    ['added_width', conditioning.addedWidth],
    ['classes', conditioning.classes],
    ['guidance_dim', conditioning.guidanceDim],
    ['encoder_hid_dim', conditioning.encoderHidDim],
  ];
  return new Map(named.flatMap(([name, fact]) => (fact === undefined ? [] : [[name, fact] as const])));
}
