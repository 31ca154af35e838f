/**
 * LitEma keeps the averaged weights under names without dots:
 * `diffusion_modelinput_blocks10in_layers0weight`. A number is always followed by a word or another
 * number of one digit, so the dots can be put back.
 * Source: latent-diffusion, ldm/modules/ema.py, which strips every dot from the parameter's name.
 */

/** Module and parameter words of the LDM grammar, longest first where one begins another. */
const WORDS = [
  'transformer_blocks',
  'skip_connection',
  'time_pos_embed',
  'output_blocks',
  'input_blocks',
  'middle_block',
  'norm_encoder',
  'time_stack',
  'time_mixer',
  'mix_factor',
  'encoder_kv',
  'emb_layers',
  'out_layers',
  'time_embed',
  'in_layers',
  'label_emb',
  'cond_proj',
  'proj_out',
  'proj_in',
  'norm_in',
  'to_out',
  'weight',
  'ff_in',
  'norm1',
  'norm2',
  'norm3',
  'attn1',
  'attn2',
  'to_q',
  'to_k',
  'to_v',
  'norm',
  'conv',
  'bias',
  'proj',
  'net',
  'qkv',
  'out',
  'ff',
  'op',
] as const;

/** Words whose number counts blocks and may have several digits; all other numbers have one. */
const COUNTS_BLOCKS = new Set(['input_blocks', 'output_blocks', 'transformer_blocks', 'time_stack']);

/**
 * The dotted LDM name behind a flattened one (the prefix `model_ema.diffusion_model` taken off), or
 * undefined when it is not made of the grammar's words.
 */
export function unflatten(flat: string): string | undefined {
  const parts: string[] = [];
  let at = 0;
  while (at < flat.length) {
    const word = WORDS.find((candidate) => flat.startsWith(candidate, at));
    if (word === undefined) return undefined;
    parts.push(word);
    at += word.length;
    const digits = /^\d*/.exec(flat.slice(at, at + 8))?.[0] ?? '';
    if (digits !== '') parts.push(...indices(word, digits));
    at += digits.length;
  }
  return parts.length === 0 ? undefined : parts.join('.');
}

/** `input_blocks101…` is block 10, child 1; `transformer_blocks10norm` is block 10; `label_emb00` is 0, 0. */
function indices(word: string, digits: string): string[] {
  if (word === 'transformer_blocks' || word === 'time_stack') return [digits];
  if (COUNTS_BLOCKS.has(word)) return [digits.slice(0, -1), digits.slice(-1)].filter((part) => part !== '');
  return [...digits];
}

/** The flattened form of a dotted name. */
export function flatten(name: string): string {
  return name.replaceAll('.', '');
}
