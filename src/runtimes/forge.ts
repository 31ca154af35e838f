import type { KeyFacts } from '../components/key-facts.ts';
import { type KnownModel, MODELS } from './guess/models.ts';
import { fits, walkUnet } from './guess/walk.ts';
import { assumed, REFINER, SD1, SD2, SDXL } from './presets.ts';
import type { Assumptions, Decision, Runtime } from './runtime.ts';

const LOADER = 'backend/loader.py';
const GUESS = 'huggingface_guess/model_list.py';

/** ComfyUI's detection of its time, then the folder of a published model, whose settings it takes. */
export const forge: Runtime = {
  id: 'forge',
  title: 'Forge',
  version: 'dfdcbab (2025-06-26), huggingface_guess 8482624',
  repository: 'lllyasviel/stable-diffusion-webui-forge',
  checked: 'replayed',
  decide({ container, keys }) {
    if (container === 'folder') return { kind: 'refused', reason: 'it loads single files', evidence: [] };
    return decide(prefixed(keys));
  },
};

/** Source: backend/loader.py, `preprocess_state_dict`: markers of a bare net get the prefix too, and are not found again. */
function prefixed(keys: KeyFacts): KeyFacts {
  return keys.begins('model.diffusion_model') ? keys : keys.behind('model.diffusion_model.');
}

/** Kinds for which it has the folder of a published model. Source: huggingface_guess/model_list.py, `huggingface_repo`. */
const REPOSITORIES: Readonly<Partial<Record<KnownModel['kind'], string>>> = {
  sd1: 'runwayml/stable-diffusion-v1-5',
  sd2: 'stabilityai/stable-diffusion-2-1',
  // a subclass of its model of Stable Diffusion 2 with no folder of its own
  x4: 'stabilityai/stable-diffusion-2-1',
  sdxl: 'stabilityai/stable-diffusion-xl-base-1.0',
  refiner: 'stabilityai/stable-diffusion-xl-refiner-1.0',
};

function decide(keys: KeyFacts): Decision {
  const prefix = keys.count('model.diffusion_model.') > FEW ? 'model.diffusion_model.' : 'model.';
  const net = walkUnet(keys, prefix);
  const evidence = [`the encoder under ${prefix.replace(/\.$/, '')}, walked as ComfyUI walks it`];
  if (net === undefined) return { kind: 'refused', reason: 'no U-Net where it looks for one', evidence };
  const model = MODELS.find(({ id, asks }) => id !== 'LotusD' && fits(asks, net, keys));
  if (model === undefined) {
    return { kind: 'refused', reason: 'a U-Net that none of its models fits', evidence };
  }
  const repository = REPOSITORIES[model.kind];
  if (repository === undefined) {
    return { kind: 'refused', reason: `it knows ${model.id} and has no settings for it`, evidence };
  }
  if (model.kind === 'sdxl' && keys.has('edm_mean') && keys.has('edm_std')) {
    const reason = 'its sampling knows no EDM prediction (k_prediction_from_diffusers_scheduler)';
    return { kind: 'refused', reason, evidence: [...evidence, 'the marker tensors edm_mean and edm_std'] };
  }
  return {
    kind: 'identified',
    as: model.id,
    evidence: [...evidence, `then the settings of ${repository}`],
    families: model.kind === 'x4' ? ['sd2', 'sd2-v'] : model.families,
    assumes: { ...base(model, repository), ...prediction(model, keys), ...zeroSnr(keys) },
  };
}

/** So many tensors under a prefix are not yet a net. */
const FEW = 5;

function base({ kind }: KnownModel, repository: string): Assumptions {
  const from = `backend/huggingface/${repository}`;
  const because = 'the folder of the model it took it for';
  if (kind === 'sd1') return assumed(SD1, because, from);
  if (kind === 'sdxl') return assumed(SDXL, because, from);
  if (kind === 'refiner') return assumed(REFINER, because, from);
  return assumed({ ...SD2, upcast_attention: true }, because, from);
}

/**
 * Sources: backend/loader.py, `split_state_dict` and `forge_loader`; huggingface_guess/model_list.py, `model_type`. The
 * spread that tells Stable Diffusion 2's velocity is looked up without the prefix, where it never is.
 */
function prediction({ kind }: KnownModel, keys: KeyFacts): Assumptions {
  const yaml = 'a YAML of the same name beside the file would say otherwise';
  if (kind === 'sdxl' && keys.has('edm_vpred.sigma_max')) {
    const because = 'it knows edm_vpred.sigma_max and has no such prediction: that of its folder stays';
    return assumed({ prediction_type: 'epsilon' }, because, `${LOADER}, forge_loader`);
  }
  if (kind === 'sdxl' && keys.has('v_pred')) {
    return assumed(
      { prediction_type: 'v_prediction' },
      'the marker tensor v_pred',
      `${GUESS}, SDXL.model_type`,
    );
  }
  if (kind === 'sd2' || kind === 'x4') {
    const because = `it asks for a bias under a name without prefix, which no file has; ${yaml}`;
    return assumed(
      { prediction_type: 'epsilon' },
      because,
      `${LOADER}, split_state_dict; ${GUESS}, SD20.model_type`,
    );
  }
  return assumed({ prediction_type: 'epsilon' }, `no marker tensor; ${yaml}`, `${GUESS}, BASE.model_type`);
}

/** Source: backend/loader.py, `split_state_dict`; modules/processing.py, `process_images_inner`. */
function zeroSnr(keys: KeyFacts): Assumptions {
  if (!keys.has('ztsnr')) return {};
  const from = 'modules/processing.py, process_images_inner';
  return assumed({ zero_terminal_snr: true }, 'the marker tensor ztsnr', from);
}
