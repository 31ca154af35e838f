import type { KeyFacts } from '../components/key-facts.ts';
import { assumed, REFINER, SD1, SD2, SDXL } from './presets.ts';
import type { Assumptions, Decision, Runtime } from './runtime.ts';

const CONFIG = 'modules/sd_models_config.py, guess_model_config_from_state_dict';
const SGM = 'SDXL, in the names of Stability-AI/generative-models';

/** Takes a file by its text encoder for one of the published YAML configs; what fits none is Stable Diffusion 1. */
export const a1111: Runtime = {
  id: 'a1111',
  title: 'AUTOMATIC1111',
  version: '1.10 (2024-07)',
  repository: 'AUTOMATIC1111/stable-diffusion-webui',
  checked: 'replayed',
  unopened: { gguf: 'it lists .ckpt and .safetensors alone (modules/sd_models.py, list_models)' },
  decide({ container, keys }) {
    if (container === 'folder') return { kind: 'refused', reason: 'it loads single files', evidence: [] };
    const { config, evidence } = configOf(renamed(keys));
    return identified(config, evidence, keys);
  },
};

/** Source: modules/sd_models.py, `get_state_dict_from_checkpoint`: Stable Diffusion 2 in the names of its SGM form. */
function renamed(keys: KeyFacts): KeyFacts {
  const first = 'conditioner.embedders.0.';
  if (keys.side(`${first}model.ln_final.weight`, 0) !== 1024) return keys;
  return keys.renamed(first, 'cond_stage_model.');
}

interface Guess {
  readonly config: string;
  readonly evidence: string;
}

/** The order is the program's. A YAML of the same name beside the file wins over all of it. */
function configOf(keys: KeyFacts): Guess {
  const entry = keys.side('model.diffusion_model.input_blocks.0.0.weight', 1);
  const into = `${entry ?? 'unknown'} channels in`;
  const second = 'conditioner.embedders.1.model.ln_final.weight';
  if (keys.has('model.diffusion_model.x_embedder.proj.weight')) {
    return { config: 'sd3-inference', evidence: 'model.diffusion_model.x_embedder.proj.weight' };
  }
  if (keys.has(second)) {
    return { config: entry === 9 ? 'sd_xl_inpaint' : 'sd_xl_base', evidence: `${second}; ${into}` };
  }
  const first = 'conditioner.embedders.0.model.ln_final.weight';
  if (keys.has(first)) return { config: 'sd_xl_refiner', evidence: first };
  const depth = 'depth_model.model.pretrained.act_postprocess3.0.project.0.bias';
  if (keys.has(depth)) return { config: 'v2-midas-inference', evidence: depth };
  const image = keys.side('embedder.model.ln_final.weight', 0);
  if (image === 768)
    return { config: 'v2-1-stable-unclip-l-inference', evidence: 'an image embedder of 768' };
  if (image === 1024)
    return { config: 'v2-1-stable-unclip-h-inference', evidence: 'an image embedder of 1024' };
  const text = 'cond_stage_model.model.transformer.resblocks.0.attn.in_proj_weight';
  if (keys.side(text, 1) === 1024) {
    if (entry === 9) return { config: 'v2-inpainting-inference', evidence: `${text}; ${into}` };
    return { config: 'v2-inference(-v)', evidence: `${text}; a run of the net tells which` };
  }
  if (entry === 9) return { config: 'v1-inpainting-inference', evidence: into };
  if (entry === 8) return { config: 'instruct-pix2pix', evidence: into };
  if (keys.has('cond_stage_model.roberta.embeddings.word_embeddings.weight')) {
    const m18 = keys.side('cond_stage_model.transformation.weight', 0) === 1024;
    const config = m18 ? 'alt-diffusion-m18-inference' : 'alt-diffusion-inference';
    return { config, evidence: 'a RoBERTa text encoder' };
  }
  return { config: 'v1-inference', evidence: 'nothing that it asks for: what is left is Stable Diffusion 1' };
}

/** What each config stands for. */
const FAMILIES: ReadonlyMap<string, readonly string[]> = new Map([
  ['sd_xl_base', ['sdxl', 'ssd-1b']],
  ['sd_xl_inpaint', ['sdxl-inpainting']],
  ['sd_xl_refiner', ['sdxl-refiner']],
  ['v2-midas-inference', ['sd2-depth']],
  ['v2-1-stable-unclip-l-inference', ['sd2-unclip-l']],
  ['v2-1-stable-unclip-h-inference', ['sd2-unclip-h']],
  ['v2-inpainting-inference', ['sd2-inpainting']],
  ['v2-inference(-v)', ['sd2', 'sd2-v']],
  ['v1-inpainting-inference', ['sd1-inpainting']],
  ['instruct-pix2pix', ['sd1-instruct-pix2pix']],
  ['v1-inference', ['sd1']],
]);

function identified(config: string, evidence: string, keys: KeyFacts): Decision {
  const assumes = assumptions(config, keys);
  const families = FAMILIES.get(config);
  if (assumes === undefined || families === undefined) {
    return {
      kind: 'refused',
      reason: `taken for ${config}, which is no U-Net of ours`,
      evidence: [evidence],
    };
  }
  return {
    kind: 'identified',
    as: `${config}.yaml`,
    evidence: [evidence],
    families,
    ...(config === 'v1-inference' ? { leftOver: true } : {}),
    assumes,
  };
}

function assumptions(config: string, keys: KeyFacts): Assumptions | undefined {
  const from = `${CONFIG}; ${config}.yaml`;
  const because = `${config}.yaml, which it took`;
  switch (config) {
    case 'sd_xl_base':
    case 'sd_xl_inpaint':
      return assumed(SDXL, because, `${from} (${SGM})`);
    case 'sd_xl_refiner':
      return assumed(REFINER, because, `${from} (${SGM})`);
    case 'v2-inference(-v)': {
      const probe = {
        because: 'a run of the net on a flat picture at the last timestep',
        from: 'modules/sd_models_config.py, is_using_v_parameterization_for_sd2',
      };
      return { ...assumed(SD2, because, from), ...ownSchedule(keys), prediction_type: probe };
    }
    case 'v2-inpainting-inference':
    case 'v2-midas-inference':
      return { ...assumed({ ...SD2, prediction_type: 'epsilon' }, because, from), ...ownSchedule(keys) };
    case 'v2-1-stable-unclip-l-inference':
    case 'v2-1-stable-unclip-h-inference':
      return { ...assumed({ ...SD2, prediction_type: 'v_prediction' }, because, from), ...ownSchedule(keys) };
    case 'v1-inference':
    case 'v1-inpainting-inference':
    case 'instruct-pix2pix':
      return { ...assumed(SD1, because, from), ...ownSchedule(keys) };
    default:
      return undefined;
  }
}

/** Its models of Stable Diffusion 1 and 2 keep the schedule as buffers, which a file's own tables replace when it is loaded. */
function ownSchedule(keys: KeyFacts): Assumptions {
  if (!keys.has('alphas_cumprod')) return {};
  const told = {
    because: 'alphas_cumprod of the file itself, loaded over its own',
    from: 'ldm/models/diffusion/ddpm.py, register_schedule; modules/sd_models.py, load_model_weights',
  };
  return { schedule: told, zero_terminal_snr: told };
}
