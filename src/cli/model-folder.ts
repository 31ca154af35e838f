/** What among the files of a folder is a model, for folders of this machine and of others. */
import type { ByteTree } from '../bytes/source.ts';
import { isDistributed } from '../formats/distributed.ts';
import { isKnownStem, isOtherWeightsName, type WeightsSet, weightsSets } from '../formats/weights-names.ts';

/** Folders by these names are components of a pipeline, if they have a config. */
export const COMPONENT_FOLDERS = /^(?:unet|vae|transformer|text_encoder(?:_\d)?|image_encoder)$/;

/**
 * A diffusers folder by its index, one component of it, or one set of shards.
 * @param files names of the files directly in it
 */
export function isOneModel(files: readonly string[]): boolean {
  if (files.includes('model_index.json') || isDistributed(files)) return true;
  const sets = weightsSets(files);
  if (files.includes('config.json')) return sets.length > 0 || files.some(isOtherWeightsName);
  // pieces of models, named by their hash
  if (files.includes('resources.json') && files.some((name) => /^[0-9a-f]{64}$/.test(name))) return true;
  if (sets.length === 0) return false;
  return sets.every(({ stem }) => isKnownStem(stem)) || (sets.length === 1 && isShards(sets[0]));
}

/** Whether weights lie in several files. */
export function isShards(set: WeightsSet | undefined): boolean {
  return set !== undefined && (set.shards.length > 0 || set.index !== undefined);
}

/** The tree as if only these files stood in it. */
export function only(names: readonly string[], tree: ByteTree): ByteTree {
  return {
    name: tree.name,
    list: async (path) =>
      path === '' ? (await tree.list('')).filter((entry) => names.includes(entry.path)) : [],
    open: (path) => tree.open(path),
  };
}
