/** Finds the tensors in what a pickle leaves, and names them as the programs do that load such files. */
import { MAX_NAME_LENGTH, MAX_PICKLE_METADATA, MAX_STATE_DEPTH } from '../../bytes/limits.ts';
import type { FaultCollector } from '../collector.ts';
import { ofKind, type PickleValue } from './pickle-value.ts';
import { type TensorCall, tensorCall } from './tensor-call.ts';
import type { NamedCall } from './tensors.ts';

export interface State {
  readonly tensors: readonly NamedCall[];
  /** Numbers and strings beside the tensors, by path; such as lie in lists are left out. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** What a value that is only known by its persistent id is a tensor of: the tar format's way. */
export type ResolveTensor = (id: PickleValue) => TensorCall | undefined;

/**
 * Keys under which trainers keep the weights, when they do not lie at the top. `state_dict` is what Stable
 * Diffusion programs look for (AUTOMATIC1111 `get_state_dict_from_checkpoint`, ComfyUI `load_torch_file`).
 */
const WEIGHT_KEYS = [
  'state_dict',
  'model_state_dict',
  'model',
  'net',
  'module',
  'unet',
  'params_ema',
  'params',
  'weights',
];

/** Attributes of a pickled `nn.Module` that names of parameters leave out. */
const MODULE_PARTS: ReadonlySet<string> = new Set(['_parameters', '_buffers', '_modules']);

/** Gathers tensors and metadata out of the root of a checkpoint. */
export function readState(
  root: PickleValue,
  file: string,
  faults: FaultCollector,
  resolve?: ResolveTensor,
): State {
  const walk = new Walk(file, faults, resolve);
  const main = mainOf(root, walk);
  if (main !== undefined && main !== root) walk.visit(main, '', 0);
  walk.visit(root, '', 0);
  return { tensors: walk.tensors, metadata: walk.metadata };
}

/** Where the weights are: what is named `state_dict`, else the top where tensors lie there, else a known key. */
function mainOf(root: PickleValue, walk: Walk): PickleValue | undefined {
  const entries = ofKind(root, 'dict')?.entries;
  if (entries === undefined) return undefined;
  const named = entries.get('state_dict');
  if (named !== undefined && walk.holds(named)) return named;
  if (walk.holds(root)) return root;
  for (const key of WEIGHT_KEYS) {
    const value = entries.get(key);
    if (value !== undefined && walk.holds(value)) return value;
  }
  // ComfyUI takes the only dictionary that there is
  const [only] = entries.values();
  return entries.size === 1 && ofKind(only, 'dict') !== undefined ? only : undefined;
}

class Walk {
  readonly tensors: NamedCall[] = [];
  readonly metadata = new Map<string, string>();
  readonly #file: string;
  readonly #faults: FaultCollector;
  readonly #resolve: ResolveTensor | undefined;
  /** Each container is walked once, by the first path to it: paths to a shared one double with each level. */
  readonly #seen = new Set<PickleValue>();

  constructor(file: string, faults: FaultCollector, resolve: ResolveTensor | undefined) {
    this.#file = file;
    this.#faults = faults;
    this.#resolve = resolve;
  }

  /** Whether tensors lie directly in it, or it is a module. */
  holds(value: PickleValue): boolean {
    const dict = ofKind(value, 'dict');
    if (dict !== undefined) {
      for (const one of dict.entries.values()) if (this.#tensor(one) !== undefined) return true;
      return false;
    }
    const object = ofKind(value, 'object');
    return object !== undefined && this.#tensor(object) === undefined;
  }

  /** `named`: by names alone, so that what is found may be metadata. */
  visit(value: PickleValue, path: string, depth: number, named = true): void {
    if (value === null || typeof value !== 'object') {
      if (named && value !== null && path !== '') this.#note(path, String(value));
      return;
    }
    const call = this.#tensor(value);
    if (call !== undefined) {
      this.tensors.push({ name: path, call });
      return;
    }
    if (this.#seen.has(value)) return;
    this.#seen.add(value);
    if (depth > MAX_STATE_DEPTH) return this.#tooMuch('levels of a checkpoint', MAX_STATE_DEPTH, depth);
    switch (value.kind) {
      case 'dict':
        return this.#visitAll(value.entries, path, depth, named);
      case 'list':
      case 'tuple':
        for (const [at, item] of value.items.entries()) {
          if (item !== null && typeof item === 'object')
            this.visit(item, join(path, String(at)), depth + 1, false);
        }
        return;
      case 'object':
        if (value.state !== undefined) this.#visitState(value.state, path, depth, named);
        if (value.entries !== undefined) this.#visitAll(value.entries, path, depth, named);
        if (value.items !== undefined)
          this.visit({ kind: 'list', items: value.items }, path, depth + 1, false);
        return;
      default:
    }
  }

  #visitState(state: PickleValue, path: string, depth: number, named: boolean): void {
    const dict = ofKind(state, 'dict');
    if (dict === undefined) return this.visit(state, path, depth + 1, named);
    for (const [key, value] of dict.entries) {
      const part = partOf(key);
      if (part === undefined) continue;
      const inner = ofKind(value, 'dict');
      if (inner !== undefined && MODULE_PARTS.has(part))
        this.#visitAll(inner.entries, path, depth + 1, named);
      else this.#visitOne(part, value, path, depth, named);
    }
  }

  #visitAll(
    entries: ReadonlyMap<PickleValue, PickleValue>,
    path: string,
    depth: number,
    named: boolean,
  ): void {
    for (const [key, value] of entries) {
      const part = partOf(key);
      if (part !== undefined) this.#visitOne(part, value, path, depth, named && typeof key === 'string');
    }
  }

  #visitOne(part: string, value: PickleValue, path: string, depth: number, named: boolean): void {
    if (path.length + part.length >= MAX_NAME_LENGTH) {
      return this.#tooMuch('characters of a tensor name', MAX_NAME_LENGTH, path.length + part.length + 1);
    }
    this.visit(value, join(path, part), depth + 1, named);
  }

  #note(path: string, value: string): void {
    if (this.metadata.size < MAX_PICKLE_METADATA && !this.metadata.has(path)) this.metadata.set(path, value);
  }

  #tooMuch(what: string, limit: number, actual: number): void {
    this.#faults.add({ kind: 'limit-exceeded', file: this.#file, what, limit, actual });
  }

  #tensor(value: PickleValue): TensorCall | undefined {
    const persistent = ofKind(value, 'persistent');
    if (persistent !== undefined) return this.#resolve?.(persistent.id);
    return tensorCall(value);
  }
}

function join(path: string, part: string): string {
  return path === '' ? part : `${path}.${part}`;
}

/** A key as part of a name. */
function partOf(key: PickleValue): string | undefined {
  if (typeof key === 'string') return key;
  if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean') return String(key);
  return ofKind(key, 'global')?.name;
}
