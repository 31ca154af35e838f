import { KeyFacts } from '../components/key-facts.ts';
import { type KnownModel, MODELS } from './guess/models.ts';
import { rowOf } from './guess/diffusers-rows.ts';
import { fits, type WalkedNet, walkUnet } from './guess/walk.ts';
import { assumed, REFINER, SD1, SD2, SDXL, withoutBetas } from './presets.ts';
import type { Assumptions, Decision, Runtime, Subject } from './runtime.ts';

const MODELS_PY = 'comfy/supported_models.py';

/** Takes a file for the first of its models that fits what a walk over the encoder found. */
export const comfyui: Runtime = {
  id: 'comfyui',
  title: 'ComfyUI',
  version: '0.3.64 (a125cd8, 2025-10-12)',
  repository: 'Comfy-Org/ComfyUI',
  checked: 'replayed',
  decide(subject) {
    const keys = subject.container === 'file' ? subject.keys : subject.parts.get('unet');
    if (keys === undefined) return { kind: 'refused', reason: 'the folder has no unet', evidence: [] };
    return decide(keys, subject);
  },
};

const NOTHING = new KeyFacts([]);

/** What identifies a file, and the names under which its later questions are asked. */
interface Identified {
  readonly model: KnownModel;
  readonly evidence: readonly string[];
  /** Tensors among which it looks for markers. */
  readonly markers: KeyFacts;
  /** The tensor whose spread tells the velocity of Stable Diffusion 2; undefined where there is none. */
  readonly norm: string | undefined;
  readonly in_channels: number | undefined;
}

function decide(keys: KeyFacts, subject: Subject): Decision {
  const found = identify(keys);
  if (!('model' in found)) return found;
  const { model, evidence } = found;
  return {
    kind: 'identified',
    as: model.id,
    evidence,
    families: model.families,
    assumes: assumptions(found, subject),
  };
}

/** Source: comfy/sd.py, `load_state_dict_guess_config` and, where that fails, `load_diffusion_model_state_dict`. */
function identify(keys: KeyFacts): Identified | Extract<Decision, { kind: 'refused' }> {
  const prefix = unetPrefix(keys);
  const norm = 'output_blocks.11.1.transformer_blocks.0.norm1.bias';
  const whole = walkUnet(keys, prefix);
  const model = whole && MODELS.find(({ asks }) => fits(asks, whole, keys));
  if (whole !== undefined && model !== undefined) {
    return { model, evidence: said(whole, prefix), markers: keys, ...asked(whole, keys, prefix + norm) };
  }
  const cut = keys.begins(prefix) ? keys.under(prefix) : keys;
  const lone = walkUnet(cut, '');
  const loneModel = lone && MODELS.find(({ asks }) => fits(asks, lone, cut));
  if (lone !== undefined && loneModel !== undefined) {
    return { model: loneModel, evidence: said(lone, ''), markers: cut, ...asked(lone, cut, norm) };
  }
  const row = rowOf(cut);
  const rowModel = row && MODELS.find(({ asks }) => fits(asks, row.net, undefined));
  if (row !== undefined && rowModel !== undefined) {
    return {
      model: rowModel,
      evidence: [`row ${row.id} of its table of nets in diffusers' names`],
      // it keeps those tensors alone that the row's net has
      markers: NOTHING,
      ...asked(row.net, cut, 'up_blocks.3.attentions.2.transformer_blocks.0.norm1.bias'),
    };
  }
  const net = whole ?? lone;
  return {
    kind: 'refused',
    reason: net === undefined ? 'no U-Net where it looks for one' : 'a U-Net that none of its models fits',
    evidence:
      net === undefined ? [`no ${prefix}input_blocks.0.0.weight, no conv_in.weight`] : said(net, prefix),
  };
}

function asked(net: WalkedNet, keys: KeyFacts, norm: string): Pick<Identified, 'norm' | 'in_channels'> {
  return { norm: keys.has(norm) ? norm : undefined, in_channels: net.in_channels };
}

/** Source: comfy/model_detection.py, `unet_prefix_from_state_dict`. */
function unetPrefix(keys: KeyFacts): string {
  const counts = ['model.diffusion_model.', 'model.model.', 'net.'].map(
    (prefix) => [prefix, keys.count(prefix)] as const,
  );
  const [top] = counts.sort(([, a], [, b]) => b - a);
  return top !== undefined && top[1] > FEW ? top[0] : 'model.';
}

/** So many tensors under a prefix are not yet a net. */
const FEW = 5;

function said(net: WalkedNet, prefix: string): string[] {
  return [
    `the encoder under ${prefix === '' ? 'no prefix' : prefix.replace(/\.$/, '')} up to its first gap: ${net.model_channels ?? '?'} channels, ` +
      `${net.in_channels ?? '?'} in, text ${net.context_dim ?? 'none'}, added ${net.adm_in_channels ?? 'none'}, ` +
      `${net.linear ? 'linear' : 'convolution'} projections, depths ${net.transformer_depth.join(' ')}`,
  ];
}

function assumptions(found: Identified, subject: Subject): Assumptions {
  const { model } = found;
  const from = `${MODELS_PY}, ${model.id}`;
  const because = 'the model it took it for';
  switch (model.kind) {
    case 'sd1':
    case 'zero123':
      return assumed(SD1, because, from);
    case 'refiner':
      return assumed(REFINER, because, from);
    case 'svd':
      return assumed(
        {
          prediction_type: 'edm_v_prediction',
          vae_scale: 0.18215,
          attention_heads: { headDim: 64 },
          projection: 'linear',
          upcast_attention: true,
        },
        because,
        from,
      );
    case 'x4':
      return assumed(
        {
          prediction_type: 'v_prediction',
          schedule: 'x4-upscaler',
          zero_terminal_snr: false,
          vae_scale: 0.08333,
          attention_heads: { heads: 8 },
          cross_attention_dim: 1024,
          projection: 'linear',
        },
        because,
        from,
      );
    case 'sd2': {
      const base = assumed({ ...SD2, upcast_attention: true }, because, from);
      // Lotus gives the answer itself, in one step
      return model.id === 'LotusD' ? base : { ...base, prediction_type: spread(found, subject) };
    }
    case 'sdxl':
      return withoutBetas({ ...assumed(SDXL, because, from), ...marked(found.markers) });
  }
}

/** Above this spread of one bias it holds a Stable Diffusion 2 for one that predicts velocity. */
const VELOCITY_SPREAD = 0.09;

/** Source: comfy/supported_models.py, `SD20.model_type`. */
function spread(
  { norm, in_channels }: Identified,
  subject: Subject,
): NonNullable<Assumptions['prediction_type']> {
  const from = `${MODELS_PY}, SD20.model_type`;
  if (in_channels !== 4) {
    return { value: 'epsilon', because: `${in_channels ?? '?'} channels in: only 4 may be velocity`, from };
  }
  if (norm === undefined)
    return { value: 'epsilon', because: 'the bias that it looks at is not there', from };
  const deviation = subject.deviation?.(norm);
  if (deviation === undefined) {
    return { because: `the standard deviation of ${norm}: above ${VELOCITY_SPREAD} is velocity`, from };
  }
  return {
    value: deviation > VELOCITY_SPREAD ? 'v_prediction' : 'epsilon',
    because: `the standard deviation of ${norm} is ${deviation.toPrecision(3)}; above ${VELOCITY_SPREAD} is velocity`,
    from,
  };
}

/** Source: comfy/supported_models.py, `SDXL.model_type`. */
function marked(keys: KeyFacts): Assumptions {
  const from = `${MODELS_PY}, SDXL.model_type`;
  if (keys.has('edm_mean') && keys.has('edm_std')) {
    const because = 'the marker tensors edm_mean and edm_std';
    return assumed({ prediction_type: 'edm', vae_scale: 0.5 }, because, from);
  }
  if (keys.has('edm_vpred.sigma_max')) {
    const because = 'the marker tensor edm_vpred.sigma_max';
    return assumed({ prediction_type: 'edm_v_prediction' }, because, from);
  }
  if (!keys.has('v_pred')) {
    return assumed({ prediction_type: 'epsilon' }, 'no marker tensor that says otherwise', from);
  }
  const velocity = assumed({ prediction_type: 'v_prediction' }, 'the marker tensor v_pred', from);
  if (!keys.has('ztsnr')) return velocity;
  return { ...velocity, ...assumed({ zero_terminal_snr: true }, 'the marker tensor ztsnr', from) };
}
