/** Convolutions, the time embedding and norms read in the wrong layout, or lost. */
import { permutation } from '../../../test/values/damage.ts';
import type { Subject } from '../subject.ts';
import { type Kind, type Means, oneOrAll, pick } from './kind.ts';
import { convolutions, each, idsOf, norms, reordered, transposed } from './tensors.ts';

const ONE_OR_ALL = ['one', 'all'];

/** Each kernel by itself changed. */
function kernels(
  change: (kernel: Float32Array, height: number, width: number) => Float32Array,
): Kind['make'] {
  return ({ subject, draw }, strength) =>
    each(subject, oneOrAll(convolutions(subject), strength, draw), (floats, name) => {
      const [, , height = 1, width = 1] = subject.shape(name);
      const moved = new Float32Array(floats.length);
      for (let at = 0; at < floats.length; at += height * width)
        moved.set(change(floats.subarray(at, at + height * width), height, width), at);
      return moved;
    });
}

/** The whole weight changed, [rows, inputs · taps]. */
function whole(
  change: (floats: Float32Array, rows: number, inputs: number, taps: number) => Float32Array,
  fits: (rows: number, inputs: number) => boolean,
): Kind['make'] {
  return ({ subject, draw }, strength) => {
    const all = convolutions(subject).filter((name) => {
      const [rows = 0, inputs = 0] = subject.shape(name);
      return fits(rows, inputs);
    });
    return each(subject, oneOrAll(all, strength, draw), (floats, name) => {
      const [rows = 0, inputs = 0, height = 1, width = 1] = subject.shape(name);
      return change(floats, rows, inputs, height * width);
    });
  };
}

export const kernelKinds: readonly Kind[] = [
  {
    id: 'kernels-flipped',
    does: 'kernels turned by half a turn',
    strengths: ONE_OR_ALL,
    make: kernels((kernel) => kernel.toReversed()),
  },
  {
    id: 'kernels-transposed',
    does: 'rows and columns of kernels exchanged',
    strengths: ONE_OR_ALL,
    make: kernels((kernel, height, width) => transposed(kernel, height, width)),
  },
  {
    id: 'channels-transposed',
    does: 'inputs and outputs of square convolutions exchanged',
    strengths: ONE_OR_ALL,
    make: whole(transposed, (rows, inputs) => rows === inputs),
  },
  {
    id: 'channels-last',
    does: 'weights written channels last, read channels first',
    strengths: ONE_OR_ALL,
    make: whole(
      (floats, _, inputs, taps) => {
        const run = inputs * taps;
        const moved = new Float32Array(floats.length);
        for (let at = 0; at < floats.length; at += run)
          moved.set(transposed(floats.subarray(at, at + run), inputs, taps), at);
        return moved;
      },
      () => true,
    ),
  },
];

function zeroed(floats: Float32Array): Float32Array {
  return new Float32Array(floats.length);
}

const TIME = 'time_embedding';

/** Columns of the first layer of the time embedding in another order. */
function columns(order: (inputs: number) => readonly number[]): Kind['make'] {
  return ({ subject }) => {
    const name = `${TIME}.linear_1.weight`;
    if (!subject.has(name)) return undefined;
    const [rows = 0, inputs = 0] = subject.shape(name);
    return each(subject, [name], (floats) =>
      transposed(reordered(transposed(floats, rows, inputs), order(inputs)), inputs, rows),
    );
  };
}

function projectionsZeroed({ subject, draw }: Means, strength: string) {
  const layers = idsOf(subject, 'resnet')
    .map((id) => `${id}.time_emb_proj`)
    .filter((layer) => subject.has(`${layer}.weight`));
  const names = oneOrAll(layers, strength, draw).flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]);
  return each(subject, names, zeroed);
}

export const timeKinds: readonly Kind[] = [
  {
    id: 'sine-order',
    does: 'sine and cosine exchanged in the time embedding',
    strengths: [''],
    make: columns((inputs) => Array.from({ length: inputs }, (_, at) => (at + inputs / 2) % inputs)),
  },
  {
    id: 'frequencies-reversed',
    does: 'frequencies of the time embedding in the other order',
    strengths: [''],
    make: columns((inputs) => Array.from({ length: inputs }, (_, at) => inputs - 1 - at)),
  },
  {
    id: 'time-zeroed',
    does: 'the time embedding is zero',
    strengths: [''],
    make: ({ subject }) =>
      each(
        subject,
        [`${TIME}.linear_2.weight`, `${TIME}.linear_2.bias`].filter((name) => subject.has(name)),
        zeroed,
      ),
  },
  {
    id: 'time-permuted',
    does: 'channels of the time embedding in another order',
    strengths: [''],
    make: ({ subject, draw }) => {
      const names = [`${TIME}.linear_2.weight`, `${TIME}.linear_2.bias`].filter((name) => subject.has(name));
      if (names.length === 0) return undefined;
      const order = permutation(subject.shape(names[0] as string)[0] ?? 0, draw);
      return each(subject, names, (floats) => reordered(floats, order));
    },
  },
  {
    id: 'time-projections-zeroed',
    does: 'resnets do not read the time',
    strengths: ONE_OR_ALL,
    make: projectionsZeroed,
  },
];

function normsReset({ subject, draw }: Means, strength: string) {
  const layers = oneOrAll(norms(subject), strength, draw);
  const names = layers
    .flatMap((layer) => [`${layer}.weight`, `${layer}.bias`])
    .filter((name) => subject.has(name));
  return each(subject, names, (floats, name) => floats.map(() => (name.endsWith('.weight') ? 1 : 0)));
}

function biasesLost({ subject, draw }: Means, which: string) {
  const gains = new Set(norms(subject).map((layer) => `${layer}.bias`));
  const biases = subject.names.filter((name) => name.endsWith('.bias'));
  const one = pick(subject.blocks, draw);
  const lost = biases.filter((name) => {
    if (which === 'all') return true;
    if (which === 'of norms') return gains.has(name);
    return one !== undefined && name.startsWith(`${one.id}.`);
  });
  return each(subject, lost, zeroed);
}

function gainsScaled({ subject, draw }: Means, strength: string) {
  const [which = 'all', factor = '×1'] = strength.split(' ');
  const names = oneOrAll(norms(subject), which, draw).map((layer) => `${layer}.weight`);
  return each(subject, names, (floats) => floats.map((value) => value * Number(factor.slice(1))));
}

function gainAndBias({ subject, draw }: Means, strength: string) {
  const layers = oneOrAll(both(subject), strength, draw);
  return each(
    subject,
    layers.flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]),
    (_, name) =>
      subject.floats(
        name.endsWith('.weight') ? name.replace(/weight$/, 'bias') : name.replace(/bias$/, 'weight'),
      ),
  );
}

function both(subject: Subject): readonly string[] {
  return norms(subject).filter((layer) => subject.has(`${layer}.bias`));
}

export const normKinds: readonly Kind[] = [
  {
    id: 'norms-reset',
    does: 'norms without what they learned: gain 1, bias 0',
    strengths: ONE_OR_ALL,
    make: normsReset,
  },
  {
    id: 'biases-lost',
    does: 'biases are zero',
    strengths: ['one block', 'of norms', 'all'],
    make: biasesLost,
  },
  {
    id: 'gains-scaled',
    does: 'gains of norms too small or too large',
    strengths: ['one ×3', 'all ×0.8', 'all ×1.5'],
    make: gainsScaled,
  },
  { id: 'gain-and-bias', does: 'gain and bias of norms exchanged', strengths: ONE_OR_ALL, make: gainAndBias },
];
