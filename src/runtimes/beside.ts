/** What changes for programs that read a YAML of the same name beside the file. */
import type { SetupFields } from '../setup/setup.ts';
import type { RuntimeReading } from './index.ts';
import { assumed } from './presets.ts';
import type { Decision } from './runtime.ts';

const BECAUSE = 'the YAML beside the file';

/**
 * The same readings where such a file says these. AUTOMATIC1111 takes the model from it and looks at nothing else; Forge takes
 * velocity from it. Sources: AUTOMATIC1111 modules/sd_models_config.py, `find_checkpoint_config`; Forge backend/loader.py.
 */
export function withSidecar(
  readings: readonly RuntimeReading[],
  fields: SetupFields,
): readonly RuntimeReading[] {
  return readings.map(({ runtime, decision }) => ({
    runtime,
    decision: changed(runtime.id, decision, fields),
  }));
}

function changed(id: RuntimeReading['runtime']['id'], decision: Decision, fields: SetupFields): Decision {
  const { prediction_type: prediction, vae_scale: scale } = fields;
  if (id === 'a1111') {
    const assumes = assumed(
      {
        ...(prediction === undefined ? {} : { prediction_type: prediction.value }),
        ...(scale === undefined ? {} : { vae_scale: scale.value }),
      },
      BECAUSE,
      'modules/sd_models_config.py, find_checkpoint_config',
    );
    return { kind: 'identified', as: BECAUSE, evidence: [BECAUSE], families: [], assumes };
  }
  if (id === 'forge' && decision.kind === 'identified' && prediction?.value === 'v_prediction') {
    const told = assumed({ prediction_type: 'v_prediction' }, BECAUSE, 'backend/loader.py, forge_loader');
    return { ...decision, assumes: { ...decision.assumes, ...told } };
  }
  return decision;
}
