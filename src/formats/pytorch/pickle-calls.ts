/** The calls of the closed world that make containers: carried out, because what follows fills them. */
import type { OddityKind } from './pickle-log.ts';
import { integerOf, ofKind, pathOf, type PickleValue, type PyGlobal, textOf } from './pickle-value.ts';

type Make = (args: readonly PickleValue[]) => PickleValue | undefined;

const MAKERS: ReadonlyMap<string, Make> = new Map<string, Make>([
  ['collections.OrderedDict', ([from]) => dictOf(from)],
  ['collections.Counter', ([from]) => dictOf(from)],
  ['builtins.dict', ([from]) => dictOf(from)],
  ['pytorch_lightning.utilities.parsing.AttributeDict', ([from]) => dictOf(from)],
  ['lightning_fabric.utilities.data.AttributeDict', ([from]) => dictOf(from)],
  // the first argument is what makes missing values
  ['collections.defaultdict', ([, from]) => dictOf(from)],
  ['builtins.list', ([from]) => ({ kind: 'list', items: [...itemsOf(from)] })],
  ['builtins.set', ([from]) => ({ kind: 'set', items: [...itemsOf(from)] })],
  ['builtins.frozenset', ([from]) => ({ kind: 'set', items: [...itemsOf(from)] })],
  ['builtins.tuple', ([from]) => ({ kind: 'tuple', items: [...itemsOf(from)] })],
  ['torch.Size', ([from]) => ({ kind: 'tuple', items: [...itemsOf(from)] })],
  ['_codecs.encode', ([text]) => (typeof text === 'string' ? bytesOf(text) : undefined)],
]);

/** The container that a call makes; undefined where the call stays one. */
export function makePlain(callee: PyGlobal, args: readonly PickleValue[]): PickleValue | undefined {
  return MAKERS.get(pathOf(callee))?.(args);
}

/** Which arguments of a call in the closed world it calls in its turn, or makes an object of. */
const CALLED_WITHIN: ReadonlyMap<string, readonly number[]> = new Map([
  // the class, and the base that makes and fills it
  ['copyreg._reconstructor', [0, 1]],
  // the function, and the class whose `__setstate__` is called
  ['torch._tensor._rebuild_from_type_v2', [0, 1]],
  ['torch._tensor._rebuild_from_type', [0, 1]],
  ['torch._utils._rebuild_wrapper_subclass', [0]],
  ['numpy.core.multiarray._reconstruct', [0]],
  ['numpy._core.multiarray._reconstruct', [0]],
]);

/** Places of the arguments that the call calls in its turn. */
export function calledWithin(callee: PyGlobal): readonly number[] {
  return CALLED_WITHIN.get(pathOf(callee)) ?? [];
}

/** Calls that take as much memory as their first argument says. */
const TAKES_MEMORY =
  /^(?:builtins\.(?:bytearray|bytes|range)|torch\.(?:cuda\.)?(?:sparse\.)?\w*(?:Tensor|Storage)|torch\.storage\.\w+)$/;

/** Classes that trainers pickle as the keys of their callbacks' states, and never call. */
const ONLY_KEYS = /^pytorch_lightning\.callbacks\./;

/** What is unusual about a call of the closed world. */
export function oddCall(callee: PyGlobal, args: readonly PickleValue[]): OddityKind | undefined {
  const path = pathOf(callee);
  if (ONLY_KEYS.test(path)) return 'key-called';
  const asks = args.some((arg) => integerOf(arg) !== undefined);
  return asks && TAKES_MEMORY.test(path) ? 'asks-for-memory' : undefined;
}

/** Whether a persistent id is as torch writes them: a storage, a module's class, in the tar format a number. */
export function isReference(id: PickleValue): boolean {
  if (integerOf(id) !== undefined) return true;
  const tag = textOf(ofKind(id, 'tuple')?.items[0]);
  return tag === 'storage' || tag === 'module';
}

/** The class of a pickled module that stands in a persistent id beside its source: `('module', class, file, text)`. */
export function moduleClass(callee: PickleValue): PyGlobal | undefined {
  const items = ofKind(ofKind(callee, 'persistent')?.id, 'tuple')?.items;
  return textOf(items?.[0]) === 'module' ? ofKind(items?.[1], 'global') : undefined;
}

/** Bytes that count as one value. */
const BYTES_A_VALUE = 16;

/** How many values a call has copied into what it made: the same may be copied again and again. */
export function copiedBy(made: PickleValue): number {
  if (made === null || typeof made !== 'object') return 0;
  if (made.kind === 'dict') return made.entries.size;
  if (made.kind === 'bytes') return Math.ceil(made.bytes.length / BYTES_A_VALUE);
  return made.kind === 'list' || made.kind === 'tuple' || made.kind === 'set' ? made.items.length : 0;
}

/** A dictionary of the pairs that Python 2's OrderedDict is pickled with, or of nothing. */
function dictOf(from: PickleValue | undefined): PickleValue {
  const entries = new Map<PickleValue, PickleValue>();
  const dict = ofKind(from, 'dict');
  if (dict !== undefined) for (const [key, value] of dict.entries) entries.set(key, value);
  for (const pair of itemsOf(from)) {
    const [key, value] = itemsOf(pair);
    if (key !== undefined && value !== undefined) entries.set(key, value);
  }
  return { kind: 'dict', entries };
}

/** The items of a list, tuple or set. */
function itemsOf(value: PickleValue | undefined): readonly PickleValue[] {
  return (ofKind(value, 'list') ?? ofKind(value, 'tuple') ?? ofKind(value, 'set'))?.items ?? [];
}

/** How protocol 2 writes bytes: as text in Latin-1. */
function bytesOf(text: string): PickleValue {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return { kind: 'bytes', bytes };
}
