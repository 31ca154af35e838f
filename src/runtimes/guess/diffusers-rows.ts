import type { KeyFacts } from '../../components/key-facts.ts';
import type { WalkedNet } from './walk.ts';

/** A net in diffusers' names that ComfyUI knows whole: what it looks at, and what it then takes for granted. */
interface Row {
  readonly id: string;
  readonly in_channels: number;
  readonly model_channels: number;
  readonly adm_in_channels?: number;
  readonly transformer_depth: readonly number[];
  readonly context_dim: number;
  readonly linear: boolean;
}

const row = (
  id: string,
  model_channels: number,
  context_dim: number,
  transformer_depth: readonly number[],
  other: { readonly adm?: number; readonly in?: number; readonly conv?: true } = {},
): Row => ({
  id,
  model_channels,
  context_dim,
  transformer_depth,
  in_channels: other.in ?? 4,
  linear: other.conv !== true,
  ...(other.adm === undefined ? {} : { adm_in_channels: other.adm }),
});

const SD = [1, 1, 1, 1, 1, 1, 0, 0];
const XL = [0, 0, 2, 2, 10, 10];

/** In the order in which they are tried. Source: comfy/model_detection.py, `unet_config_from_diffusers_unet`. */
const ROWS: readonly Row[] = [
  row('LotusD', 320, 1024, SD, { adm: 4 }),
  row('SDXL', 320, 2048, XL, { adm: 2816 }),
  row('SDXL_refiner', 384, 1280, [0, 0, 4, 4, 4, 4, 0, 0], { adm: 2560 }),
  row('SD21', 320, 1024, SD),
  row('SD15', 320, 768, SD, { conv: true }),
  row('SD21_uncliph', 320, 1024, SD, { adm: 2048 }),
  row('SD21_unclipl', 320, 1024, SD, { adm: 1536 }),
  row('SDXL_mid_cnet', 320, 2048, [0, 0, 0, 0, 1, 1], { adm: 2816 }),
  row('SDXL_small_cnet', 320, 1, [0, 0, 0, 0, 0, 0], { adm: 2816 }),
  row('SDXL_diffusers_inpaint', 320, 2048, XL, { adm: 2816, in: 9 }),
  row('SSD_1B', 320, 2048, [0, 0, 2, 2, 4, 4], { adm: 2816 }),
  row('Segmind_Vega', 320, 2048, [0, 0, 1, 1, 2, 2], { adm: 2816 }),
  row('KOALA_700M', 320, 2048, [0, 2, 5], { adm: 2816 }),
  row('KOALA_1B', 320, 2048, [0, 2, 6], { adm: 2816 }),
  row('SD09_XS', 320, 1024, [1, 1, 1]),
  row('SD_XS', 320, 768, [0, 1, 1], { conv: true }),
  row('SDXL_diffusers_ip2p', 320, 2048, XL, { adm: 2816, in: 8 }),
  row('SD15_diffusers_inpaint', 320, 768, SD, { in: 9, conv: true }),
];

/**
 * The row that a net in diffusers' names is taken for, and the net that ComfyUI then believes in. Middle, decoder and
 * projections come from the row: they are not looked at.
 */
export function rowOf(keys: KeyFacts): { readonly id: string; readonly net: WalkedNet } | undefined {
  if (!keys.has('conv_in.weight')) return undefined;
  const depths: number[] = [];
  let context: number | undefined;
  const levels = keys.run('down_blocks.');
  for (let level = 0; level < levels; level++) {
    const at = `down_blocks.${level}.`;
    const attentions = keys.run(`${at}attentions.`);
    for (let one = 0; one < attentions; one++) {
      const blocks = `${at}attentions.${one}.transformer_blocks.`;
      const depth = keys.run(blocks);
      depths.push(depth);
      if (depth > 0) context = keys.side(`${blocks}0.attn2.to_k.weight`, 1);
    }
    if (attentions === 0) depths.push(...Array.from({ length: keys.run(`${at}resnets.`) }, () => 0));
  }
  const adm =
    keys.side('class_embedding.linear_1.weight', 1) ?? keys.side('add_embedding.linear_1.weight', 1);
  const found = ROWS.find(
    (each) =>
      each.transformer_depth.join() === depths.join() &&
      each.in_channels === keys.side('conv_in.weight', 1) &&
      each.model_channels === keys.side('conv_in.weight', 0) &&
      each.adm_in_channels === adm &&
      // a net without any transformer is not asked for the width of its text
      (context === undefined || each.context_dim === context),
  );
  if (found === undefined) return undefined;
  return {
    id: found.id,
    net: {
      in_channels: found.in_channels,
      model_channels: found.model_channels,
      adm_in_channels: found.adm_in_channels,
      transformer_depth: found.transformer_depth,
      context_dim: found.context_dim,
      linear: found.linear,
      temporal: false,
    },
  };
}
