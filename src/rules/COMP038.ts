import { textEncoderConfig } from '../components/configs.ts';
import { nameOf, ofKind, partOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** The activation that each tower was trained with. Source: openai/CLIP model.py (QuickGELU); open_clip model configs. */
const ACTIVATIONS: ReadonlyMap<string, string> = new Map([
  ['clip-l', 'quick_gelu'],
  ['openclip-h', 'gelu'],
  ['openclip-g', 'gelu'],
]);

/** What transformers takes where the config is silent. Source: configuration_clip.py. */
const DEFAULT = 'quick_gelu';

/** A CLIP text encoder is run with another activation than it was trained with. */
export const COMP038 = defineRule<{ file: string; encoder: string; found: string; right: string }>({
  id: 'COMP038',
  name: 'text-activation-wrong',
  title: 'The text encoder is run with another activation than it was trained with',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `OpenAI's CLIP uses an approximation of GELU of its own (\`quick_gelu\`), OpenCLIP's towers the exact one (\`gelu\`). The two differ by a few hundredths in every one of up to 32 layers. No shape tells which it is; a config copied from one tower to the other, or one that leaves the key out and gets \`quick_gelu\`, makes prompts be followed less, and nothing says so.`,
  mend: 'Write the right `hidden_act` into the config of the text encoder: `quick_gelu` for CLIP ViT-L, `gelu` for OpenCLIP.',
  sources: [
    'openai/CLIP, clip/model.py, QuickGELU; mlfoundations/open_clip, model_configs',
    'sd-scripts, library/model_util.py: quick_gelu for v1, gelu for v2',
    'NeMo PR 7728',
  ],
  *check(context) {
    for (const encoder of ofKind(context, 'text_encoder')) {
      const part = partOf(context, encoder);
      const config = part === undefined ? undefined : textEncoderConfig(part);
      const right = ACTIVATIONS.get(encoder.id);
      if (config === undefined || right === undefined) continue;
      const declared = config.text('hidden_act')?.value;
      if ((declared ?? DEFAULT) === right) continue;
      yield {
        args: {
          file: config.path,
          encoder: nameOf(encoder),
          found: declared ?? `nothing, read as ${DEFAULT}`,
          right,
        },
        place: { file: config.path, pointer: declared === undefined ? '' : '/hidden_act' },
      };
    }
  },
  words: ({ file, encoder, found, right }) => ({
    what: `${file} runs ${encoder} with another activation than it was trained with`,
    found,
    expected: right,
  }),
});
