/** What the READ rules share: programs that take the model for something else, as one finding for all of them. */
import type { Component } from '../../components/component.ts';
import { type Difference, type DifferenceKind, differencesOf } from '../../runtimes/differences.ts';
import { withSidecar } from '../../runtimes/beside.ts';
import { type RuntimeReading, runtimesOf } from '../../runtimes/index.ts';
import type { Net } from '../../topology/net.ts';
import type { Draft, RuleContext } from '../rule.ts';
import { listed, type LiveNet, liveNets, nameOf, placeOf } from './components.ts';
import { oncePerContext } from './once.ts';

/** The arguments of a finding about programs. */
export interface ReadArgs {
  readonly net: string;
  readonly programs: readonly string[];
  /** What each of them takes it for, and by what. */
  readonly takes: readonly string[];
  /** The same in few words, and what it is instead. */
  readonly as: string;
  readonly not: string;
  /** What it is, and who says so. */
  readonly is: string;
  readonly known: string;
  readonly [key: string]: string | readonly string[];
}

/** Programs that are wrong about one thing, for each net that is asked for. */
export function* misread(
  context: RuleContext,
  about: DifferenceKind,
  asked: (net: Net) => boolean = () => true,
): Generator<Draft<ReadArgs>> {
  for (const live of liveNets(context)) {
    if (!asked(live.net)) continue;
    const wrong = (differencesIn(context).get(live.component) ?? []).filter((each) => each.about === about);
    const [first] = wrong;
    if (first === undefined) continue;
    yield {
      args: {
        net: nameOf(live.component),
        programs: wrong.map(({ program }) => program),
        takes: wrong.map(({ program, assumes, because }) => `${program}: ${assumes} (${because})`),
        as: listed([...new Set(wrong.map(({ assumes }) => assumes))]),
        not: first.is,
        is: `${first.is} by ${first.from}`,
        known: first.known,
      },
      place: placeOf(context, live.component),
      // a net of nobody's is in no program's list: whoever made it runs it with a program of his own
      ...(about === 'family' && live.net.family.id === 'custom' ? { severity: 'note' as const } : {}),
    };
  }
}

/** What programs make of the file, with what stands beside it. */
export const readingsOf = oncePerContext((context): readonly RuntimeReading[] => {
  const { checkpoint, components, values, sidecar } = context;
  const readings = runtimesOf(checkpoint, components, values);
  const beside = sidecar?.setup?.fields;
  return beside === undefined ? readings : withSidecar(readings, beside);
});

/** Everything that programs get wrong of each net. */
const differencesIn = oncePerContext((context): ReadonlyMap<Component, readonly Difference[]> => {
  const { checkpoint, components, run } = context;
  const read = run?.assessment.read.prediction?.type;
  const wrongOf = (live: LiveNet) => differencesOf(checkpoint, components, live, readingsOf(context), read);
  return new Map(liveNets(context).map((live) => [live.component, wrongOf(live)]));
});

/**
 * Whether programs have no way of their own to see that such a net predicts velocity, but for markers. Video nets and nets
 * without text have programs of their own; those of Stable Diffusion 2 are measured, or taken for velocity.
 */
export function isAssumedEpsilon({ spatialDims, conditioning, family }: Net): boolean {
  if (spatialDims !== 2 || conditioning.crossAttentionDim === undefined) return false;
  return !family.id.startsWith('sd2') && family.id !== 'sd-x4-upscaler';
}

/** `ComfyUI and InvokeAI take`; one takes. */
export function takers(programs: readonly string[]): string {
  return `${listed(programs)} ${programs.length === 1 ? 'takes' : 'take'}`;
}
