/** Everything that is done to one net, each with a seed of its own. */
import { random } from '../../test/values/damage.ts';
import { type Group, groups, type Half, halfOf, type Kind, type Means } from './damages/index.ts';
import type { Edit } from './edit.ts';
import { type Variant, variants } from './healthy.ts';

export interface Case {
  /** `resnets-swapped 2nd`; for a variant its own name. */
  readonly id: string;
  readonly type: 'healthy' | 'damage';
  /** Name of the group of kinds; `healthy`. */
  readonly group: string;
  /** Id of the kind or variant. */
  readonly kind: string;
  readonly strength: string;
  /** Half of the kind; variants are seen by both. */
  readonly half?: Half;
  /** Whether it takes another net too. */
  readonly relatives: boolean;
  /** The change; undefined where it cannot be done to the net. */
  make(means: Omit<Means, 'draw'>): Promise<Edit | undefined>;
}

/**
 * All cases of a net, variants first.
 * @param net its name, which the seeds hang on
 * @param each strength of a kind, or one of them, by turns from net to net
 */
export function casesOf(net: string, each: 'all' | 'one'): readonly Case[] {
  const strengthsOf = ({ id, strengths }: Kind): readonly string[] => {
    if (each === 'all') return strengths;
    const one = strengths[Math.floor(drawOf(net, id)() * strengths.length)];
    return one === undefined ? [] : [one];
  };
  return [
    ...variants.map((variant) => variantCase(net, variant)),
    ...groups.flatMap((group) =>
      group.kinds.flatMap((kind) =>
        strengthsOf(kind).map((strength) => kindCase(net, group, kind, strength)),
      ),
    ),
  ];
}

function variantCase(net: string, variant: Variant): Case {
  const { id, relatives = false } = variant;
  return {
    id,
    type: 'healthy',
    group: 'healthy',
    kind: id,
    strength: '',
    relatives,
    make: async (means) => variant.make({ ...means, draw: drawOf(net, id) }),
  };
}

function kindCase(net: string, group: Group, kind: Kind, strength: string): Case {
  const id = strength === '' ? kind.id : `${kind.id} ${strength}`;
  return {
    id,
    type: 'damage',
    group: group.name,
    kind: kind.id,
    strength,
    half: halfOf(kind),
    relatives: group.relatives ?? false,
    make: async (means) => kind.make({ ...means, draw: drawOf(net, id) }, strength),
  };
}

/** Numbers that hang on nothing but the net's and the case's names (FNV-1a as the seed). */
function drawOf(net: string, id: string): () => number {
  let hash = 0x811c9dc5;
  for (const character of `${net}\n${id}`)
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  return random(hash >>> 0);
}
