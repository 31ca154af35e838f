/** The calls by which torch rebuilds tensors, read as what they say of a tensor. Source: torch `_utils.py`. */
import { MAX_RANK } from '../../bytes/limits.ts';
import { dtypeElement, type ElementType, storageElement } from './element.ts';
import { inWords, integerOf, ofKind, type PickleValue, textOf } from './pickle-value.ts';

/** A storage as a tensor refers to it. */
export interface StorageRef {
  readonly key: string;
  readonly element: ElementType;
  /** Elements that the whole storage has. */
  readonly count: number;
  /** Elements of another storage before the first of this one, where it is a view of that. */
  readonly viewOffset: number;
  /** Elements of the view; absent where it is none. */
  readonly viewCount?: number;
}

export type TensorCall =
  | {
      readonly kind: 'tensor';
      readonly storage: StorageRef;
      readonly element: ElementType;
      /** In elements. */
      readonly offset: number;
      readonly shape: readonly number[];
      readonly strides: readonly number[];
    }
  /** A tensor that this tool has no numbers of. */
  | { readonly kind: 'unread'; readonly what: string }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Calls that wrap a tensor's own: where in their arguments it stands. */
const WRAPPERS: ReadonlySet<string> = new Set(['_rebuild_parameter', '_rebuild_parameter_with_state']);

/** Tensors that are no plain array of numbers in a storage. */
const UNREAD: ReadonlyMap<string, string> = new Map([
  ['_rebuild_qtensor', 'a quantised tensor'],
  ['_rebuild_sparse_tensor', 'a sparse tensor'],
  ['_rebuild_sparse_csr_tensor', 'a sparse tensor'],
  ['_rebuild_nested_tensor', 'a nested tensor'],
  ['_rebuild_meta_tensor_no_storage', 'a tensor without values (meta)'],
  ['_rebuild_device_tensor_from_numpy', 'a tensor written as a NumPy array'],
  ['_rebuild_device_tensor_from_cpu_tensor', 'a tensor of another device'],
  ['_rebuild_xla_tensor', 'a tensor of another device'],
  ['_rebuild_wrapper_subclass', 'a tensor without storage'],
]);

/** Wrappers around wrappers that are looked through. */
const MAX_WRAPPERS = 8;

/** What the value says of a tensor; undefined where it is none. */
export function tensorCall(value: PickleValue, depth = 0): TensorCall | undefined {
  const object = ofKind(value, 'object');
  const callee = ofKind(object?.callee, 'global');
  if (object === undefined || callee === undefined || depth > MAX_WRAPPERS) return undefined;
  const { args } = object;
  if (callee.module === 'torch._tensor' && callee.name.startsWith('_rebuild_from_type')) {
    const inner = ofKind(args[2], 'tuple')?.items ?? [];
    return tensorCall({ kind: 'object', callee: args[0] ?? null, args: inner }, depth + 1);
  }
  if (callee.module === 'torch.nn.parameter' && args[0] !== undefined) return tensorCall(args[0], depth + 1);
  if (callee.module !== 'torch._utils') return undefined;
  if (WRAPPERS.has(callee.name)) return args[0] === undefined ? undefined : tensorCall(args[0], depth + 1);
  const unread = UNREAD.get(callee.name);
  if (unread !== undefined) return { kind: 'unread', what: unread };
  const versioned = callee.name === '_rebuild_tensor_v3';
  if (!versioned && callee.name !== '_rebuild_tensor_v2' && callee.name !== '_rebuild_tensor') {
    return undefined;
  }
  if (isTurned(args[versioned ? 7 : 6])) {
    return { kind: 'unread', what: 'a tensor that stands for its negative or conjugate' };
  }
  return plainTensor(args, versioned ? args[6] : undefined);
}

/** Whether torch's metadata of the tensor says that its numbers are to be negated or conjugated when they are read. */
function isTurned(metadata: PickleValue | undefined): boolean {
  const entries = ofKind(metadata, 'dict')?.entries;
  return entries?.get('neg') === true || entries?.get('conj') === true;
}

function plainTensor(args: readonly PickleValue[], dtype: PickleValue | undefined): TensorCall {
  const [storageValue, offsetValue, sizeValue, strideValue] = args;
  const invalid = (reason: string): TensorCall => ({ kind: 'invalid', reason });
  const storage = storageRef(storageValue);
  if (typeof storage === 'string') return invalid(storage);
  const element = dtype === undefined ? storage.element : dtypeElement(dtype);
  if (element === undefined) return { kind: 'unread', what: 'a tensor of an unknown dtype' };
  const offset = integerOf(offsetValue);
  if (offset === undefined || offset < 0) return invalid('its offset is no count');
  const shape = counts(sizeValue);
  if (typeof shape === 'string') return invalid(`its shape ${shape}`);
  const strides = counts(strideValue);
  if (typeof strides === 'string') return invalid(`its strides ${strides}`);
  if (strides.length !== shape.length) {
    return invalid(`it has ${shape.length} dimensions and ${strides.length} strides`);
  }
  return { kind: 'tensor', storage, element, offset, shape, strides };
}

/**
 * A storage's persistent id: `('storage', class, key, location, count)`, and in old files a view
 * `(key, offset, count)` behind these. A string is what is wrong with it.
 */
export function storageRef(value: PickleValue | undefined): StorageRef | string {
  const persistent = ofKind(value, 'persistent');
  if (persistent === undefined) return `its storage is ${inWords(value)}`;
  const items = ofKind(persistent.id, 'tuple')?.items;
  if (items === undefined) return `its storage is named by ${inWords(persistent.id)}`;
  const [tag, type, key, , countValue, view] = items;
  if (textOf(tag) !== 'storage') return 'its storage is named by something else than a storage';
  const element = storageElement(type);
  if (element === undefined) return 'its storage is of no known class';
  const name = textOf(key) ?? integerOf(key)?.toString();
  if (name === undefined) return `the key of its storage is ${inWords(key)}`;
  const count = integerOf(countValue);
  if (count === undefined || count < 0) return 'its storage has no count of elements';
  if (view === undefined || view === null) return { key: name, element, count, viewOffset: 0 };
  const [, viewOffset, viewCount] = (ofKind(view, 'tuple')?.items ?? []).map(integerOf);
  if (viewOffset === undefined || viewOffset < 0 || viewCount === undefined || viewCount < 0) {
    return 'its storage is a view that is none';
  }
  return { key: name, element, count, viewOffset, viewCount };
}

/** Counts out of a tuple, or why they are none. */
function counts(value: PickleValue | undefined): readonly number[] | string {
  const items = (ofKind(value, 'tuple') ?? ofKind(value, 'list'))?.items;
  if (items === undefined) return `is ${inWords(value)}`;
  if (items.length > MAX_RANK) return `has ${items.length} dimensions`;
  const numbers: number[] = [];
  for (const item of items) {
    const number = integerOf(item);
    if (number === undefined || number < 0) return 'holds something that is no count';
    numbers.push(number);
  }
  return numbers;
}
