import type { NamedTensor } from '../../src/topology/named.ts';
import { named } from './listing.ts';

/** One damage to one tensor of a listing. */
export interface Mutation {
  readonly what: string;
  /** The tensor that is damaged. */
  readonly victim: string;
  /** Under what name it stands afterwards, when that changes. */
  readonly renamed?: string;
  readonly tensors: readonly NamedTensor[];
}

/** Each tensor removed in turn. */
export function* removals(tensors: readonly NamedTensor[]): Iterable<Mutation> {
  for (const [index, { name }] of tensors.entries()) {
    yield { what: `remove ${name}`, victim: name, tensors: tensors.filter((_, other) => other !== index) };
  }
}

/** Each dimension of each tensor made one larger, then twice as large. */
export function* resizes(tensors: readonly NamedTensor[]): Iterable<Mutation> {
  for (const [index, { name, tensor }] of tensors.entries()) {
    for (const axis of tensor.shape.keys()) {
      for (const change of [(dim: number) => dim + 1, (dim: number) => dim * 2]) {
        const shape = tensor.shape.map((dim, other) => (other === axis ? change(dim) : dim));
        const what = `${name} axis ${axis}: ${tensor.shape[axis]} → ${shape[axis]}`;
        yield { what, victim: name, tensors: replaced(tensors, index, named(name, shape)) };
      }
    }
  }
}

/** Each tensor under plausible neighbours' names: a typing slip, another projection, a number off by one. */
export function* renames(tensors: readonly NamedTensor[], most = 99): Iterable<Mutation> {
  for (const [index, { name, tensor }] of tensors.entries()) {
    for (const renamed of neighbours(name).slice(0, most)) {
      const what = `${name} → ${renamed}`;
      yield { what, victim: name, renamed, tensors: replaced(tensors, index, named(renamed, tensor.shape)) };
    }
  }
}

function replaced(tensors: readonly NamedTensor[], index: number, by: NamedTensor): NamedTensor[] {
  return tensors.map((tensor, other) => (other === index ? by : tensor));
}

const SWAPS: readonly (readonly [string, string])[] = [
  ['.weight', '.bias'],
  ['.bias', '.weight'],
  ['to_q', 'to_k'],
  ['to_k', 'to_v'],
  ['to_v', 'to_q'],
  ['attn1', 'attn2'],
  ['attn2', 'attn1'],
  ['norm1', 'norm2'],
  ['norm2', 'norm3'],
  ['norm3', 'norm1'],
  ['conv1', 'conv2'],
  ['conv2', 'conv1'],
  ['in_layers', 'out_layers'],
  ['out_layers', 'in_layers'],
  ['proj_in', 'proj_out'],
  ['proj_out', 'proj_in'],
  ['input_blocks', 'output_blocks'],
  ['output_blocks', 'input_blocks'],
  ['down_blocks', 'up_blocks'],
  ['up_blocks', 'down_blocks'],
  ['resnets', 'attentions'],
  ['attentions', 'resnets'],
  ['.op.', '.conv.'],
  ['.conv.', '.op.'],
  ['skip_connection', 'conv_shortcut'],
];

function neighbours(name: string): string[] {
  const found = new Set<string>([`${name}_`]);
  for (const [from, to] of SWAPS) if (name.includes(from)) found.add(name.replace(from, to));
  const parts = name.split('.');
  for (const [index, part] of parts.entries()) {
    if (!/^\d+$/.test(part)) continue;
    const next = [...parts];
    next[index] = String(Number(part) + 1);
    found.add(next.join('.'));
  }
  found.delete(name);
  return [...found];
}
