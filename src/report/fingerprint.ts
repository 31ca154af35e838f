import type { Finding } from '../rules/rule.ts';
import { toSortedJson } from './json.ts';

const [OFFSET_BASIS, PRIME] = [0xcbf29ce484222325n, 0x100000001b3n];

/**
 * A name for each finding that stays the same from run to run while the fault does: 16 hexadecimal digits of its rule,
 * the names of its place and what was found. Where the file lies, and the bytes, do not enter: both change without the
 * fault. Equal ones of one file are told apart by their order. FNV-1a, 64 bits: nothing is kept safe by it.
 */
export function fingerprints(findings: readonly Finding[]): readonly string[] {
  const seen = new Map<string, number>();
  return findings.map(({ rule, place, args }) => {
    const { tensor, block, component, pointer } = place;
    const base = fnv(toSortedJson({ rule, tensor, block, component, pointer, args }));
    const before = seen.get(base) ?? 0;
    seen.set(base, before + 1);
    return before === 0 ? base : `${base}-${before + 1}`;
  });
}

function fnv(text: string): string {
  let hash = OFFSET_BASIS;
  for (const byte of new TextEncoder().encode(text))
    hash = ((hash ^ BigInt(byte)) * PRIME) & 0xffffffffffffffffn;
  return hash.toString(16).padStart(16, '0');
}
