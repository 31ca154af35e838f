/** What a pickle says, as inert data: nothing here is ever looked up, called or given behaviour. */

/** A name that the pickle asks Python to import. */
export interface PyGlobal {
  readonly kind: 'global';
  /** As written, save for Python 2's names of modules: `__builtin__` is `builtins`. Hostile text. */
  readonly module: string;
  readonly name: string;
}

interface PyBytes {
  readonly kind: 'bytes';
  /** A view of the pickle. */
  readonly bytes: Uint8Array;
}

interface PyList {
  readonly kind: 'list';
  readonly items: PickleValue[];
}

interface PyTuple {
  readonly kind: 'tuple';
  readonly items: readonly PickleValue[];
}

interface PySet {
  readonly kind: 'set';
  readonly items: PickleValue[];
}

/** A dictionary of any kind. Keys that are no primitives are told apart by identity. */
export interface PyDict {
  readonly kind: 'dict';
  readonly entries: Map<PickleValue, PickleValue>;
}

/** What a call that is not carried out would have made. */
interface PyObject {
  readonly kind: 'object';
  readonly callee: PickleValue;
  readonly args: readonly PickleValue[];
  /** What BUILD would have set. */
  state?: PickleValue;
  /** What SETITEM and SETITEMS would have set. */
  entries?: Map<PickleValue, PickleValue>;
  /** What APPEND, APPENDS and ADDITEMS would have added. */
  items?: PickleValue[];
}

/** A reference to something outside the pickle: for torch, a storage. */
export interface PyPersistent {
  readonly kind: 'persistent';
  readonly id: PickleValue;
}

/** A value that is there and is not kept: a buffer out of band, an integer of thousands of digits. */
interface PyOpaque {
  readonly kind: 'opaque';
  readonly what: string;
}

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PyGlobal
  | PyBytes
  | PyList
  | PyTuple
  | PySet
  | PyDict
  | PyObject
  | PyPersistent
  | PyOpaque;

/** The value, where it is one of that kind. */
export function ofKind<K extends Kind>(
  value: PickleValue | undefined,
  kind: K,
): Extract<PickleValue, { readonly kind: K }> | undefined {
  if (typeof value !== 'object' || value === null || value.kind !== kind) return undefined;
  return value as Extract<PickleValue, { readonly kind: K }>;
}

type Kind = Extract<PickleValue, { readonly kind: string }>['kind'];

/** The name with its module before it. Hostile text. */
export function pathOf({ module, name }: PyGlobal): string {
  return `${module}.${name}`;
}

/** Text, also where Python 2 wrote it and Python 3 read it as bytes; undefined where it is none. */
export function textOf(value: PickleValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  const bytes = ofKind(value, 'bytes')?.bytes;
  return bytes !== undefined && bytes.length <= MAX_TAG_BYTES ? String.fromCharCode(...bytes) : undefined;
}

/** Words of torch's own are short. */
const MAX_TAG_BYTES = 256;

/** What a value is, in words. */
export function inWords(value: PickleValue | undefined): string {
  switch (typeof value) {
    case 'undefined':
      return 'nothing';
    case 'string':
      return 'a string';
    case 'number':
      return Number.isInteger(value) ? 'an integer' : 'a float';
    case 'bigint':
      return 'an integer';
    case 'boolean':
      return 'a boolean';
    default:
      return value === null ? 'None' : KINDS[value.kind];
  }
}

const KINDS: Readonly<Record<Kind, string>> = {
  global: 'a global',
  bytes: 'bytes',
  list: 'a list',
  tuple: 'a tuple',
  set: 'a set',
  dict: 'a dictionary',
  object: 'the result of a call',
  persistent: 'a persistent id',
  opaque: 'an opaque value',
};

/** The integer, where the value is one that a number holds exactly. */
export function integerOf(value: PickleValue | undefined): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  if (typeof value !== 'bigint') return undefined;
  const narrow = Number(value);
  return Number.isSafeInteger(narrow) ? narrow : undefined;
}
