import { FactList, type Recognise, type Recognised } from '../kind.ts';
import type { Piece } from '../piece.ts';

/** Small or rare pieces, each told by a name or two that only it has. */
export const recogniseSmall: Recognise = (piece) =>
  ipAdapter(piece) ?? motionModule(piece) ?? depthEstimator(piece) ?? textualInversion(piece);

/** Source: tencent-ailab/IP-Adapter: `image_proj` and `ip_adapter` side by side. */
function ipAdapter(piece: Piece): Recognised | undefined {
  const layers = piece.under('ip_adapter');
  if (layers < 3 || piece.count('_ip.weight') === 0) return undefined;
  const key = piece.tensors.find(({ name }) => name.endsWith('to_k_ip.weight'));
  const list = new FactList().add('cross_attention_dim', key?.tensor.shape[1], key?.tensor.name ?? '');
  return { kind: 'ip_adapter', id: 'ip-adapter', title: 'IP-Adapter', facts: list.map };
}

/** Source: guoyww/AnimateDiff `motion_module.py`; only files without a net of their own. */
function motionModule(piece: Piece): Recognised | undefined {
  const motion = piece.count('motion_modules.');
  if (motion < 3 || motion * 10 < piece.tensors.length * 9) return undefined;
  const pe = piece.tensors.find(({ name }) => name.endsWith('pos_encoder.pe'));
  const list = new FactList().add('max_frames', pe?.tensor.shape[1], pe?.tensor.name ?? '');
  return { kind: 'motion_module', id: 'animatediff', title: 'AnimateDiff motion module', facts: list.map };
}

/** Sources: isl-org/MiDaS `vit.py` (DPT hybrid), kept under `depth_model.`; transformers `modeling_dpt.py`. */
function depthEstimator(piece: Piece): Recognised | undefined {
  const original = piece.count('act_postprocess3.') >= 2;
  const transformers = piece.under('dpt') >= 3 && piece.under('neck', 'head') >= 3;
  if (!original && !transformers) return undefined;
  return { kind: 'depth_estimator', id: 'midas', title: 'MiDaS depth estimator (DPT)' };
}

/** Names of textual inversion: A1111's `emb_params`, SDXL's pair of encoders, diffusers' `<token>`. */
const EMBEDDING = /^(?:emb_params|clip_[lgh]|string_to_param\..*|<.*>)$/;

function textualInversion(piece: Piece): Recognised | undefined {
  const { tensors } = piece;
  if (tensors.length === 0 || tensors.length > 4) return undefined;
  const fits = tensors.every(({ name, tensor }) => EMBEDDING.test(name) && tensor.shape.length <= 2);
  if (!fits) return undefined;
  const list = new FactList();
  for (const { name, tensor } of tensors) {
    list.add(tensors.length === 1 ? 'hidden_size' : `hidden_size ${name}`, tensor.shape.at(-1), tensor.name);
  }
  return {
    kind: 'textual_inversion',
    id: 'textual-inversion',
    title: 'textual inversion embedding',
    facts: list.map,
  };
}
