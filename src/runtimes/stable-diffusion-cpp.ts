import { KeyFacts } from '../components/key-facts.ts';
import { assumed, SD1, SD2, SDXL, withoutBetas } from './presets.ts';
import type { Assumptions, Decision, Runtime, Subject } from './runtime.ts';

const START = 'src/stable-diffusion.cpp';

/** Looks for parts of names anywhere in a file, and for the width of the text encoder. */
export const stableDiffusionCpp: Runtime = {
  id: 'stable-diffusion.cpp',
  title: 'stable-diffusion.cpp',
  version: 'master-827 (97d2990, 2026-08-19)',
  repository: 'leejet/stable-diffusion.cpp',
  checked: 'replayed',
  decide(subject) {
    const keys = subject.container === 'file' ? subject.keys : joined(subject);
    // it asks twice: by the first answer it renames the tensors, the second one stays
    const before = versionOf(keys);
    const named = renamed(keys, before.version);
    const { version, evidence: by } = named === keys ? before : versionOf(named);
    const lost = before.version?.startsWith('SDXL') === true && version?.startsWith('SDXL') !== true;
    const evidence = [...by, ...(lost ? [LOST] : [])];
    if (version === undefined) {
      return { kind: 'refused', reason: 'it cannot tell which model this is', evidence };
    }
    const end = endOf(version, named);
    if (end !== undefined) return { kind: 'refused', reason: end, evidence };
    return identified(version, evidence, named);
  },
};

/** How it puts a folder together. Source: src/model_loader.cpp, `init_from_diffusers_file`. */
const FOLDERS = [
  ['unet', 'unet.'],
  ['vae', 'vae.'],
  ['text_encoder', 'te.'],
  ['text_encoder_2', 'te.1.'],
] as const;

function joined({ parts }: Subject): KeyFacts {
  return FOLDERS.reduce(
    (all, [part, prefix]) => all.with(parts.get(part)?.behind(prefix) ?? NOTHING),
    NOTHING,
  );
}

const NOTHING = new KeyFacts([]);

const LOST =
  'the second text encoder stands under te.1, which it renames to what it does not find again: before that it was SDXL';

/** `te.1.`, the second text encoder of a folder, goes the way of `te.`, and is not found as a second one again. */
const PREFIXES = [
  ['diffusion_model.', 'model.diffusion_model.'],
  ['unet.', 'model.diffusion_model.'],
  ['text_encoder.', 'cond_stage_model.transformer.'],
  ['te.', 'cond_stage_model.transformer.'],
  ['te1.', 'cond_stage_model.transformer.'],
  ['te2.', 'cond_stage_model.1.transformer.'],
] as const;

const SPLIT_PREFIXES = [
  ['clip_l.', 'cond_stage_model.transformer.'],
  ['clip_g.', 'cond_stage_model.1.transformer.'],
] as const;

/** What its names for a U-Net in diffusers' layout become, as far as it asks for them again. */
const MODULES = [
  ['conv_in.weight', 'input_blocks.0.0.weight'],
  ['down_blocks.', 'input_blocks.'],
  ['mid_block.attentions.0.', 'middle_block.1.'],
  ['up_blocks.1.attentions.0.', 'output_blocks.3.1.'],
  ['up_blocks.2.attentions.1.', 'output_blocks.7.1.'],
] as const;

/** Source: src/name_conversion.cpp, `convert_tensor_name`. A file of which it does not know the version keeps its modules. */
function renamed(keys: KeyFacts, version: string | undefined): KeyFacts {
  const known = version !== undefined && version !== 'SVD';
  const modules = MODULES.map(([from, to]) => [UNET + from, UNET + to] as const);
  const rules = [...PREFIXES, ...(known ? [...SPLIT_PREFIXES, ...modules] : [])];
  return rules.reduce((all, [from, to]) => (all.begins(from) ? all.renamed(from, to) : all), keys);
}

const UNET = 'model.diffusion_model.';

const TOKENS = [
  'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight',
  'cond_stage_model.model.token_embedding.weight',
  'text_model.embeddings.token_embedding.weight',
  'te.text_model.embeddings.token_embedding.weight',
  'conditioner.embedders.0.model.token_embedding.weight',
  'conditioner.embedders.0.transformer.text_model.embeddings.token_embedding.weight',
] as const;

const ENTRIES = ['model.diffusion_model.input_blocks.0.0.weight', 'unet.conv_in.weight'] as const;

/** Of several names the last one, in the order of its map, is what stays. */
function entryOf(keys: KeyFacts): number | undefined {
  const name = ENTRIES.findLast((each) => keys.has(each));
  return name === undefined ? undefined : keys.side(name, 1);
}

/** Source: src/model_loader.cpp, `ModelLoader::get_sd_version`. */
interface Guess {
  /** Undefined where it gives up. */
  readonly version?: string;
  readonly evidence: readonly string[];
}

function versionOf(keys: KeyFacts): Guess {
  const unet = keys.contains('model.diffusion_model.input_blocks.') || keys.contains('unet.down_blocks.');
  if (keys.contains('model.diffusion_model.input_blocks.8.0.time_mixer.mix_factor')) {
    return { version: 'SVD', evidence: ['a time mixer in input_blocks.8'] };
  }
  const entry = entryOf(keys);
  const into = `${entry ?? 'unknown'} channels in`;
  const middle =
    keys.contains('model.diffusion_model.middle_block.1.') || keys.contains('unet.mid_block.resnets.1.');
  const second = ['conditioner.embedders.1', 'cond_stage_model.1', 'te.1'].find((text) =>
    keys.contains(text),
  );
  if (unet && second !== undefined) {
    const evidence = [`a U-Net and ${second}`, into];
    if (entry === 9) return { version: 'SDXL_INPAINT', evidence };
    if (entry === 8) return { version: 'SDXL_PIX2PIX', evidence };
    if (middle) return { version: 'SDXL', evidence };
    const deep =
      keys.contains('model.diffusion_model.output_blocks.3.1.transformer_blocks.1') ||
      keys.contains('unet.up_blocks.1.attentions.0.transformer_blocks.1');
    return {
      version: deep ? 'SDXL_SSD1B' : 'SDXL_VEGA',
      evidence: [...evidence, 'no attention in the middle'],
    };
  }
  const token = TOKENS.findLast((name) => keys.has(name));
  const width = token === undefined ? undefined : keys.side(token, -1);
  const evidence = [
    ...(unet ? [] : ['no name of a U-Net that it knows']),
    token === undefined ? 'no token embedding of a text encoder' : `${token} is ${width ?? '?'} wide`,
    into,
  ];
  if (width === 768) return { version: sd1Version(keys, entry, middle), evidence };
  if (width === 1024) return { version: sd2Version(keys, entry, middle), evidence };
  return { evidence };
}

function sd1Version(keys: KeyFacts, entry: number | undefined, middle: boolean): string {
  if (entry === 9) return 'SD1_INPAINT';
  if (entry === 8) return 'SD1_PIX2PIX';
  if (middle) return 'SD1';
  const late =
    keys.contains('model.diffusion_model.output_blocks.7.1') ||
    keys.contains('unet.up_blocks.2.attentions.1');
  return late ? 'SD1_TINY_UNET' : 'SDXS_512_DS';
}

function sd2Version(keys: KeyFacts, entry: number | undefined, middle: boolean): string {
  if (entry === 9) return 'SD2_INPAINT';
  if (middle) return 'SD2';
  const late = 'model.diffusion_model.output_blocks.7.1.transformer_blocks.0.attn1.to_k.weight';
  return keys.side(late, -1) === 1024 ? 'SDXS_09' : 'SD2_TINY_UNET';
}

/** What each version stands for. */
const FAMILIES: ReadonlyMap<string, readonly string[]> = new Map([
  ['SD1', ['sd1']],
  ['SD1_INPAINT', ['sd1-inpainting']],
  ['SD1_PIX2PIX', ['sd1-instruct-pix2pix']],
  ['SD1_TINY_UNET', ['bk-sdm-tiny']],
  ['SDXS_512_DS', ['sdxs-512']],
  ['SD2', ['sd2', 'sd2-v']],
  ['SD2_INPAINT', ['sd2-inpainting']],
  ['SD2_TINY_UNET', ['bk-sdm-v2-tiny']],
  ['SDXS_09', ['sdxs-0.9']],
  ['SDXL', ['sdxl']],
  ['SDXL_INPAINT', ['sdxl-inpainting']],
  ['SDXL_PIX2PIX', ['sdxl-instruct-pix2pix']],
  ['SDXL_SSD1B', ['ssd-1b']],
  ['SDXL_VEGA', ['segmind-vega']],
  ['SVD', ['svd']],
]);

/** Where it ends at a model that it took, whatever else is in the file; undefined where it goes on. */
function endOf(version: string, keys: KeyFacts): string | undefined {
  if (version === 'SVD') {
    return 'it takes it for VERSION_SVD, makes no text encoder for that, and crashes where it asks for its tensors';
  }
  const [width, entry] = [0, 1].map((axis) => keys.side(`${UNET}input_blocks.0.0.weight`, axis));
  if (!isSd2(version) || width !== 320 || entry === 4 || entry === 9) return undefined;
  return `it takes it for VERSION_${version}; the run that tells velocity gives the net 4 channels, this one has ${entry ?? '?'}, and it aborts`;
}

function isSd2(version: string): boolean {
  return version.startsWith('SD2') || version === 'SDXS_09';
}

function identified(version: string, evidence: readonly string[], keys: KeyFacts): Decision {
  return {
    kind: 'identified',
    as: `VERSION_${version}`,
    evidence,
    families: FAMILIES.get(version) ?? [],
    assumes: assumptions(version, keys),
  };
}

function assumptions(version: string, keys: KeyFacts): Assumptions {
  const because = 'the version it took it for';
  const from = `${START}, init; src/model/diffusion/unet.hpp, UNetConfig`;
  if (version === 'SVD') {
    return assumed(
      { attention_heads: { headDim: 64 }, projection: 'linear', cross_attention_dim: 1024 },
      because,
      from,
    );
  }
  if (version.startsWith('SDXL')) {
    return withoutBetas({ ...assumed(SDXL, because, from), ...ownSchedule(keys), ...marked(keys) });
  }
  if (isSd2(version)) {
    const probe = {
      because: 'a run of the net on a flat picture at the last timestep',
      from: `${START}, is_using_v_parameterization_for_sd2`,
    };
    return { ...assumed(SD2, because, from), ...ownSchedule(keys), prediction_type: probe };
  }
  return { ...assumed(SD1, because, from), ...ownSchedule(keys) };
}

/** Markers of EDM's own kind (Playground 2.5) are not among those that it looks for. */
function marked(keys: KeyFacts): Assumptions {
  const from = `${START}, init`;
  if (keys.has('edm_vpred.sigma_max')) {
    return assumed({ prediction_type: 'edm_v_prediction' }, 'the marker tensor edm_vpred.sigma_max', from);
  }
  if (keys.has('v_pred'))
    return assumed({ prediction_type: 'v_prediction' }, 'the marker tensor v_pred', from);
  return assumed({ prediction_type: 'epsilon' }, 'no marker tensor that says otherwise', from);
}

function ownSchedule(keys: KeyFacts): Assumptions {
  if (!keys.has('alphas_cumprod')) return {};
  const told = {
    because: 'alphas_cumprod of the file itself, where it has 1000 numbers between 0 and 1',
    from: `${START}, load_alphas_cumprod`,
  };
  return { schedule: told, zero_terminal_snr: told };
}
