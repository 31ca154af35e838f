/** Numbers that are wrong in themselves. */
import { unetEdit } from '../edit.ts';
import { type Kind, type Means, pick } from './kind.ts';
import { each, idsOf, innerWeights, normals, spread, weights } from './tensors.ts';

/** The number that a strength begins with: `30 %` is 0.3, `×3` is 3, `4 bits` is 4. */
function amount(strength: string): number {
  const value = Number.parseFloat(strength.replace('×', ''));
  return strength.includes('%') ? value / 100 : value;
}

/** One element, row or tensor of one weight inside of the net filled with a number. */
function filled(value: number): Kind['make'] {
  return ({ subject, draw }, strength) => {
    const name = pick(innerWeights(subject), draw);
    if (name === undefined) return undefined;
    return each(subject, [name], (floats) => {
      const run = floats.length / (subject.shape(name)[0] ?? 1);
      const length = new Map([
        ['element', 1],
        ['row', run],
      ]).get(strength);
      const from = Math.floor((draw() * floats.length) / run) * run;
      return length === undefined ? floats.fill(value) : floats.fill(value, from, from + length);
    });
  };
}

function zeroed({ subject, draw }: Means, strength: string) {
  const [what = '', side = ''] = strength.split(' of the ');
  const prefix = side === 'decoder' ? 'up_blocks' : 'down_blocks';
  const block = pick(
    idsOf(subject, 'resnet').filter((id) => id.startsWith(prefix)),
    draw,
  );
  if (block === undefined) return undefined;
  const layers = what === 'resnet' ? ['conv1', 'conv2', 'conv_shortcut'] : [what];
  const names = layers
    .flatMap((layer) => [`${block}.${layer}.weight`, `${block}.${layer}.bias`])
    .filter((name) => subject.has(name));
  return each(subject, names, (floats) => floats.fill(0));
}

function clipped({ subject }: Means, strength: string) {
  return each(subject, weights(subject), (floats) => {
    const most = amount(strength) * spread(floats);
    return floats.map((value) => Math.min(most, Math.max(-most, value)));
  });
}

function scaled({ subject, draw }: Means, strength: string) {
  const [which, factor = ''] = strength.split(' ');
  const one = pick(innerWeights(subject), draw);
  const names = which === 'all' ? innerWeights(subject) : one === undefined ? [] : [one];
  return each(subject, names, (floats) => floats.map((value) => value * amount(factor)));
}

function noised({ subject, draw }: Means, strength: string) {
  const normal = normals(draw);
  return each(subject, weights(subject), (floats) => {
    const deviation = amount(strength) * spread(floats);
    return floats.map((value) => value + deviation * normal());
  });
}

/** Whole steps of the largest number of each tensor. */
function lowBit({ subject }: Means, strength: string) {
  const levels = 2 ** (amount(strength) - 1) - 1;
  return each(subject, weights(subject), (floats) => {
    const step = largest(floats) / levels;
    return step === 0 ? floats : floats.map((value) => Math.round(value / step) * step);
  });
}

function largest(floats: Float32Array): number {
  let most = 0;
  for (const value of floats) most = Math.max(most, Math.abs(value));
  return most;
}

/** The smallest numbers of each weight are zero. */
function pruned({ subject }: Means, strength: string) {
  return each(subject, weights(subject), (floats) => {
    const sizes = floats.map(Math.abs).sort();
    const bound = sizes[Math.min(sizes.length - 1, Math.floor(amount(strength) * sizes.length))] as number;
    return floats.map((value) => (Math.abs(value) < bound ? 0 : value));
  });
}

function signs({ subject, draw }: Means, strength: string) {
  if (strength === 'one layer') {
    const name = pick(innerWeights(subject), draw);
    return name === undefined ? undefined : each(subject, [name], negative);
  }
  const share = amount(strength);
  return each(subject, weights(subject), (floats) =>
    floats.map((value) => (draw() < share ? -value : value)),
  );
}

function negative(floats: Float32Array): Float32Array {
  return floats.map((value) => -value);
}

/** Weights redrawn as an untrained layer has them: the same spread, nothing learned. */
function redrawn({ subject, draw }: Means, which: string) {
  const normal = normals(draw);
  const inner = innerWeights(subject);
  const one = pick(inner, draw);
  const names =
    which === 'one layer' ? (one === undefined ? [] : [one]) : inner.filter(() => draw() < amount(which));
  return each(subject, names, (floats) => {
    const deviation = spread(floats);
    return floats.map(() => deviation * normal());
  });
}

/** Numbers of one weight beyond what 16 bits hold, held at their end. */
function saturated({ subject, draw }: Means, strength: string) {
  const name = pick(innerWeights(subject), draw);
  if (name === undefined) return undefined;
  const floats = subject.floats(name);
  const count = strength === 'element' ? 1 : Math.ceil(floats.length / 1000);
  for (let done = 0; done < count; done += 1) {
    const at = Math.floor(draw() * floats.length);
    floats[at] = Math.sign(floats[at] as number) * 65_504;
  }
  return unetEdit(subject, new Map([[name, floats]]));
}

const FILLS = ['element', 'row', 'tensor'];

export const numbers: readonly Kind[] = [
  { id: 'nan', does: 'NaN in one weight', strengths: FILLS, make: filled(Number.NaN) },
  {
    id: 'infinity',
    does: 'infinity in one weight',
    strengths: ['element'],
    make: filled(Number.POSITIVE_INFINITY),
  },
  {
    id: 'zeroed',
    does: 'a layer is zero',
    strengths: [
      'conv1 of the encoder',
      'conv2 of the decoder',
      'resnet of the encoder',
      'resnet of the decoder',
    ],
    make: zeroed,
  },
  {
    id: 'saturated',
    does: 'numbers of one weight at the end of fp16',
    strengths: ['element', '1 in 1000'],
    make: saturated,
  },
  {
    id: 'clipped',
    does: 'all weights clipped at so many of their deviations',
    strengths: ['2', '1', '0.5'],
    make: clipped,
  },
  {
    id: 'scaled',
    does: 'weights multiplied',
    strengths: ['one ×0', 'one ×3', 'one ×30', 'one ×1000', 'all ×0.9', 'all ×1.2'],
    make: scaled,
  },
  {
    id: 'noised',
    does: 'noise of so much of their spread on all weights',
    strengths: ['5 %', '10 %', '20 %', '50 %'],
    make: noised,
  },
  {
    id: 'low-bit',
    does: 'all weights rounded to so many bits, one scale a tensor',
    strengths: ['6 bits', '5 bits', '4 bits', '3 bits'],
    make: lowBit,
  },
  {
    id: 'pruned',
    does: 'the smallest numbers of all weights are zero',
    strengths: ['20 %', '50 %', '80 %'],
    make: pruned,
  },
  {
    id: 'signs',
    does: 'signs of weights turned',
    strengths: ['one layer', '0.1 %', '1 %', '10 %'],
    make: signs,
  },
  {
    id: 'redrawn',
    does: 'layers as if never trained',
    strengths: ['one layer', '10 %', '50 %'],
    make: redrawn,
  },
];
