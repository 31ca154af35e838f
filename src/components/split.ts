import type { Part, Tensor } from '../formats/checkpoint.ts';
import type { NamedTensor } from '../topology/named.ts';
import { Piece } from './piece.ts';
import { bareFamily, type Cut, cutPrefix, type Role } from './prefixes.ts';

/**
 * Cuts the tensors of a part into pieces: by known prefixes, and by first name part where there is no
 * prefix. Every tensor ends in exactly one piece, and `prefix + name` is always its name in the file.
 */
export function split(part: Part): readonly Piece[] {
  const groups = new Map<string, Group>();
  let last: Cut | undefined;
  for (const tensor of part.tensors) {
    if (isLora(tensor.name)) {
      add(groups, LORA_CUT, tensor);
      continue;
    }
    last = cutPrefix(tensor.name, last);
    add(groups, last, tensor);
  }
  claimLoraScalars(groups);
  return [...groups.values()].flatMap((group) => pieces(part, group));
}

/** Names of low-rank weights: kohya and LyCORIS, PEFT, and diffusers' attention processors. */
const LORA = /(?:^|\.)(?:lora_|hada_w|lokr_w|oft_|dora_scale$|lora\.|lora_layer)|_lora\.|^lycoris_/;
const LORA_SCALAR = /\.(?:alpha|diff|diff_b)$/;
const LORA_CUT: Cut = { prefix: '', role: 'lora', final: false };

/** What every such name contains: looked for first, because a pattern is slow over thousands of names. */
const LORA_HINT = /l(?:o(?:ra|kr_w)|ycoris)|hada_w|oft_|dora_scale/;

function isLora(name: string): boolean {
  return LORA_HINT.test(name) && LORA.test(name);
}

interface Group {
  readonly prefix: string;
  readonly role: Role;
  readonly tensors: NamedTensor[];
}

function add(groups: Map<string, Group>, { prefix, role }: Cut, tensor: Tensor): void {
  const key = `${role} ${prefix}`;
  let group = groups.get(key);
  if (group === undefined) groups.set(key, (group = { prefix, role, tensors: [] }));
  group.tensors.push({ name: tensor.name.slice(prefix.length), tensor });
}

/** `….alpha`, `….diff` and `….diff_b` say nothing by themselves; in a file of low-rank weights they are part of them. */
function claimLoraScalars(groups: Map<string, Group>): void {
  const lora = groups.get(`lora ${LORA_CUT.prefix}`);
  if (lora === undefined) return;
  for (const [key, group] of groups) {
    if (group === lora) continue;
    const rest = group.tensors.filter((named) => !LORA_SCALAR.test(named.name));
    if (rest.length === group.tensors.length) continue;
    for (const { name, tensor } of group.tensors) {
      if (LORA_SCALAR.test(name)) lora.tensors.push({ name: tensor.name, tensor });
    }
    if (rest.length === 0) groups.delete(key);
    else groups.set(key, { ...group, tensors: rest });
  }
}

function pieces(part: Part, { prefix, role, tensors }: Group): readonly Piece[] {
  const families = role === 'bare' ? byFamily(tensors) : [tensors];
  return families.map((family) => new Piece(part, prefix, role, family));
}

/**
 * Tensors without prefix, one list a family. A name that says nothing joins the largest family, whose
 * grammar then calls it unexpected.
 */
function byFamily(tensors: readonly NamedTensor[]): readonly (readonly NamedTensor[])[] {
  const families = new Map<string | undefined, NamedTensor[]>();
  for (const named of tensors) {
    const family = bareFamily(named.name);
    const list = families.get(family);
    if (list === undefined) families.set(family, [named]);
    else list.push(named);
  }
  const unsaid = families.get(undefined) ?? [];
  families.delete(undefined);
  const lists = [...families.values()].sort((a, b) => b.length - a.length);
  const [largest, ...others] = lists;
  if (largest === undefined || largest.length * 3 < unsaid.length) return [tensors];
  const small = others.filter((list) => list.length < SMALLEST_FAMILY).flat();
  const kept = others.filter((list) => list.length >= SMALLEST_FAMILY);
  return [[...largest, ...small, ...unsaid], ...kept];
}

/** Fewer tensors than this do not make a component of their own out of names without prefix. */
const SMALLEST_FAMILY = 3;
