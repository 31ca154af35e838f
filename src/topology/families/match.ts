import type { FamilyDifference } from '../net.ts';
import type { Signature } from '../signature.ts';
import type { Family, HeadRule, Hints, Matched } from './family.ts';
import { families } from './index.ts';

/**
 * The family whose shapes a net has. Of several with the same shapes, the one that the hints speak for,
 * else the first. A net of no known family keeps its grammar's name and is told what it is nearest to.
 */
export function matchFamily(signature: Signature, hints: Hints = {}): Matched {
  let same = familiesOf(signature);
  if (same.length === 0 && hints.pointConvolutions === true) {
    // a convolution of one pixel is a linear layer: where files have no other, it tells nothing
    same = familiesOf({ ...signature, linear_projection: true });
  }
  const first = same[0];
  if (first === undefined) return custom(signature);
  const told = same
    .map((family) => ({ family, by: family.toldBy?.(hints) }))
    .find(({ by }) => by !== undefined);
  const family = told?.family ?? first;
  return {
    family,
    match: {
      id: family.id,
      title: family.title,
      known: told === undefined ? 'measured' : 'declared',
      from: told?.by ?? 'shapes',
      sameShapes: same.filter((other) => other !== family).map(({ id }) => id),
    },
    heads: { rule: family.conventions.heads, from: `${family.title}: what its runtimes assume` },
  };
}

function familiesOf(signature: Signature): readonly Family[] {
  return families.filter((family) => differing(family.signature, signature).next().done === true);
}

function custom(signature: Signature): Matched {
  const grammar = grammarOf(signature);
  const nearest = families
    .map((family) => ({ family, differs: differences(family.signature, signature) }))
    .reduce((best, each) => (each.differs.length < best.differs.length ? each : best));
  const { id, title } = nearest.family;
  return {
    match: {
      id: 'custom',
      title: `custom, ${grammar.title} grammar`,
      known: 'measured',
      from: 'shapes',
      sameShapes: [],
      nearest: { id, title, differs: nearest.differs },
    },
    heads: { rule: grammar.heads, from: `${grammar.title} grammar: what its runtimes assume` },
  };
}

/** The grammar that a net of unknown widths follows, and the heads that its runtimes assume. */
function grammarOf(signature: Signature): { title: string; heads: HeadRule } {
  if (signature.video) return { title: 'SVD', heads: { headDim: 64 } };
  if (signature.added_keys) return { title: 'Kandinsky/IF', heads: { headDim: 64 } };
  const transformers = [...signature.down_depths, ...signature.up_depths].some((depth) => depth > 0);
  if (!transformers) {
    const title = signature.scale_shift || signature.resblock_updown ? 'guided-diffusion' : 'UNet2DModel';
    return { title, heads: { headDim: signature.scale_shift ? 64 : 8 } };
  }
  if (!signature.linear_projection) return { title: 'SD1', heads: { heads: 8 } };
  const title = signature.added_width === undefined ? 'SD2' : 'SDXL';
  return { title, heads: { headDim: 64 } };
}

/** What of a family's signature a net does not have. */
function differences(family: Partial<Signature>, net: Signature): FamilyDifference[] {
  return [...differing(family, net)].map((field) => ({
    field,
    found: shown(net[field]),
    expected: shown(family[field]),
  }));
}

function* differing(family: Partial<Signature>, net: Signature): Generator<keyof Signature> {
  for (const [name, expected] of Object.entries(family)) {
    const key = name as keyof Signature;
    // a width that no tensor of a damaged file tells speaks neither for a family nor against it
    if (net[key] !== 0 && !equal(net[key], expected)) yield key;
  }
}

function equal(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}
