import { unetConfig } from '../components/configs.ts';
import { isSdxlGrammar, liveNets, nameOf, partOf, placeOf } from './support/components.ts';
import { POOLED_WIDTHS, TEXT_WIDTHS, TIME_ID_COUNTS, TIME_ID_WIDTH } from './support/widths.ts';
import { defineRule } from './rule.ts';

/** The added embedding of a net of SDXL's grammar has a width that no text encoder can fill. */
export const COMP004 = defineRule<{ net: string; width: number; from: string; possible: readonly string[] }>({
  id: 'COMP004',
  name: 'added-width-unknown',
  title: 'No text encoder can fill the added embedding',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `What a net of SDXL's grammar is told beside the prompt is as wide as the pooled text of one encoder and five or six numbers of 256 channels each. This net reads text as wide as a known encoder writes it, but an added width that no encoder's pooled text and those numbers come to.

No runtime can run such a net as it is. Usually the tensor is damaged, or was resized by a script.`,
  mend: 'Take the first tensor of `label_emb` (`add_embedding.linear_1.weight`) from the model that this one was made from. If the net was trained so on purpose, keep a `config.json` beside it that declares `addition_time_embed_dim`.',
  sources: [
    'Stability-AI/generative-models, configs/inference/sd_xl_base.yaml: adm_in_channels 2816',
    'diffusers, unet_2d_condition.py, addition_embed_type text_time',
  ],
  *check(context) {
    for (const { component, net } of liveNets(context)) {
      const added = net.conditioning.addedWidth;
      const text = net.conditioning.crossAttentionDim;
      if (added === undefined || text === undefined) continue;
      if (!isSdxlGrammar(net) || !TEXT_WIDTHS.has(text.value) || net.family.id.startsWith('kolors')) continue;
      const part = partOf(context, component);
      if (part !== undefined && unetConfig(part)?.additionTimeEmbedDim !== undefined) continue;
      const sums = POOLED_WIDTHS.flatMap((pooled) => TIME_ID_COUNTS.map((count) => ({ pooled, count })));
      if (sums.some(({ pooled, count }) => pooled + count * TIME_ID_WIDTH === added.value)) continue;
      yield {
        args: {
          net: nameOf(component),
          width: added.value,
          from: added.from,
          possible: TIME_ID_COUNTS.map(
            (count) => `1280 + ${count} · ${TIME_ID_WIDTH} = ${1280 + count * TIME_ID_WIDTH}`,
          ),
        },
        place: placeOf(context, component),
      };
    }
  },
  words: ({ net, width, from, possible }) => ({
    what: `${net} has an added embedding ${width} wide, which no text encoder can fill`,
    found: `${width} in ${from}`,
    expected: possible.join(' or '),
  }),
});
