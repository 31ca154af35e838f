/** How files of weights are named, and which of several sets of them in a folder is the one to read. */

/** Files that together are one component's weights. Names are those within the folder. */
export interface WeightsSet {
  /** `diffusion_pytorch_model` */
  readonly stem: string;
  /** `fp16` of `….fp16.safetensors` */
  readonly variant?: string;
  /** The file that holds all of it. */
  single?: string;
  /** Files named `…-00001-of-00002…`, sorted. */
  readonly shards: string[];
  /** How many shards there should be by their names. */
  shardCount: number;
  /** `….safetensors.index.json` */
  index?: string;
}

/**
 * Stems that loaders look for, in their order. Only these may be followed by a variant: the second part of
 * `v1-5-pruned.ema.safetensors` is no variant.
 * Source: diffusers and transformers, `WEIGHTS_NAME` and `SAFETENSORS_WEIGHTS_NAME` of each.
 */
const STEMS = ['diffusion_pytorch_model', 'model', 'pytorch_model', 'open_clip_pytorch_model'] as const;

const STEM = `(?<stem>${STEMS.join('|')})`;
const SHARD = '-(?<no>\\d{5,6})-of-(?<count>\\d{5,6})';
const VARIANT = '(?:\\.(?<variant>[A-Za-z0-9_-]+?))?';

/** The variant stands before the shard number, or after it as it did in older versions. */
const PATTERNS = [
  new RegExp(`^${STEM}${VARIANT}(?:${SHARD})?\\.safetensors$`),
  new RegExp(`^${STEM}${SHARD}${VARIANT}\\.safetensors$`),
  new RegExp(`^(?<stem>.+?)(?:${SHARD})?\\.safetensors$`),
];

const INDEX_PATTERNS = [
  new RegExp(`^${STEM}\\.safetensors\\.index${VARIANT}\\.json$`),
  new RegExp(`^${STEM}\\.safetensors${VARIANT}\\.index\\.json$`),
  /^(?<stem>.+)\.safetensors\.index\.json$/,
];

/** Ends of names under which other programs keep weights that are not read here. */
const OTHER_WEIGHTS =
  /\.(?:bin|ckpt|pt|pth|pkl|gguf|onnx|onnx_data|msgpack|h5|keras|tflite|flashpack|dduf|npz|sft)$/i;

/** Files by that name are PyTorch's, and no weights of a model. */
const NOT_WEIGHTS = /^(?:training_args|optimizer|scheduler|scaler|random_states.*)\.(?:bin|pt|pth|pkl)$/i;

/** Whether the name is that of weights in a format that is not read. */
export function isOtherWeightsName(name: string): boolean {
  return OTHER_WEIGHTS.test(name) && !NOT_WEIGHTS.test(name);
}

/** The sets of safetensors weights among the files of one folder; first the one that a loader would take. */
export function weightsSets(names: readonly string[]): readonly WeightsSet[] {
  const sets = new Map<string, WeightsSet>();
  const setOf = (groups: Readonly<Record<string, string | undefined>>): WeightsSet => {
    const { stem = '', variant } = groups;
    const key = `${stem}\n${variant ?? ''}`;
    let set = sets.get(key);
    if (set === undefined) {
      set = { stem, ...(variant === undefined ? {} : { variant }), shards: [], shardCount: 0 };
      sets.set(key, set);
    }
    return set;
  };
  for (const name of [...names].sort()) {
    const index = firstMatch(INDEX_PATTERNS, name);
    if (index !== undefined) {
      setOf(index).index = name;
      continue;
    }
    const weights = firstMatch(PATTERNS, name);
    if (weights === undefined) continue;
    const set = setOf(weights);
    if (weights.count === undefined) set.single = name;
    else {
      set.shards.push(name);
      set.shardCount = Math.max(set.shardCount, Number(weights.count));
    }
  }
  return [...sets.values()].sort(byPreference);
}

function firstMatch(
  patterns: readonly RegExp[],
  name: string,
): Readonly<Record<string, string | undefined>> | undefined {
  for (const pattern of patterns) {
    const groups = pattern.exec(name)?.groups;
    if (groups !== undefined) return groups;
  }
  return undefined;
}

/** Known stems first, then without a variant, then fp16, then by name. */
function byPreference(a: WeightsSet, b: WeightsSet): number {
  const rank = (set: WeightsSet) => {
    const stem = STEMS.findIndex((known) => known === set.stem);
    const variant = set.variant === undefined ? 0 : set.variant === 'fp16' ? 1 : 2;
    return (stem === -1 ? STEMS.length : stem) * 3 + variant;
  };
  return rank(a) - rank(b);
}

/** Whether loaders look for weights under that stem. */
export function isKnownStem(stem: string): boolean {
  return STEMS.some((known) => known === stem);
}
