import type { Checkpoint, ConfigFile } from '../formats/checkpoint.ts';
import { isJsonObject, type JsonValue } from '../formats/json.ts';
import type { Hints } from '../topology/families/family.ts';

/** What a net is trained to predict, in one vocabulary for all who declare it. */
type Prediction = 'epsilon' | 'v_prediction' | 'sample' | 'edm' | 'edm_v_prediction';

/** Someone who says what the net predicts. */
export interface Declaration {
  readonly prediction: Prediction;
  readonly by: 'marker' | 'metadata' | 'config';
  /** The tensor, metadata key or config key. */
  readonly from: string;
  /** As it stands there. */
  readonly said: string;
}

/**
 * Everyone in the checkpoint who says what the net predicts: marker tensors (ComfyUI), metadata (ModelSpec,
 * ComfyUI's `predict_key`, kohya's `ss_*`), the scheduler's config (diffusers). Absence says nothing: most
 * files of every kind have none.
 */
export function predictionDeclarations(checkpoint: Checkpoint): readonly Declaration[] {
  return [...markers(checkpoint), ...metadata(checkpoint), ...scheduler(checkpoint.schedulerConfig)];
}

/** Source: ComfyUI `supported_models.py`, `SDXL.model_type`; its order is kept. */
function markers(checkpoint: Checkpoint): readonly Declaration[] {
  const names = markerNames(checkpoint);
  const found: Declaration[] = [];
  const add = (name: string, prediction: Prediction): void => {
    found.push({ prediction, by: 'marker', from: name, said: 'present' });
  };
  if (names.has('edm_mean') && names.has('edm_std')) add('edm_mean', 'edm');
  if (names.has('edm_vpred.sigma_max')) add('edm_vpred.sigma_max', 'edm_v_prediction');
  if (names.has('v_pred')) add('v_pred', 'v_prediction');
  return found;
}

const MARKERS: ReadonlySet<string> = new Set([
  'v_pred',
  'ztsnr',
  'edm_mean',
  'edm_std',
  'edm_vpred.sigma_max',
  'edm_vpred.sigma_min',
]);

/** Names of the marker tensors there are. */
export function markerNames(checkpoint: Checkpoint): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { tensors } of checkpoint.parts) {
    for (const { name } of tensors) if (MARKERS.has(name)) found.add(name);
  }
  return found;
}

/** Sources: ModelSpec README; ComfyUI `nodes_model_merging.py`; sd-scripts `train_network.py`, `sai_model_spec.py`. */
function metadata({ metadata }: Checkpoint): readonly Declaration[] {
  const found: Declaration[] = [];
  const add = (key: string, read: (said: string) => Prediction | undefined): void => {
    const said = metadata.get(key);
    const prediction = said === undefined ? undefined : read(said);
    if (said !== undefined && prediction !== undefined)
      found.push({ prediction, by: 'metadata', from: key, said });
  };
  add('modelspec.prediction_type', spoken);
  add('modelspec.predict_key', spoken);
  add('ss_v_parameterization', (said) =>
    said === 'True' ? 'v_prediction' : said === 'False' ? 'epsilon' : undefined,
  );
  add('ss_base_model_version', (said) => (said.endsWith('_v') ? 'v_prediction' : undefined));
  return found;
}

function spoken(said: string): Prediction | undefined {
  switch (said) {
    case 'epsilon':
    case 'eps':
      return 'epsilon';
    case 'v':
    case 'v_prediction':
    case 'v-prediction':
      return 'v_prediction';
    case 'sample':
    case 'x0':
      return 'sample';
    default:
      return undefined;
  }
}

/** An EDM scheduler of diffusers calls its prediction `epsilon` or `v_prediction` too, but scales as EDM does. */
export function inEdmScaling(said: string | undefined): 'edm' | 'edm_v_prediction' {
  return said === 'v_prediction' ? 'edm_v_prediction' : 'edm';
}

function scheduler(config: ConfigFile | undefined): readonly Declaration[] {
  const said = text(config?.value, 'prediction_type');
  if (config === undefined || said === undefined) return [];
  const plain = spoken(said);
  const edm = text(config.value, '_class_name')?.startsWith('EDM') === true;
  const prediction = edm ? inEdmScaling(plain) : plain;
  if (prediction === undefined) return [];
  return [{ prediction, by: 'config', from: `${config.path} prediction_type`, said }];
}

/** A string in a config's object; undefined for anything else. */
export function text(value: JsonValue | undefined, key: string): string | undefined {
  const found = isJsonObject(value) ? value.get(key) : undefined;
  return typeof found === 'string' ? found : undefined;
}

/** A number in a config's object; undefined for anything else. */
export function number(value: JsonValue | undefined, key: string): number | undefined {
  const found = isJsonObject(value) ? value.get(key) : undefined;
  return typeof found === 'number' ? found : undefined;
}

/** A switch in a config's object; undefined for anything else. */
export function flag(value: JsonValue | undefined, key: string): boolean | undefined {
  const found = isJsonObject(value) ? value.get(key) : undefined;
  return typeof found === 'boolean' ? found : undefined;
}

/** What stands beside the net and tells apart families of the same shapes. */
export function hintsOf(checkpoint: Checkpoint): Hints {
  const [declared] = predictionDeclarations(checkpoint);
  const markers = new Set(markerNames(checkpoint));
  for (const { tensors } of checkpoint.parts) {
    if (tensors.some(({ name }) => name.startsWith('cc_projection.'))) markers.add('cc_projection');
  }
  const pipeline = text(checkpoint.modelIndex?.value, '_class_name');
  const architecture = checkpoint.metadata.get('modelspec.architecture');
  return {
    markers,
    ...(declared === undefined ? {} : { prediction_type: declared.prediction }),
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(architecture === undefined ? {} : { architecture }),
    ...(isStableDiffusionCpp(checkpoint) ? { pointConvolutions: true } : {}),
  };
}

/**
 * A GGUF file that names no architecture: ComfyUI-GGUF takes such a one for stable-diffusion.cpp's.
 * Sources: stable-diffusion.cpp `preprocess_tensor` (projections), ComfyUI-GGUF `loader.py` (compatibility mode).
 */
function isStableDiffusionCpp({ files, metadata }: Checkpoint): boolean {
  return files.some(({ format }) => format === 'gguf') && !metadata.has('general.architecture');
}
