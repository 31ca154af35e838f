/** Sound nets put together wrongly. */
import type { Edit } from '../edit.ts';
import type { Subject } from '../subject.ts';
import { type Kind, type Means, pick } from './kind.ts';
import { lowRank } from './low-rank.ts';
import { each, normals, spread, weights } from './tensors.ts';

/** All tensors as a mixture with those of another net of the same names. */
export function mixed(subject: Subject, other: Subject, own: number, others: number): Edit | undefined {
  return each(subject, shared(subject, other), (floats, name) => {
    const theirs = other.floats(name);
    return floats.map((value, index) => own * value + others * (theirs[index] as number));
  });
}

function shared(subject: Subject, other: Subject): readonly string[] {
  return subject.names.filter(
    (name) => other.has(name) && `${other.shape(name)}` === `${subject.shape(name)}`,
  );
}

/** Of another net, all that the test holds for. */
function graft(subject: Subject, donor: Subject, taken: (name: string) => boolean): Edit | undefined {
  return each(subject, shared(subject, donor).filter(taken), (_, name) => donor.floats(name));
}

function blockGrafted({ subject, donor, draw }: Means, kind: string): Edit | undefined {
  if (donor === undefined) return undefined;
  const ids = subject.blocks.filter((block) => block.kind === kind).map(({ id }) => id);
  const id = pick(ids, draw);
  return id === undefined ? undefined : graft(subject, donor, (name) => name.startsWith(`${id}.`));
}

const STAGES: ReadonlyMap<string, string> = new Map([
  ['encoder', 'down_blocks.'],
  ['middle', 'mid_block.'],
  ['decoder', 'up_blocks.'],
  ['time embedding', 'time_embedding.'],
  ['first convolution', 'conv_in.'],
  ['last convolution', 'conv_out.'],
]);

/** A part of a training's learned change added as a product of two thin matrices, so many times. */
function loraMerged({ subject, sibling, draw }: Means, strength: string): Edit | undefined {
  const factor = Number(strength.slice(1));
  return each(subject, loraTargets(subject), (floats, name) => {
    const delta = loraDelta(subject, sibling, name, draw);
    return floats.map((value, index) => value + factor * (delta[index] as number));
  });
}

/** What LoRAs are trained on: the attentions' projections; all weights in a net that has none. */
function loraTargets(subject: Subject): readonly string[] {
  const projections = weights(subject).filter((name) => /\.to_(?:q|k|v|out\.0)\.weight$/.test(name));
  return projections.length === 0 ? weights(subject) : projections;
}

/** Ranks and sizes that LoRAs have: rank 4, a change of a twentieth of the weight. */
const [RANK, SHARE] = [4, 0.05];

/** The four largest directions of the way to the sibling; of no training, four drawn ones, where there is none. */
export function loraDelta(
  subject: Subject,
  sibling: Subject | undefined,
  name: string,
  draw: () => number,
): Float32Array {
  const floats = subject.floats(name);
  const rows = subject.shape(name)[0] ?? 1;
  if (sibling?.has(name) === true) {
    const to = sibling.floats(name);
    const way = floats.map((value, index) => (to[index] as number) - value);
    return lowRank(way, rows, RANK, draw);
  }
  const normal = normals(draw);
  const delta = lowRank(
    floats.map(() => normal()),
    rows,
    RANK,
    draw,
  );
  const size = (SHARE * spread(floats)) / (spread(delta) || 1);
  return delta.map((value) => size * value);
}

/** Tensors by turns from here and from the sibling, as when averaged and live weights get mixed up. */
function byTurns({ subject, sibling }: Means): Edit | undefined {
  if (sibling === undefined) return undefined;
  const odd = new Set(subject.names.filter((_, index) => index % 2 === 1));
  return graft(subject, sibling, (name) => odd.has(name));
}

/** An average that still holds so much of the weights before training: drawn ones of the same spread. */
function coldAverage({ subject, draw }: Means, strength: string): Edit | undefined {
  const share = Number.parseFloat(strength) / 100;
  const normal = normals(draw);
  return each(subject, weights(subject), (floats) => {
    const deviation = spread(floats);
    return floats.map((value) => (1 - share) * value + share * deviation * normal());
  });
}

export const mixes: readonly Kind[] = [
  {
    id: 'unrelated-merge',
    does: 'weights averaged with those of an unrelated training',
    strengths: ['5 %', '10 %', '30 %', '50 %'],
    make: ({ subject, donor }, strength) => {
      const share = Number.parseFloat(strength) / 100;
      return donor === undefined ? undefined : mixed(subject, donor, 1 - share, share);
    },
  },
  {
    id: 'block-of-another',
    does: 'one block from another training',
    strengths: ['resnet', 'transformer', 'attention', 'downsample', 'upsample'],
    make: blockGrafted,
  },
  {
    id: 'stage-of-another',
    does: 'a side of the net from another training',
    strengths: [...STAGES.keys()],
    make: ({ subject, donor }, stage) =>
      donor === undefined
        ? undefined
        : graft(subject, donor, (name) => name.startsWith(STAGES.get(stage) ?? '?')),
  },
  {
    id: 'sum-not-halved',
    does: 'the sum of two siblings that was not halved',
    strengths: [''],
    make: ({ subject, sibling }) => (sibling === undefined ? undefined : mixed(subject, sibling, 1, 1)),
  },
  {
    id: 'extrapolated',
    does: 'the way to the sibling taken too far, or back',
    strengths: ['×3', '×10', '×-5'],
    make: ({ subject, sibling }, strength) => {
      const factor = Number(strength.slice(1));
      return sibling === undefined ? undefined : mixed(subject, sibling, 1 - factor, factor);
    },
  },
  { id: 'ema-by-turns', does: 'every second tensor from the sibling', strengths: [''], make: byTurns },
  {
    id: 'cold-average',
    does: 'an average that still holds the weights before training',
    strengths: ['10 %', '30 %', '60 %'],
    make: coldAverage,
  },
  {
    id: 'lora-too-strong',
    does: 'a LoRA merged in many times too strong',
    strengths: ['×5', '×20', '×100'],
    make: loraMerged,
  },
];
