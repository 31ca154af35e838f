import { readFileSync } from 'node:fs';
import { KeyFacts } from '../../src/components/key-facts.ts';
import { runtimes } from '../../src/runtimes/index.ts';
import type { Assumptions, Decision, RuntimeId } from '../../src/runtimes/runtime.ts';
import { alphasCumprod } from '../../src/schedule/alphas.ts';
import { knownSchedules, scheduleEnds } from '../../src/schedule/fingerprint.ts';
import type { CheckpointSpec, TensorSpec } from '../build/checkpoint.ts';
import { golden } from '../build/parts.ts';

/** What the programs' own code decided of checkpoints that are names and shapes: see fixtures/runtimes. */

export interface Case {
  readonly id: string;
  /** Listings under prefixes; one that ends in a slash is a part of a folder. */
  readonly parts: readonly (readonly [listing: string, prefix: string])[];
  /** The one program that is asked of it. */
  readonly only?: RuntimeId;
  readonly extra?: readonly (readonly [name: string, shape: readonly number[]])[];
  readonly without?: readonly string[];
  /** A tensor with numbers, and their standard deviation. */
  readonly spread?: readonly [name: string, deviation: number];
}

const all = JSON.parse(readFileSync('fixtures/runtimes/cases.json', 'utf8')) as readonly Case[];

/** Cases that every program is asked of. */
export const cases = all.filter(({ only }) => only === undefined);

/** Cases that a program is asked of. */
export function casesOf(program: string): readonly Case[] {
  return all.filter(({ only = program }) => only === program);
}

/** The decisions of a program, by the id of the case; null where it gave up. */
export function replay<T>(program: string): Readonly<Record<string, T | null>> {
  const text = readFileSync(`fixtures/runtimes/replays/${program}.json`, 'utf8');
  return (JSON.parse(text) as { readonly decisions: Record<string, T | null> }).decisions;
}

/** The tensors of a case. */
function tensorsOf({ parts, extra = [], without = [] }: Case): readonly TensorSpec[] {
  const all = [
    ...parts.flatMap(([listing, prefix]) => golden(listing, prefix)),
    ...extra.map(([name, shape]): TensorSpec => [name, shape]),
  ];
  return all.filter(([name]) => !without.some((prefix) => name.startsWith(prefix)));
}

/** A case as a checkpoint: a file, or a folder of parts. */
export function checkpointOf(one: Case): CheckpointSpec {
  const tensors = tensorsOf(one);
  const folders = [...new Set(tensors.flatMap(([name]) => (name.includes('/') ? [folderOf(name)] : [])))];
  if (folders.length === 0) return { parts: [{ tensors }] };
  return {
    parts: folders.map((folder) => ({
      name: folder,
      tensors: tensors
        .filter(([name]) => folderOf(name) === folder)
        .map(([name, shape]): TensorSpec => [name.slice(folder.length + 1), shape]),
    })),
    modelIndex: { _class_name: 'StableDiffusionPipeline' },
  };
}

function folderOf(name: string): string {
  return name.split('/', 1)[0] ?? '';
}

/** What our rules for a program make of a case. */
export function decisionOf(id: RuntimeId, one: Case): Decision {
  const runtime = runtimes.find((each) => each.id === id);
  const { parts } = checkpointOf(one);
  const facts = parts.map(
    ({ name = '', tensors }) =>
      [name, new KeyFacts(tensors.map(([tensor, shape]) => ({ name: tensor, shape })))] as const,
  );
  const [[name, keys] = ['', new KeyFacts([])]] = facts;
  const decision = runtime?.decide({
    ...(name === ''
      ? { container: 'file' as const, keys, parts: new Map() }
      : { container: 'folder' as const, keys: new KeyFacts([]), parts: new Map(facts) }),
    deviation: (tensor) => (one.spread?.[0] === tensor ? one.spread[1] : undefined),
  });
  if (decision === undefined) throw new Error(`${id} says nothing of ${one.id}`);
  return decision;
}

/** Its own word for what it takes a case for; null where it gives up. */
export function asOf(decision: Decision): string | null {
  return decision.kind === 'refused' ? null : decision.as;
}

/** What it then assumes; nothing where it gives up. */
export function assumptionsOf(decision: Decision): Assumptions {
  return decision.kind === 'refused' ? {} : decision.assumes;
}

/** The largest σ of a schedule of betas, to four digits; undefined where there is none. */
export function largestSigma({ schedule, zero_terminal_snr }: Assumptions): string | undefined {
  const known = knownSchedules.find(({ id }) => id === schedule?.value);
  if (known === undefined) return undefined;
  // at zero terminal SNR it writes a tiny ᾱ in place of 0
  const floor = 4.8973451890853435e-8;
  if (zero_terminal_snr?.value === true) return Math.sqrt((1 - floor) / floor).toPrecision(4);
  const alphas = alphasCumprod({ ...known.settings, rescale_betas_zero_snr: false }, 'float64');
  return scheduleEnds(alphas).sigmaMax.toPrecision(4);
}

/** How attention is split, as the replays write it. */
export function headWords({ attention_heads }: Assumptions): string | undefined {
  const rule = attention_heads?.value;
  if (rule === undefined) return undefined;
  return 'heads' in rule ? `${rule.heads} heads` : `${rule.headDim} wide`;
}
