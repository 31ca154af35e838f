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
  checked: 'read',
  decide(subject) {
    const keys = subject.container === 'file' ? subject.keys : joined(subject);
    const { version, evidence } = versionOf(keys);
    if (version === undefined) {
      return { kind: 'refused', reason: 'it cannot tell which model this is', evidence };
    }
    return identified(version, evidence, keys);
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

const TOKENS = [
  'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight',
  'cond_stage_model.model.token_embedding.weight',
  'text_model.embeddings.token_embedding.weight',
  'te.text_model.embeddings.token_embedding.weight',
  'conditioner.embedders.0.model.token_embedding.weight',
  'conditioner.embedders.0.transformer.text_model.embeddings.token_embedding.weight',
] as const;

const ENTRIES = ['model.diffusion_model.input_blocks.0.0.weight', 'unet.conv_in.weight'] as const;

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
  // of several names the last one, in the order of its map, is what stays
  const entryName = ENTRIES.findLast((name) => keys.has(name));
  const entry = entryName === undefined ? undefined : keys.side(entryName, 1);
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
  if (version.startsWith('SD2') || version === 'SDXS_09') {
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
