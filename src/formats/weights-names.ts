/** How files of weights are named, and which of several sets of them in a folder is the one to read. */

type Extension = 'safetensors' | 'bin';

/** Files that together are one component's weights. Names are those within the folder. */
export interface WeightsSet {
  /** What their names end in; `bin` is PyTorch's. */
  readonly extension: Extension;
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
  /** `….safetensors.index.json`, `….bin.index.json` */
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

interface Patterns {
  /** Of files of weights. */
  readonly files: readonly RegExp[];
  readonly indices: readonly RegExp[];
}

/** Safetensors of any name. The variant stands before the shard number, or after it as it did in older versions. */
const SAFETENSORS: Patterns = {
  files: [...conventional('safetensors'), new RegExp(`^(?<stem>.+?)(?:${SHARD})?\\.safetensors$`)],
  indices: [...conventionalIndices('safetensors'), /^(?<stem>.+)\.safetensors\.index\.json$/],
};

/** PyTorch's files under the names that loaders look for: any other `.bin` may be anything. */
const BIN: Patterns = { files: conventional('bin'), indices: conventionalIndices('bin') };

function conventional(extension: Extension): readonly RegExp[] {
  return [
    new RegExp(`^${STEM}${VARIANT}(?:${SHARD})?\\.${extension}$`),
    new RegExp(`^${STEM}${SHARD}${VARIANT}\\.${extension}$`),
  ];
}

function conventionalIndices(extension: Extension): readonly RegExp[] {
  return [
    new RegExp(`^${STEM}\\.${extension}\\.index${VARIANT}\\.json$`),
    new RegExp(`^${STEM}\\.${extension}${VARIANT}\\.index\\.json$`),
  ];
}

/** Ends of names under which weights are kept beside safetensors, whether they are read here or not. */
const OTHER_WEIGHTS =
  /\.(?:bin|ckpt|pt|pth|pkl|gguf|onnx|msgpack|h5|keras|tflite|flashpack|dduf|npz|sft|tza)$/i;

/** Files by that name are PyTorch's, and no weights of a model. */
const NOT_WEIGHTS = /^(?:training_args|optimizer|scheduler|scaler|random_states.*)\.(?:bin|pt|pth|pkl)$/i;

/** Whether the name is that of weights in another format than safetensors. */
export function isOtherWeightsName(name: string): boolean {
  return OTHER_WEIGHTS.test(name) && !NOT_WEIGHTS.test(name);
}

/** Whether a file of that name may be weights: safetensors, or anything else. */
export function isModelFile(name: string): boolean {
  return weightsSets([name.slice(name.lastIndexOf('/') + 1)]).length > 0 || isOtherWeightsName(name);
}

/**
 * The sets of weights among the files of one folder; first the one that a loader would take. PyTorch's files count
 * where there are no safetensors, as for diffusers.
 */
export function weightsSets(names: readonly string[]): readonly WeightsSet[] {
  const safetensors = setsOf(names, 'safetensors', SAFETENSORS);
  return safetensors.length > 0 ? safetensors : setsOf(names, 'bin', BIN);
}

function setsOf(names: readonly string[], extension: Extension, patterns: Patterns): readonly WeightsSet[] {
  const sets = new Map<string, WeightsSet>();
  const setOf = (groups: Readonly<Record<string, string | undefined>>): WeightsSet => {
    const { stem = '', variant } = groups;
    const key = `${stem}\n${variant ?? ''}`;
    let set = sets.get(key);
    if (set === undefined) {
      set = { extension, stem, ...(variant === undefined ? {} : { variant }), shards: [], shardCount: 0 };
      sets.set(key, set);
    }
    return set;
  };
  for (const name of [...names].sort()) {
    const index = firstMatch(patterns.indices, name);
    if (index !== undefined) {
      setOf(index).index = name;
      continue;
    }
    const weights = firstMatch(patterns.files, name);
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
