/**
 * What `torch.load(weights_only=True)` would say to a pickle: its unpickler knows half of the opcodes and a closed list
 * of names, and looks at what is filled. Source: torch 2.15 `_weights_only_unpickler.py`, and what that version and 2.6
 * answer to pickles of our own (`fixtures/pytorch/weights-only.json`). What the calls of allowed names make of their
 * arguments is followed for containers and plain tensors; quantised, sparse and other tensors are taken to be sound.
 */
import { elementExtent } from '../layout.ts';
import { OP } from './pickle-opcodes.ts';
import { inWords, ofKind, pathOf, type PickleValue, type PyDict, type PyGlobal } from './pickle-value.ts';
import { storageRef, tensorCall } from './tensor-call.ts';

/** Why it would be refused. */
export interface WeightsOnlyRefusal {
  /** In the file, of the opcode that torch stops at; absent where it is not one opcode. */
  readonly offset?: number;
  /** May hold hostile text. */
  readonly reason: string;
}

const OPCODES: ReadonlySet<number> = new Set([
  OP.PROTO,
  OP.STOP,
  OP.GLOBAL,
  OP.NEWOBJ,
  OP.REDUCE,
  OP.BUILD,
  OP.APPEND,
  OP.APPENDS,
  OP.SETITEM,
  OP.SETITEMS,
  OP.MARK,
  OP.TUPLE,
  OP.TUPLE1,
  OP.TUPLE2,
  OP.TUPLE3,
  OP.NONE,
  OP.NEWTRUE,
  OP.NEWFALSE,
  OP.EMPTY_TUPLE,
  OP.EMPTY_LIST,
  OP.EMPTY_DICT,
  OP.EMPTY_SET,
  OP.BININT,
  OP.BININT1,
  OP.BININT2,
  OP.BINFLOAT,
  OP.BINUNICODE,
  OP.SHORT_BINSTRING,
  OP.BINPERSID,
  OP.BINGET,
  OP.LONG_BINGET,
  OP.BINPUT,
  OP.LONG_BINPUT,
  OP.LONG1,
]);

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Functions: they may be called, and make no object by themselves. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  '_codecs.encode',
  'torch.serialization._get_layout',
  'torch._tensor._rebuild_from_type_v2',
  ...words(`_rebuild_device_tensor_from_cpu_tensor _rebuild_device_tensor_from_numpy _rebuild_parameter
    _rebuild_meta_tensor_no_storage _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor
    _rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_wrapper_subclass`).map(
    (name) => `torch._utils.${name}`,
  ),
]);

const CLASSES: ReadonlySet<string> = new Set(
  words(`builtins.bytearray builtins.complex builtins.set collections.Counter collections.OrderedDict torch.Size
    torch.Tensor torch.device torch.nn.parameter.Parameter torch.storage.TypedStorage torch.storage.UntypedStorage`),
);

/** `torch.cuda.sparse.FloatTensor` and its like. */
const TENSOR_CLASS =
  /^torch\.(?:cuda\.)?(?:sparse\.)?(?:BFloat16|Bool|Byte|Char|Double|Float|Half|Int|Long|Short)Tensor$/;
const SPARSE_BOOL = /sparse\.BoolTensor$/;

/** Legacy storages stand for a dtype, and cannot be called. */
const STORAGE_TYPE =
  /^torch\.(?:(?:cuda\.)?(?:BFloat16|Bool|Byte|Char|ComplexDouble|ComplexFloat|Double|Float|Half|Int|Long|Short)|QInt32|QInt8|QUInt2x4|QUInt4x2|QUInt8)Storage$/;

/** dtypes by the names that they print, and quantisation schemes. */
const CONSTANTS: ReadonlySet<string> = new Set(
  words(`bfloat16 bcomplex32 bits16 bits1x8 bits2x4 bits4x2 bits8 bool complex128 complex32 complex64 float16 float32
    float64 float4_e2m1fn_x2 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu int1 int2 int3
    int4 int5 int6 int7 int8 int16 int32 int64 uint1 uint2 uint3 uint4 uint5 uint6 uint7 uint8 uint16 uint32 uint64
    qint32 qint8 quint2x4 quint4x2 quint8 per_channel_affine per_channel_affine_float_qparams per_channel_symmetric
    per_tensor_affine per_tensor_symmetric`).map((name) => `torch.${name}`),
);

type Kind = 'function' | 'class' | 'constant';

/** What an allowed name is; undefined for every other name. */
function kindOf(path: string): Kind | undefined {
  if (FUNCTIONS.has(path)) return 'function';
  if (CLASSES.has(path) || (TENSOR_CLASS.test(path) && !SPARSE_BOOL.test(path))) return 'class';
  if (CONSTANTS.has(path) || STORAGE_TYPE.test(path)) return 'constant';
  return undefined;
}

/** Fewest and most arguments of the calls that rebuild tensors. */
const REBUILDS: ReadonlyMap<string, readonly [fewest: number, most: number]> = new Map([
  ['torch._utils._rebuild_tensor', [4, 4]],
  ['torch._utils._rebuild_tensor_v2', [6, 7]],
  ['torch._utils._rebuild_tensor_v3', [7, 8]],
  ['torch._utils._rebuild_parameter', [3, 3]],
  ['torch._utils._rebuild_parameter_with_state', [4, 4]],
]);

/** Items of a storage's persistent id: in a zip, and where pickles are stacked. */
export type StorageIdItems = 5 | 6;

/** Goes along with the machine, and keeps the first thing that torch would stop at. */
export class WeightsOnlyRules {
  readonly #idItems: StorageIdItems;
  /** Dictionaries that are none by their class: these may be given a state. */
  readonly #counted = new WeakSet<PyDict>();
  /** Of tuples, whether they can be keys: one may be shared by many. */
  readonly #keys = new WeakMap<object, boolean>();
  #refusal: WeightsOnlyRefusal | undefined;

  constructor(idItems: StorageIdItems = 5) {
    this.#idItems = idItems;
  }

  /** The first thing that torch would stop at. */
  get refusal(): WeightsOnlyRefusal | undefined {
    return this.#refusal;
  }

  opcode(opcode: number, offset: number): void {
    if (OPCODES.has(opcode)) return;
    this.#refuse(offset, `it does not know the opcode ${NAMES.get(opcode) ?? `0x${opcode.toString(16)}`}`);
  }

  global(global: PyGlobal, offset: number): void {
    const path = pathOf(global);
    if (kindOf(path) === undefined) this.#refuse(offset, `it does not allow ${path}`);
  }

  /** `made`: what the call left on the stack. `creates`: NEWOBJ, which only classes take. */
  call(
    callee: PickleValue,
    args: readonly PickleValue[],
    made: PickleValue,
    creates: boolean,
    offset: number,
  ): void {
    if (this.#refusal !== undefined) return;
    const global = ofKind(callee, 'global');
    if (global === undefined) return this.#refuse(offset, `it does not call ${inWords(callee)}`);
    const path = pathOf(global);
    const kind = kindOf(path);
    if (kind === 'constant') return this.#refuse(offset, `${path} cannot be called`);
    if (creates && kind === 'function') return this.#refuse(offset, `${path} is no class`);
    const reason = this.#argumentsRefusal(path, args, made);
    if (reason !== undefined) return this.#refuse(offset, `${path} ${reason}`);
    const dict = ofKind(made, 'dict');
    if (dict !== undefined) this.#counted.add(dict);
  }

  append(target: PickleValue, offset: number): void {
    if (ofKind(target, 'list') === undefined)
      this.#refuse(offset, `it does not append to ${inWords(target)}`);
  }

  setItems(target: PickleValue, pairs: readonly PickleValue[], offset: number): void {
    if (this.#refusal !== undefined) return;
    if (ofKind(target, 'dict') === undefined) {
      return this.#refuse(offset, `it does not set items of ${inWords(target)}`);
    }
    const bad = pairs.find((key, at) => at % 2 === 0 && !this.#isHashable(key));
    if (bad !== undefined) this.#refuse(offset, `${inWords(bad)} cannot be a key`);
  }

  build(target: PickleValue, state: PickleValue, offset: number): void {
    const dict = ofKind(target, 'dict');
    const takes =
      ofKind(target, 'object') !== undefined ||
      ofKind(target, 'persistent') !== undefined ||
      (dict !== undefined && this.#counted.has(dict));
    if (!takes) return this.#refuse(offset, `it gives no state to ${inWords(target)}`);
    const attributes = ofKind(state, 'dict') !== undefined || ofKind(target, 'object') !== undefined;
    if (!attributes) this.#refuse(offset, `a state that is ${inWords(state)}`);
  }

  persistent(id: PickleValue, offset: number): void {
    if (this.#refusal !== undefined) return;
    const items = ofKind(id, 'tuple')?.items;
    const storage = storageRef({ kind: 'persistent', id });
    if (items?.length !== this.#idItems || typeof storage === 'string') {
      const why = typeof storage === 'string' ? storage : `its storage is named by ${items?.length} things`;
      this.#refuse(offset, why);
    }
  }

  /** What is wrong with the arguments; undefined where they are taken. */
  #argumentsRefusal(path: string, args: readonly PickleValue[], made: PickleValue): string | undefined {
    const [first] = args;
    const many = REBUILDS.get(path);
    if (many !== undefined) {
      if (args.length < many[0] || args.length > many[1]) return `takes no ${args.length} arguments`;
      return tensorRefusal(made);
    }
    switch (path) {
      case 'collections.OrderedDict':
      case 'collections.Counter':
      case 'builtins.set': {
        if (args.length === 0) return undefined;
        const items = itemsOf(first);
        if (args.length > 1 || items === undefined) return `is made of ${inWords(first)}`;
        const bad = path === 'builtins.set' ? items.find((item) => !this.#isHashable(item)) : undefined;
        return bad === undefined ? undefined : `cannot hold ${inWords(bad)}`;
      }
      case 'torch.Size':
        return itemsOf(first)?.every((item) => typeof item === 'number') === true || args.length === 0
          ? undefined
          : `is made of ${inWords(first)}`;
      case 'torch.device':
      case '_codecs.encode':
      case 'torch.serialization._get_layout':
        return typeof first === 'string' ? undefined : `is given ${inWords(first)}`;
      default:
        return undefined;
    }
  }

  /** As Python has it; what is not looked into may be a key. */
  #isHashable(value: PickleValue, depth = 0): boolean {
    if (value === null || typeof value !== 'object') return true;
    if (value.kind === 'list' || value.kind === 'dict' || value.kind === 'set') return false;
    if (value.kind !== 'tuple' || depth === MAX_TUPLES) return true;
    const had = this.#keys.get(value);
    if (had !== undefined) return had;
    const hashable = value.items.every((item) => this.#isHashable(item, depth + 1));
    this.#keys.set(value, hashable);
    return hashable;
  }

  #refuse(offset: number, reason: string): void {
    this.#refusal ??= { offset, reason };
  }
}

/** Names of the opcodes, for messages. */
const NAMES: ReadonlyMap<number, string> = new Map(Object.entries(OP).map(([name, code]) => [code, name]));

function itemsOf(value: PickleValue | undefined): readonly PickleValue[] | undefined {
  const dict = ofKind(value, 'dict');
  if (dict !== undefined) return [...dict.entries.keys()];
  return (ofKind(value, 'list') ?? ofKind(value, 'tuple') ?? ofKind(value, 'set'))?.items;
}

/** Why torch would not rebuild the tensor: it cannot be one, or lies beyond its storage. */
function tensorRefusal(made: PickleValue): string | undefined {
  const call = tensorCall(made);
  if (call === undefined) return 'is given no tensor';
  if (call.kind === 'invalid') return `makes no tensor: ${call.reason}`;
  if (call.kind === 'unread') return undefined;
  const { storage, element, offset, shape, strides } = call;
  const extent = elementExtent(shape, strides);
  const elements = Math.min(storage.viewCount ?? storage.count, storage.count - storage.viewOffset);
  const held = elements * storage.element.bytes;
  return extent > 0 && (offset + extent) * element.bytes > held ? 'reaches beyond its storage' : undefined;
}

/** How deep tuples are looked into. */
const MAX_TUPLES = 16;
