import type { Component } from '../components/component.ts';
import type { Fact, Net } from '../topology/net.ts';

/** What a net is given of a text encoder: the two options of `compileTextEncoder`, and whether it is given `pooled`. */
export interface TextReading {
  readonly skip: number;
  readonly finalNorm: boolean;
  readonly pooled: boolean;
}

/** Layers that each tower was trained with: a file may lack the last, which nobody reads. */
const TRAINED_LAYERS: ReadonlyMap<string, number> = new Map([
  ['clip-l', 12],
  ['openclip-h', 24],
  ['openclip-g', 32],
]);

const SD1 = 'SD1 (LDM FrozenCLIPEmbedder, diffusers, ComfyUI): the last layer behind the final norm';
const SD2 = 'SD2 (v2-inference.yaml, diffusers, ComfyUI): the penultimate layer behind the final norm';
const SDXL =
  'SDXL (SGM sd_xl_base.yaml, diffusers, ComfyUI SDXLClipModel): the penultimate layers as they are, side by side';
const REFINER = 'SDXL refiner (SGM sd_xl_refiner.yaml, diffusers, ComfyUI): the penultimate layer as it is';

/**
 * Which layer of a text encoder a net was trained on. It is in no file: runtimes go by the encoder, and by whether the
 * net reads it alone or two side by side (then its text is wider than the encoder). Of SDXL's two, CLIP-L's states
 * stand first, and the pooled text is OpenCLIP-G's.
 *
 * For SD1, what users set as clip skip 2 (A1111), -2 (ComfyUI) or `clip_skip=1` (diffusers) is one layer left out, with
 * the final norm still applied.
 * Sources: LDM and SGM `encoders/modules.py`; diffusers `pipeline_stable_diffusion.py` and
 * `pipeline_stable_diffusion_xl.py`, `encode_prompt`; ComfyUI `sd1_clip.py`, `sd2_clip.py`, `sdxl_clip.py`.
 * @returns undefined for encoders other than CLIP, and for one that is not what the net reads.
 */
export function textReading(net: Net, { id, model }: Component): Fact<TextReading> | undefined {
  const text = net.conditioning.encoderHidDim ?? net.conditioning.crossAttentionDim;
  if (model?.kind !== 'clip-text' || model.hidden === undefined || text === undefined) return undefined;
  const trained = TRAINED_LAYERS.get(id) ?? model.layers;
  const penultimate = Math.max(0, model.layers - (trained - 1));
  // without its last layer a file has nothing to pool
  const whole = model.layers === trained;
  const says = (from: string, skip: number, finalNorm: boolean, pooled: boolean): Fact<TextReading> => ({
    value: { skip, finalNorm, pooled },
    known: 'convention',
    from,
  });
  if (model.hidden < text.value) {
    return says(SDXL, penultimate, false, whole && id !== 'clip-l' && model.projection !== undefined);
  }
  if (model.hidden > text.value) return undefined;
  if (id === 'openclip-g') return says(REFINER, penultimate, false, whole && model.projection !== undefined);
  return id === 'openclip-h' ? says(SD2, penultimate, true, false) : says(SD1, 0, true, false);
}
