import type { KeyFacts } from '../../components/key-facts.ts';

/**
 * What ComfyUI reads off the names and shapes of a U-Net before it looks for a model that fits, as far as its models ask
 * for it. Source: ComfyUI comfy/model_detection.py, `detect_unet_config`; Forge's huggingface_guess is made from it.
 */
export interface WalkedNet {
  readonly in_channels: number | undefined;
  readonly model_channels: number | undefined;
  /** Width of the added input; undefined where there is none. */
  readonly adm_in_channels: number | undefined;
  /** Depth of the transformer after each residual block of the encoder. */
  readonly transformer_depth: readonly number[];
  readonly context_dim: number | undefined;
  readonly linear: boolean;
  readonly temporal: boolean;
}

/**
 * Walks the encoder of a net in latent-diffusion's names, up to the first block that is missing. What comes after a gap,
 * and most of the decoder, is never looked at.
 * @returns undefined where the program says that this is no U-Net
 */
export function walkUnet(keys: KeyFacts, prefix: string): WalkedNet | undefined {
  const entry = `${prefix}input_blocks.0.0.weight`;
  if (!keys.has(entry)) return undefined;
  const depths: number[] = [];
  let first: Transformer | undefined;
  const blocks = keys.run(`${prefix}input_blocks.`, '.');
  for (let block = 0; block < blocks; block++) {
    const at = `${prefix}input_blocks.${block}.`;
    if (keys.has(`${at}0.op.weight`) || !keys.has(`${at}0.in_layers.0.weight`)) continue;
    const transformer = transformerAt(keys, at);
    depths.push(transformer?.depth ?? 0);
    first ??= transformer;
  }
  return {
    in_channels: keys.side(entry, 1),
    model_channels: keys.side(entry, 0),
    adm_in_channels: keys.side(`${prefix}label_emb.0.0.weight`, 1),
    transformer_depth: depths,
    context_dim: first?.context,
    linear: first?.linear ?? false,
    temporal: first?.temporal ?? false,
  };
}

interface Transformer {
  readonly depth: number;
  readonly context: number | undefined;
  readonly linear: boolean;
  readonly temporal: boolean;
}

function transformerAt(keys: KeyFacts, block: string): Transformer | undefined {
  const blocks = `${block}1.transformer_blocks.`;
  if (!keys.begins(blocks)) return undefined;
  return {
    depth: keys.run(blocks),
    context: keys.side(`${blocks}0.attn2.to_k.weight`, 1),
    linear: keys.shape(`${block}1.proj_in.weight`)?.length === 2,
    temporal:
      keys.has(`${block}1.time_stack.0.attn1.to_q.weight`) ||
      keys.has(`${block}1.time_mix_blocks.0.attn1.to_q.weight`),
  };
}

/** What a model asks of a net; a field that is absent may be anything. */
export interface Asked {
  readonly in_channels?: number;
  readonly model_channels?: number;
  /** `none`: there must be no added input. */
  readonly adm_in_channels?: number | 'none';
  readonly transformer_depth?: readonly number[];
  readonly context_dim?: number;
  readonly linear?: boolean;
  readonly temporal?: boolean;
  /** Tensors that must stand in the file. */
  readonly keys?: readonly string[];
}

/** Whether a model takes a net for its own. Source: comfy/supported_models_base.py, `BASE.matches`. */
export function fits(asked: Asked, net: WalkedNet, keys: KeyFacts | undefined): boolean {
  const { adm_in_channels: adm, transformer_depth: depth, keys: needed, ...plain } = asked;
  if (adm !== undefined && (net.adm_in_channels ?? 'none') !== adm) return false;
  if (depth !== undefined && !sameList(depth, net.transformer_depth)) return false;
  for (const [key, value] of Object.entries(plain)) {
    // every plain field of `Asked` is one of the walk's
    if (net[key as keyof WalkedNet] !== value) return false;
  }
  return keys === undefined || (needed ?? []).every((name) => keys.has(name));
}

function sameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
