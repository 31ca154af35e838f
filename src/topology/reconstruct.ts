import { type Solution, solve } from './blueprint.ts';
import { compare, type Naming } from './compare.ts';
import type { Dialect } from './dialects/dialect.ts';
import { dialectOf } from './dialects/index.ts';
import { flatten, unflatten } from './dialects/litema.ts';
import type { Hints } from './families/family.ts';
import { matchFamily } from './families/match.ts';
import { assemble, type Declared } from './assemble.ts';
import { readTraits } from './modules/traits.ts';
import type { NamedTensor } from './named.ts';
import type { Net } from './net.ts';
import { outline, type Outline, path } from './outline.ts';
import { planOf } from './plan.ts';
import type { Problem } from './problem.ts';
import { signatureOf } from './signature.ts';
import { wire } from './wiring.ts';

/** A U-Net rebuilt as far as its tensors allow, and all that is wrong with it. */
export interface Reconstruction {
  /** Absent when the tensors hold no encoder and decoder at all. */
  readonly net?: Net;
  /** Every fault found; empty for a sound net. */
  readonly problems: readonly Problem[];
}

/**
 * Rebuilds the U-Net that a component's tensors make up: names to canonical ones, stages and blocks, an
 * unknown for each width on which the tensors vote, then every tensor against the grammar and every
 * connection against the widths at its ends.
 * @param tensors the component's tensors, its prefix taken off their names
 * @param prefix what was taken off (`model.diffusion_model.`): messages name tensors as the file does
 * @param declared what a config says that no shape can tell
 * @param hints evidence from beside the net that tells apart families of the same shapes
 */
export function reconstruct(
  tensors: readonly NamedTensor[],
  prefix: string,
  declared: Declared = {},
  hints: Hints = {},
): Reconstruction {
  const { named, flat } = withDots(tensors);
  const dialect = dialectOf(named.map(({ name }) => name));
  if (dialect === undefined) return { problems: [] };
  const reading = dialect.read(new Map(named.map(({ name, tensor }) => [name, tensor.shape])));
  const inFile = (name: string): string => prefix + (flat ? flatten(name) : name);
  const naming: Naming = {
    tensor: (canonical) => inFile(reading.fromCanonical(canonical)),
    block: (canonical) => inFile(reading.fromCanonical(canonical)),
  };
  const { canonical, problems: doubles } = canonicalise(named, (name) => reading.toCanonical(name));
  const plan = planOf(canonical.keys());
  if (plan === undefined) return { problems: doubles };
  const traits = readTraits(plan, canonical);
  const net = outline(plan, traits, canonical);
  const solution = solve(net.blueprint.slots, canonical);
  const { owned, problems } = compare(net.blueprint, solution, canonical, naming);
  const wiring = wire(path(net), solution, naming);
  const family = matchFamily(signatureOf(net, traits, solution), hints);
  return {
    net: assemble({ net, traits, solution, owned, naming, skips: wiring.skips, family, dialect, declared }),
    problems: [
      ...doubles,
      ...problems,
      ...wiring.problems,
      ...inputProblems(net, solution, naming),
      ...foreignProblems(named, dialect, canonical),
    ],
  };
}

/** LitEma's flattened names get their dots back; what is not of its grammar keeps its name. */
function withDots(tensors: readonly NamedTensor[]): { named: readonly NamedTensor[]; flat: boolean } {
  const dotted = tensors.some(({ name }) => name.includes('.'));
  if (dotted) return { named: tensors, flat: false };
  const named = tensors.map(({ name, tensor }) => ({ name: unflatten(name) ?? name, tensor }));
  return { named, flat: true };
}

function canonicalise(
  tensors: readonly NamedTensor[],
  toCanonical: (name: string) => string | undefined,
): { canonical: ReadonlyMap<string, NamedTensor>; problems: readonly Problem[] } {
  const canonical = new Map<string, NamedTensor>();
  const doubles = new Map<string, NamedTensor[]>();
  for (const named of tensors) {
    // a name the dialect does not know keeps a form that no grammar expects
    const name = toCanonical(named.name) ?? `?${named.name}`;
    const first = canonical.get(name);
    if (first === undefined) canonical.set(name, named);
    else doubles.set(name, [...(doubles.get(name) ?? [first]), named]);
  }
  const problems = [...doubles].map(
    ([name, same]): Problem => ({
      kind: 'duplicate-role',
      canonical: name,
      tensors: same.map(({ tensor }) => tensor),
    }),
  );
  return { canonical, problems };
}

/**
 * The sinusoid that enters the time embedding is as wide as the outermost level, and the embedding four
 * times as wide as it. Nets that narrow their outermost level (guided-diffusion 512) keep the second rule
 * alone; nets with random Fourier features (`time_proj.weight`) have it twice as wide as the level.
 * Sources: openai guided-diffusion UNetModel; diffusers UNet2DModel, `timestep_input_dim`.
 */
function inputProblems(net: Outline, solution: Solution, naming: Naming): Problem[] {
  const found = solution.value(net.inputs.timeInput);
  const model = solution.value(net.stem.ends.output);
  if (found === undefined || model === undefined) return [];
  const fourier = net.blueprint.slots.some((slot) => slot.block === 'time_proj');
  const time = solution.value(net.shared.time);
  if (found === model || 4 * found === time || (fourier && found === 2 * model)) return [];
  return [
    {
      kind: 'input-mismatch',
      block: 'time_embedding',
      fileBlock: naming.block('time_embedding.linear_1'),
      what: 'width of the timestep sinusoid',
      found,
      expected: model,
      because: 'the sinusoid is as wide as the outermost level, or a quarter of the time embedding',
    },
  ];
}

/** Tensors that keep another dialect's names: the net is whole, but programs look for other names. */
function foreignProblems(
  tensors: readonly NamedTensor[],
  dialect: Dialect,
  canonical: ReadonlyMap<string, NamedTensor>,
): Problem[] {
  const foreign = tensors.filter(({ name }) => !dialect.owns(name) && canonical.has(name));
  const first = foreign[0];
  if (first === undefined) return [];
  return [{ kind: 'foreign-name', tensor: first.tensor, count: foreign.length, dialect: dialect.title }];
}
