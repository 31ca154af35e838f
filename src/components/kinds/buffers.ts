import { FactList, type Recognise } from '../kind.ts';
import type { Piece } from '../piece.ts';

/** Tensors whose names alone say what they are: noise-schedule buffers, markers, what training left behind. */
export const recogniseBuffers: Recognise = (piece) => {
  switch (piece.role) {
    case 'schedule':
      return { kind: 'schedule', ...scheduleTitle(piece), facts: scheduleFacts(piece).map };
    case 'markers':
      return { kind: 'markers', id: 'markers', title: 'marker tensors', facts: markerFacts(piece).map };
    case 'scales':
      return { kind: 'markers', id: 'fp8-scales', title: 'scales of fp8 weights' };
    case 'training':
      return { kind: 'leftover', id: 'training-state', title: 'training state' };
    case 'constants':
      return { kind: 'leftover', id: 'graph-constants', title: 'constants of the graph' };
    default:
      return undefined;
  }
};

function scheduleTitle({ prefix }: Piece): { readonly id: string; readonly title: string } {
  if (prefix === 'noise_augmentor.')
    return { id: 'noise-augmentor', title: 'noise augmentor of an unCLIP model' };
  if (prefix === 'low_scale_model.')
    return { id: 'low-scale', title: 'noise schedule of the low-resolution picture' };
  return { id: 'buffers', title: 'noise schedule buffers' };
}

function scheduleFacts(piece: Piece): FactList {
  const list = new FactList();
  for (const name of ['alphas_cumprod', 'betas', 'denoiser.sigmas', 'sigmas']) {
    const steps = piece.dim(name, 0);
    if (steps === undefined) continue;
    return list.add('num_train_timesteps', steps, `${piece.prefix}${name}`);
  }
  return list;
}

/** Sources: ComfyUI `supported_models.py`, `SDXL.model_type`; generative-models for the EDM pair. */
function markerFacts(piece: Piece): FactList {
  const list = new FactList();
  if (piece.has('edm_mean') && piece.has('edm_std'))
    list.add('prediction_type', 'edm', 'edm_mean', 'declared');
  else if (piece.has('edm_vpred.sigma_max')) {
    list.add('prediction_type', 'edm_v_prediction', 'edm_vpred.sigma_max', 'declared');
  } else if (piece.has('v_pred')) list.add('prediction_type', 'v_prediction', 'v_pred', 'declared');
  if (piece.has('ztsnr')) list.add('zero_terminal_snr', 'yes', 'ztsnr', 'declared');
  return list;
}
