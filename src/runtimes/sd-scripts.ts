import type { KeyFacts } from '../components/key-facts.ts';
import { assumed, SD1, SD2, SDXL } from './presets.ts';
import type { Assumptions, Runtime, Subject } from './runtime.ts';

/** Reads nothing off a file: which script is started, with which flags, says what it is. Names and shapes must fit exactly. */
export const sdScripts: Runtime = {
  id: 'sd-scripts',
  title: 'kohya sd-scripts',
  version: '0.10.1 (48d368f, 2026-02-16)',
  repository: 'kohya-ss/sd-scripts',
  checked: 'replayed',
  unopened: { gguf: 'it opens safetensors and pickles alone (library/model_util.py, is_safetensors)' },
  decide(subject) {
    const script = scriptOf(subject);
    if (typeof script === 'string') return { kind: 'refused', reason: script, evidence: [] };
    const misfit =
      subject.container === 'file' ? fileMisfit(script, subject.keys) : netMisfit(script, subject);
    if (misfit !== undefined) {
      return {
        kind: 'refused',
        reason: `${script.as} stops while it loads: ${misfit}`,
        evidence: [],
      };
    }
    const evidence = [`nothing: the script and its flags say what the file is; ${script.as} loads it`];
    return { kind: 'told', as: script.as, evidence, assumes: script.assumes };
  },
};

const LDM = 'model.diffusion_model.';
const VAE = 'first_stage_model.';

/** How many tensors must stand under a prefix, but for those that are dropped before. */
interface Held {
  readonly prefix: string;
  readonly count: number;
  readonly dropped?: readonly string[];
}

/** A script, and what it asks of a file. Its loaders compare every name and shape; here they are counted, and some looked at. */
interface Script {
  readonly as: string;
  /** Width of the text that its net reads: it tells which script a user would start. */
  readonly context: number;
  readonly holds: readonly Held[];
  /** Tensors of the net in a folder. */
  readonly net: number;
  /** How many sides the first projection of an attention has, where another number stops it. */
  readonly projection?: number;
  /** A prefix that it takes for more of the text encoder. */
  readonly never?: string;
  readonly assumes: Assumptions;
}

/** The net of Stable Diffusion takes these alone, and leaves out what stands beside them in the file. */
const BLOCKS: readonly Held[] = [
  { prefix: `${LDM}time_embed.`, count: 4 },
  { prefix: `${LDM}input_blocks.`, count: 248 },
  { prefix: `${LDM}middle_block.`, count: 46 },
  { prefix: `${LDM}output_blocks.`, count: 384 },
  { prefix: `${LDM}out.`, count: 4 },
];

const AUTOENCODER: readonly Held[] = [
  { prefix: `${VAE}encoder.`, count: 106 },
  { prefix: `${VAE}decoder.`, count: 138 },
  { prefix: `${VAE}quant_conv.`, count: 2 },
  { prefix: `${VAE}post_quant_conv.`, count: 2 },
];

/** What the script that fits the net takes without further flags. */
function unflagged(values: typeof SD1 | typeof SD2 | typeof SDXL, from: string): Assumptions {
  return {
    ...assumed(values, 'the script that fits the net', from),
    ...assumed(
      { prediction_type: 'epsilon', zero_terminal_snr: false },
      'the default without --v_parameterization and --zero_terminal_snr',
      'library/train_util.py',
    ),
  };
}

/** Sources: library/model_util.py, `load_models_from_stable_diffusion_checkpoint`; library/sdxl_model_util.py. */
const SCRIPTS: readonly Script[] = [
  {
    as: 'a script of Stable Diffusion 1',
    context: 768,
    holds: [
      ...BLOCKS,
      ...AUTOENCODER,
      {
        prefix: 'cond_stage_model.transformer.',
        count: 196,
        // in files of one old model the module is not named
        dropped: ['text_model.', ''].map(
          (module) => `cond_stage_model.transformer.${module}embeddings.position_ids`,
        ),
      },
    ],
    net: 686,
    projection: 4,
    assumes: unflagged(SD1, 'library/model_util.py'),
  },
  {
    as: 'a script with --v2',
    context: 1024,
    holds: [
      ...BLOCKS,
      ...AUTOENCODER,
      {
        prefix: 'cond_stage_model.',
        count: 280,
        // the last layer is not read
        dropped: ['transformer.resblocks.23.', 'text_projection', 'logit_scale'].map(
          (name) => `cond_stage_model.model.${name}`,
        ),
      },
    ],
    net: 686,
    never: 'embedder.model.visual.transformer.resblocks.',
    assumes: unflagged(SD2, 'library/model_util.py'),
  },
  {
    as: 'a script of SDXL',
    context: 2048,
    holds: [
      { prefix: LDM, count: 1680 },
      {
        prefix: 'conditioner.embedders.0.transformer.',
        count: 196,
        dropped: ['conditioner.embedders.0.transformer.text_model.embeddings.position_ids'],
      },
      {
        prefix: 'conditioner.embedders.1.model.',
        count: 389,
        dropped: ['conditioner.embedders.1.model.logit_scale'],
      },
      ...AUTOENCODER,
    ],
    net: 1680,
    assumes: unflagged(SDXL, 'library/sdxl_model_util.py'),
  },
];

/** The script that a user would start for such a net; why there is none, otherwise. */
function scriptOf({ container, keys, parts }: Subject): Script | string {
  const file = container === 'file';
  if (file && !keys.begins(LDM)) return `no net under ${LDM.slice(0, -1)}, where its loaders look for it`;
  const name = file
    ? `${LDM}input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight`
    : 'down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight';
  const width = (file ? keys : parts.get('unet'))?.side(name, -1);
  return SCRIPTS.find(({ context }) => context === width) ?? 'none of its scripts for U-Nets has such a net';
}

/** The first thing in which a file is not what the script asks for; undefined where it loads. */
function fileMisfit({ holds, projection, never }: Script, keys: KeyFacts): string | undefined {
  const entry = entryMisfit(keys, `${LDM}input_blocks.0.0.weight`);
  if (entry !== undefined) return entry;
  const sides = keys.shape(`${LDM}input_blocks.1.1.proj_in.weight`)?.length;
  if (projection !== undefined && sides !== projection) {
    return `projections of attention have ${sides ?? 'no'} sides, not ${projection}`;
  }
  if (never !== undefined && keys.begins(never)) {
    return `${never.slice(0, -1)} is taken for a part of the text encoder`;
  }
  for (const { prefix, count, dropped = [] } of holds) {
    const there = dropped.reduce((left, name) => left - keys.count(name), keys.count(prefix));
    if (there !== count) return `${there} tensors under ${prefix.slice(0, -1)}, where it has ${count}`;
  }
  return undefined;
}

/** Of a folder the net alone is looked at: diffusers loads the rest by its configs. */
function netMisfit({ net }: Script, { parts }: Subject): string | undefined {
  const keys = parts.get('unet');
  const entry = keys === undefined ? undefined : entryMisfit(keys, 'conv_in.weight');
  if (entry !== undefined) return entry;
  const there = keys?.count('') ?? 0;
  return there === net ? undefined : `${there} tensors in the unet, where it has ${net}`;
}

function entryMisfit(keys: KeyFacts, name: string): string | undefined {
  const [out, into] = [keys.side(name, 0), keys.side(name, 1)];
  if (out === 320 && into === 4) return undefined;
  return `${into ?? 'no'} channels enter and ${out ?? 'none'} go on, where its nets take 4 to 320`;
}
