/** One component's folder: `config.json` and weights, in one file or in shards, perhaps in several variants. */
import type { ByteTree, TreeEntry } from '../bytes/source.ts';
import type { Assembly } from './assembly.ts';
import type { ConfigFile, Part, Tensor } from './checkpoint.ts';
import { isJsonArray, isJsonObject, type JsonValue, pointerPart } from './json.ts';
import { join, readShards, type Weights } from './shards.ts';
import { isKnownStem, isOtherWeightsName, type WeightsSet, weightsSets } from './weights-names.ts';

/** Names of weights that loaders look for first, for the message when there are none. */
const LOOKED_FOR = ['diffusion_pytorch_model.safetensors', 'model.safetensors', '*.safetensors.index.json'];

/** How a component folder is to be taken. */
export interface ComponentRequest {
  /** Path in the tree; '' for the root. */
  readonly folder: string;
  /** `Part.name` */
  readonly name: string;
  /** Whether there must be a config and weights even where the folder has neither. */
  readonly required: boolean;
}

/** Names of the files that stand directly in a folder. */
export function fileNames(entries: readonly TreeEntry[]): readonly string[] {
  return entries
    .filter((entry) => entry.kind === 'file')
    .map((entry) => entry.path.slice(entry.path.lastIndexOf('/') + 1));
}

/** Reads the component in a folder and adds it as a part, each variant too. Whether its weights lie in several files. */
export async function readComponent(
  tree: ByteTree,
  request: ComponentRequest,
  assembly: Assembly,
): Promise<boolean> {
  const { folder, name, required } = request;
  const names = fileNames(await assembly.list(tree, folder));
  reportCode(folder, names, assembly);
  const config = names.includes('config.json')
    ? await assembly.readConfig(tree, join(folder, 'config.json'))
    : 'absent';
  if (typeof config !== 'string') reportCustomClasses(config, assembly);
  const [chosen, ...others] = weightsSets(names);
  const conventional = chosen !== undefined && isKnownStem(chosen.stem);
  // of a component exported to ONNX all is said in the file itself
  const exported = chosen === undefined && names.some((file) => file.endsWith('.onnx'));
  if (config === 'absent' && (required || conventional) && !exported) {
    assembly.fault({ kind: 'config-missing', file: join(folder, 'config.json'), component: name });
  }
  if (chosen === undefined) {
    const foreign = names.filter(isOtherWeightsName);
    const [only] = foreign;
    if (foreign.length === 1 && only !== undefined) {
      const read = await assembly.readWeights(tree, join(folder, only));
      if (typeof read !== 'string') {
        assembly.part({
          ...asPart(name, read, config, undefined),
          ...(read.graph === undefined ? {} : { graph: read.graph }),
        });
        return false;
      }
    }
    if (foreign.length > 1) for (const file of foreign) await assembly.nameFormat(tree, join(folder, file));
    if (foreign.length === 0) {
      const file = join(folder, 'diffusion_pytorch_model.safetensors');
      assembly.fault({ kind: 'weights-missing', file, component: name, lookedFor: LOOKED_FOR });
    }
    if (typeof config !== 'string') assembly.part({ name, tensors: [], files: [], config });
    return false;
  }
  if (!conventional && others.length > 0) {
    const files = [chosen, ...others].flatMap(filesOf).map((file) => join(folder, file));
    assembly.fault({ kind: 'ambiguous-folder', file: folder === '' ? tree.name : folder, files });
    return false;
  }
  const weights = await readSet(tree, folder, chosen, assembly);
  // weights of which no file could be read say nothing, and a config alone still does
  if (weights.files.length > 0 || typeof config !== 'string') {
    assembly.part(asPart(name, weights, config, chosen.variant));
  }
  for (const other of others) {
    if (other.stem !== chosen.stem) reportOther(folder, other, assembly);
    else {
      // a variant is a model of its own: whoever asks for it gets these weights
      const variant = await readSet(tree, folder, other, assembly);
      if (variant.files.length > 0) assembly.part(asPart(name, variant, config, other.variant));
    }
  }
  return chosen.index !== undefined || chosen.shards.length > 1;
}

function asPart(
  name: string,
  weights: Weights,
  config: ConfigFile | 'absent' | 'unread',
  variant: string | undefined,
): Part {
  return {
    name,
    tensors: weights.tensors,
    files: weights.files,
    ...(typeof config === 'string' ? {} : { config }),
    ...(variant === undefined ? {} : { variant }),
  };
}

/** Reads the files of one set. With an index the index counts, as for diffusers. */
async function readSet(
  tree: ByteTree,
  folder: string,
  set: WeightsSet,
  assembly: Assembly,
): Promise<Weights> {
  if (set.index !== undefined) {
    if (set.single !== undefined) {
      assembly.unchecked(
        join(folder, set.single),
        `${set.index} beside it names other files, which were read`,
      );
    }
    const weights = await readShards(tree, folder, set.index, assembly);
    for (const shard of set.shards) {
      if (weights.named.has(shard)) continue;
      assembly.unchecked(join(folder, shard), `a shard that ${set.index} does not name`);
    }
    return weights;
  }
  if (set.single === undefined) {
    const shards = set.shards.map((shard) => join(folder, shard));
    const variant = set.variant === undefined ? '' : `.${set.variant}`;
    const file = join(folder, `${set.stem}.${set.extension}.index${variant}.json`);
    assembly.fault({ kind: 'index-missing', file, shards, expected: set.shardCount });
  }
  const tensors: Tensor[] = [];
  const files: number[] = [];
  for (const name of set.single === undefined ? set.shards : [set.single]) {
    const read = await assembly.readWeights(tree, join(folder, name));
    if (typeof read === 'string') continue;
    files.push(read.index);
    for (const tensor of read.tensors) tensors.push(tensor);
  }
  return { tensors, files };
}

function filesOf(set: WeightsSet): readonly string[] {
  return set.single === undefined ? set.shards : [set.single, ...set.shards];
}

function reportOther(folder: string, set: WeightsSet, assembly: Assembly): void {
  for (const file of filesOf(set)) {
    assembly.unchecked(join(folder, file), 'another set of weights beside the one that was read');
  }
}

/** Reports code that lies beside the weights: nothing here runs it, but a loader that trusts it would. */
export function reportCode(folder: string, names: readonly string[], assembly: Assembly): void {
  for (const name of names) {
    if (name.endsWith('.py')) assembly.fault({ kind: 'custom-code', file: join(folder, name) });
  }
}

/** Reports `auto_map` of a transformers config: classes that are loaded from the model's own code. */
function reportCustomClasses(config: ConfigFile, assembly: Assembly): void {
  const map = isJsonObject(config.value) ? config.value.get('auto_map') : undefined;
  if (!isJsonObject(map)) return;
  for (const [auto, value] of map) {
    const paths: readonly JsonValue[] = isJsonArray(value) ? value : [value];
    for (const path of paths) {
      if (typeof path !== 'string') continue;
      const dot = path.lastIndexOf('.');
      const names = { module: path.slice(0, Math.max(dot, 0)), className: path.slice(dot + 1) };
      assembly.fault({
        kind: 'custom-class',
        file: config.path,
        pointer: `/auto_map/${pointerPart(auto)}`,
        ...names,
      });
    }
  }
}
