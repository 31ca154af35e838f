/** The calls of the closed world that make containers: carried out, because what follows fills them. */
import { ofKind, type PickleValue, type PyGlobal } from './pickle-value.ts';

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
export function makePlain({ module, name }: PyGlobal, args: readonly PickleValue[]): PickleValue | undefined {
  return MAKERS.get(`${module}.${name}`)?.(args);
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
