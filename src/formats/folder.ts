/** A folder of weights: a diffusers pipeline, or a single component. */
import { fileNameRefusal } from '../bytes/path-policy.ts';
import type { ByteTree, TreeEntry } from '../bytes/source.ts';
import type { Assembly } from './assembly.ts';
import type { Checkpoint, ConfigFile } from './checkpoint.ts';
import { fileNames, readComponent, reportCode } from './component-folder.ts';
import { isDistributed, readDistributed } from './distributed.ts';
import { isJsonArray, isJsonObject, pointerPart, valueInWords } from './json.ts';
import { PIECES_INDEX, reportPieces } from './pieces.ts';
import { join } from './shards.ts';
import { isOtherWeightsName, weightsSets } from './weights-names.ts';

const MODEL_INDEX = 'model_index.json';
const SCHEDULER_CONFIG = 'scheduler_config.json';

/** Folders by these names are components even where no `model_index.json` says so. */
const COMPONENT_FOLDERS = /^(?:unet|vae|transformer|text_encoder(?:_\d)?|image_encoder|safety_checker)$/;

/**
 * What Optimum writes for one component of a pipeline exported to ONNX. Source: optimum-onnx, `exporters/onnx/convert.py`.
 */
export const EXPORTED_HALVES: ReadonlyMap<string, readonly string[]> = new Map([
  ['vae', ['vae_decoder', 'vae_encoder']],
]);

/** Classes of a pipeline that have no weights. */
const WEIGHTLESS = /(?:Scheduler|Tokenizer(?:Fast)?|Processor(?:Fast)?|FeatureExtractor|Guider|Guidance)$/;

/** What is looked for in a folder, for the message when there is nothing. */
const LOOKED_FOR = [
  MODEL_INDEX,
  'config.json with weights',
  '*.safetensors',
  '*.safetensors.index.json',
] as const;

/** Reads the folder that a tree is. */
export async function readFolder(tree: ByteTree, assembly: Assembly): Promise<Checkpoint> {
  const root = await assembly.list(tree, '');
  const names = fileNames(root);
  const folders = root.filter((entry) => entry.kind === 'folder').map((entry) => entry.path);
  if (names.includes(MODEL_INDEX)) {
    const modelIndex = await assembly.readConfig(tree, MODEL_INDEX);
    return readPipeline(tree, root, typeof modelIndex === 'string' ? undefined : modelIndex, assembly);
  }
  const lone = await readLone(tree, names, assembly);
  if (lone !== undefined) return lone;
  if (names.includes(PIECES_INDEX) && (await reportPieces(tree, assembly))) return assembly.finish('unknown');
  const components: string[] = [];
  for (const folder of folders) {
    if (await isComponentFolder(tree, folder, assembly)) components.push(folder);
  }
  if (components.length > 0) {
    assembly.fault({ kind: 'model-index-missing', file: MODEL_INDEX, components });
    return readPipeline(tree, root, undefined, assembly);
  }
  if (isDistributed(names)) return readDistributed(tree, names, assembly);
  assembly.fault({ kind: 'nothing-to-read', file: tree.name, lookedFor: LOOKED_FOR });
  return assembly.finish('unknown');
}

/** ComfyUI has folders `unet` and `vae` too, and holds models of their own in them: those have no config. */
async function isComponentFolder(tree: ByteTree, folder: string, assembly: Assembly): Promise<boolean> {
  if (!COMPONENT_FOLDERS.test(folder)) return false;
  return fileNames(await assembly.list(tree, folder)).includes('config.json');
}

/** Reads the root as a component of its own, or as the folder around one checkpoint. */
async function readLone(
  tree: ByteTree,
  names: readonly string[],
  assembly: Assembly,
): Promise<Checkpoint | undefined> {
  const weighty = weightsSets(names).length > 0 || names.some(isOtherWeightsName);
  if (!weighty && !names.includes('config.json')) return undefined;
  const sharded = await readComponent(tree, { folder: '', name: '', required: false }, assembly);
  if (assembly.empty) return assembly.finish('unknown');
  const schedulerConfig = names.includes(SCHEDULER_CONFIG)
    ? await readScheduler(tree, SCHEDULER_CONFIG, assembly)
    : undefined;
  const configs = schedulerConfig === undefined ? {} : { schedulerConfig };
  return assembly.finish(sharded ? assembly.sharded : (assembly.format ?? 'safetensors'), configs);
}

/** A class as `model_index.json` names it. */
interface NamedClass {
  readonly library: string;
  readonly className: string;
}

async function readPipeline(
  tree: ByteTree,
  root: readonly TreeEntry[],
  modelIndex: ConfigFile | undefined,
  assembly: Assembly,
): Promise<Checkpoint> {
  const names = fileNames(root);
  const folders = root.filter((entry) => entry.kind === 'folder').map((entry) => entry.path);
  reportCode('', names, assembly);
  reportNeighbours(names, assembly);
  const named = modelIndex === undefined ? undefined : namedComponents(modelIndex, assembly);
  const halves = new Set<string>();
  for (const [whole, parts] of EXPORTED_HALVES) {
    if (named?.has(whole) === true && !folders.includes(whole)) for (const half of parts) halves.add(half);
  }
  for (const folder of folders) {
    if (halves.has(folder)) {
      await readComponent(tree, { folder, name: folder, required: true }, assembly);
      continue;
    }
    const entry = named?.get(folder);
    if (entry !== undefined) await reportCustomModule(tree, folder, entry, assembly);
    const wanted =
      named === undefined ? await isComponentFolder(tree, folder, assembly) : entry !== undefined;
    if (!wanted) continue;
    if (entry !== undefined && WEIGHTLESS.test(entry.className)) continue;
    await readComponent(tree, { folder, name: folder, required: true }, assembly);
  }
  for (const [component, { className }] of named ?? []) {
    if (folders.includes(component)) continue;
    if (EXPORTED_HALVES.get(component)?.some((half) => folders.includes(half)) === true) continue;
    const pointer = `/${pointerPart(component)}`;
    assembly.fault({ kind: 'component-missing', file: MODEL_INDEX, pointer, component, className });
  }
  const schedulerConfig = folders.includes('scheduler')
    ? await readScheduler(tree, join('scheduler', SCHEDULER_CONFIG), assembly)
    : undefined;
  return assembly.finish('diffusers-folder', {
    ...(modelIndex === undefined ? {} : { modelIndex }),
    ...(schedulerConfig === undefined ? {} : { schedulerConfig }),
  });
}

/** Lists the checkpoints that lie beside the pipeline's folders; they are no part of it. */
function reportNeighbours(names: readonly string[], assembly: Assembly): void {
  const reason = 'a checkpoint of its own beside the folders of the pipeline: name it to have it checked';
  const files = new Set(names.filter(isOtherWeightsName));
  for (const { single, shards } of weightsSets(names)) {
    if (single !== undefined) files.add(single);
    for (const shard of shards) files.add(shard);
  }
  for (const file of [...files].sort()) assembly.unchecked(file, reason);
}

async function readScheduler(
  tree: ByteTree,
  path: string,
  assembly: Assembly,
): Promise<ConfigFile | undefined> {
  const config = await assembly.readConfig(tree, path);
  if (config === 'absent') assembly.fault({ kind: 'config-missing', file: path, component: 'scheduler' });
  return typeof config === 'string' ? undefined : config;
}

/** The components that `model_index.json` names: its arrays, each of a library and a class. */
function namedComponents(modelIndex: ConfigFile, assembly: Assembly): ReadonlyMap<string, NamedClass> {
  const { path: file, value } = modelIndex;
  const components = new Map<string, NamedClass>();
  if (!isJsonObject(value)) return components;
  for (const [component, entry] of value) {
    if (!isJsonArray(entry)) continue;
    const pointer = `/${pointerPart(component)}`;
    const [library, className] = entry;
    if (component === '_class_name') {
      const module = typeof library === 'string' ? library : '';
      const name = typeof className === 'string' ? className : '';
      assembly.fault({ kind: 'custom-class', file, pointer, module, className: name });
      continue;
    }
    // a component that the pipeline does without
    if (library === null && className === null) continue;
    if (entry.length !== 2 || typeof library !== 'string' || typeof className !== 'string') {
      const found = `an array of ${entry.map(valueInWords).join(', ') || 'nothing'}`;
      assembly.fault({ kind: 'model-index-entry', file, pointer, component, found });
      continue;
    }
    const reason = fileNameRefusal(component);
    if (reason === undefined) components.set(component, { library, className });
    else assembly.fault({ kind: 'path-refused', file, pointer, reason });
  }
  return components;
}

/**
 * Reports a component whose class comes from code in its own folder.
 * Source: diffusers, `_get_custom_components_and_folders`: `<component>/<library>.py` makes it custom.
 */
async function reportCustomModule(
  tree: ByteTree,
  component: string,
  { library: module, className }: NamedClass,
  assembly: Assembly,
): Promise<void> {
  const names = fileNames(await assembly.list(tree, component));
  if (!names.includes(`${module}.py`)) return;
  const pointer = `/${pointerPart(component)}`;
  assembly.fault({ kind: 'custom-class', file: MODEL_INDEX, pointer, module, className });
}
