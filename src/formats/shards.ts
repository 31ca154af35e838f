/** Weights in several files with an index: `….safetensors.index.json` and the shards that it names. */
import { MAX_INDEX_BYTES, MAX_SHARDS } from '../bytes/limits.ts';
import { fileNameRefusal } from '../bytes/path-policy.ts';
import type { ByteTree } from '../bytes/source.ts';
import type { Assembly } from './assembly.ts';
import type { Tensor } from './checkpoint.ts';
import { FaultCollector } from './collector.ts';
import { isJsonObject, type JsonObject, pointerPart, valueInWords } from './json.ts';

/** Weights gathered out of one or more files. */
export interface Weights {
  readonly tensors: readonly Tensor[];
  /** Indices into `Checkpoint.files`. */
  readonly files: readonly number[];
}

/** Weights out of shards. */
export interface ShardedWeights extends Weights {
  /** The files that the index names. */
  readonly named: ReadonlySet<string>;
}

const NO_WEIGHTS: ShardedWeights = { tensors: [], files: [], named: new Set() };

/** Joins a folder in a tree, '' for the root, and a name below it. */
export function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** Reads the shards that an index names, and checks each against the other. */
export async function readShards(
  tree: ByteTree,
  folder: string,
  indexName: string,
  assembly: Assembly,
): Promise<ShardedWeights> {
  const path = join(folder, indexName);
  const index = await assembly.readConfig(tree, path, MAX_INDEX_BYTES);
  if (index === 'absent') {
    assembly.fault({ kind: 'unreadable-file', file: path, reason: 'there is no such file' });
    return NO_WEIGHTS;
  }
  if (index === 'unread' || !isJsonObject(index.value)) return NO_WEIGHTS;
  const faults = new FaultCollector(path);
  const totalSize = readTotalSize(path, index.value, faults);
  const declared = readWeightMap(path, index.value, faults);
  const weights = await new ShardReader(tree, folder, path, declared, faults, assembly).read(totalSize);
  for (const fault of faults.list()) assembly.fault(fault);
  return { ...weights, named: new Set(declared.values()) };
}

/** The tensors that the index names, with the shard of each. */
function readWeightMap(file: string, index: JsonObject, faults: FaultCollector): ReadonlyMap<string, string> {
  const declared = new Map<string, string>();
  const map = index.get('weight_map');
  if (!isJsonObject(map)) {
    const found = map === undefined ? 'nothing' : valueInWords(map);
    faults.add({ kind: 'index-without-weight-map', file, pointer: '/weight_map', found });
    return declared;
  }
  for (const [tensor, shard] of map) {
    if (typeof shard === 'string') declared.set(tensor, shard);
    else {
      const pointer = `/weight_map/${pointerPart(tensor)}`;
      faults.add({ kind: 'index-entry-invalid', file, pointer, tensor, found: valueInWords(shard) });
    }
  }
  return declared;
}

function readTotalSize(file: string, index: JsonObject, faults: FaultCollector): number | bigint | undefined {
  const metadata = index.get('metadata');
  if (!isJsonObject(metadata)) {
    faults.add({ kind: 'index-without-metadata', file, pointer: '/metadata' });
    return undefined;
  }
  const total = metadata.get('total_size');
  return typeof total === 'number' || typeof total === 'bigint' ? total : undefined;
}

/** The names of shards that may be opened, sorted. */
function shardNames(
  file: string,
  declared: ReadonlyMap<string, string>,
  faults: FaultCollector,
): readonly string[] {
  const names = new Set(declared.values());
  const allowed: string[] = [];
  for (const shard of [...names].sort()) {
    const reason = fileNameRefusal(shard);
    if (reason === undefined) allowed.push(shard);
    else faults.add({ kind: 'shard-name-refused', file, pointer: '/weight_map', shard, reason });
  }
  if (allowed.length <= MAX_SHARDS) return allowed;
  const { length: actual } = allowed;
  faults.add({ kind: 'limit-exceeded', file, what: 'shards of an index', limit: MAX_SHARDS, actual });
  return allowed.slice(0, MAX_SHARDS);
}

class ShardReader {
  readonly #tree: ByteTree;
  readonly #folder: string;
  /** Path of the index. */
  readonly #index: string;
  /** The shard that each tensor should be in. */
  readonly #declared: ReadonlyMap<string, string>;
  /** How many tensors each shard should hold. */
  readonly #counts = new Map<string, number>();
  readonly #faults: FaultCollector;
  readonly #assembly: Assembly;
  readonly #tensors = new Map<string, Tensor>();
  /** The shard that each tensor was found in; the one that the index names, where there are two. */
  readonly #homes = new Map<string, string>();
  /** The shards that could be read. */
  readonly #read = new Map<string, number>();

  constructor(
    tree: ByteTree,
    folder: string,
    index: string,
    declared: ReadonlyMap<string, string>,
    faults: FaultCollector,
    assembly: Assembly,
  ) {
    this.#tree = tree;
    this.#folder = folder;
    this.#index = index;
    this.#declared = declared;
    this.#faults = faults;
    this.#assembly = assembly;
    for (const shard of declared.values()) this.#counts.set(shard, (this.#counts.get(shard) ?? 0) + 1);
  }

  async read(totalSize: number | bigint | undefined): Promise<Weights> {
    const shards = shardNames(this.#index, this.#declared, this.#faults);
    for (const shard of shards) await this.#readShard(shard);
    this.#compareNames();
    const tensors = [...this.#tensors.values()];
    const actual = tensors.reduce((sum, tensor) => sum + tensor.byteLength, 0);
    // with a shard missing the sum says nothing new
    const whole = this.#read.size > 0 && this.#read.size === this.#counts.size;
    if (totalSize !== undefined && whole && Number(totalSize) !== actual) {
      const declared = typeof totalSize === 'bigint' ? totalSize.toString() : totalSize;
      const place = { file: this.#index, pointer: '/metadata/total_size' };
      this.#faults.add({ kind: 'total-size-mismatch', ...place, declared, actual });
    }
    return { tensors, files: [...this.#read.values()] };
  }

  async #readShard(shard: string): Promise<void> {
    const path = join(this.#folder, shard);
    const weights = await this.#assembly.readWeights(this.#tree, path);
    if (weights === 'absent') {
      const tensors = this.#counts.get(shard) ?? 0;
      const place = { file: this.#index, pointer: '/weight_map' };
      this.#faults.add({ kind: 'shard-missing', ...place, shard, tensors });
    }
    if (typeof weights === 'string') return;
    this.#read.set(shard, weights.index);
    for (const tensor of weights.tensors) {
      const { name } = tensor;
      const first = this.#homes.get(name);
      if (first !== undefined) {
        const other = join(this.#folder, first);
        this.#faults.add({ kind: 'tensor-in-two-shards', file: path, tensor: name, otherShard: other });
        if (this.#declared.get(name) !== shard) continue;
      }
      this.#homes.set(name, shard);
      this.#tensors.set(name, tensor);
    }
  }

  /** Holds the names in the index against the names in the shards that could be read. */
  #compareNames(): void {
    for (const [tensor, shard] of this.#declared) {
      const foundIn = this.#homes.get(tensor);
      if (foundIn === shard || !this.#read.has(shard)) continue;
      const place = { file: this.#index, pointer: `/weight_map/${pointerPart(tensor)}`, tensor, shard };
      this.#faults.add({
        kind: 'tensor-not-in-shard',
        ...place,
        ...(foundIn === undefined ? {} : { foundIn }),
      });
    }
    for (const [tensor, shard] of this.#homes) {
      if (this.#declared.has(tensor)) continue;
      this.#faults.add({ kind: 'tensor-not-in-index', file: this.#index, tensor, shard });
    }
  }
}
