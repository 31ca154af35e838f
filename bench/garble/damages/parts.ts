/** Damage of what stands beside the net: its text encoder and its autoencoder. */
import type { Tensor } from '../../../src/formats/checkpoint.ts';
import type { Component } from '../../../src/components/component.ts';
import type { NamedTensor } from '../../../src/topology/named.ts';
import { permutation } from '../../../test/values/damage.ts';
import { type Edit, tensorEdit } from '../edit.ts';
import type { Subject } from '../subject.ts';
import { configEdit } from './declared.ts';
import { type Kind, type Means, pick } from './kind.ts';
import { normals, reordered, spread, transposed } from './tensors.ts';

type PartKind = 'text_encoder' | 'vae';

/** Tensors of a part that are floats. */
function tensorsOf(subject: Subject, kind: PartKind): readonly NamedTensor[] {
  return (subject.part(kind)?.tensors ?? []).filter(({ tensor }) => /^B?F\d/.test(tensor.dtype));
}

/** Each tensor that the test holds for, changed. */
function eachOf(
  subject: Subject,
  kind: PartKind,
  fits: (named: NamedTensor) => boolean,
  change: (floats: Float32Array, named: NamedTensor) => Float32Array,
): Edit | undefined {
  const all = tensorsOf(subject, kind).filter(fits);
  if (all.length === 0) return undefined;
  return tensorEdit(
    new Map(all.map((named) => [named.tensor, change(subject.numbers(named.tensor), named)])),
  );
}

const isMatrix = ({ tensor }: NamedTensor): boolean => tensor.shape.length > 1;

function noised(kind: PartKind): Kind['make'] {
  return ({ subject, draw }, strength) => {
    const normal = normals(draw);
    const share = Number.parseFloat(strength) / 100;
    return eachOf(subject, kind, isMatrix, (floats) => {
      const deviation = share * spread(floats);
      return floats.map((value) => value + deviation * normal());
    });
  };
}

/** The last norm's channels in another order: the text in a basis of its own, as every other training has it. */
function otherBasis({ subject, draw }: Means): Edit | undefined {
  const last = /(?:final_layer_norm|ln_final)\.(?:weight|bias)$/;
  const norm = tensorsOf(subject, 'text_encoder').find(({ name }) => last.test(name));
  if (norm === undefined) return undefined;
  // what is written before the norm moves along with it: the whole stream has another basis
  const width = norm.tensor.shape[0] ?? 0;
  const order = permutation(width, draw);
  return eachOf(
    subject,
    'text_encoder',
    (named) => last.test(named.name) || writesStream(named, width),
    (floats, { name, tensor }) => {
      if (last.test(name) || /\.(?:out_proj|fc2)\./.test(name)) return reordered(floats, order);
      return columnsOf(floats, order, tensor.shape[1] ?? 1);
    },
  );
}

/** Whether a tensor has the stream's channels on an axis, and which is known by its name: all of CLIP's do. */
function writesStream({ name, tensor }: NamedTensor, width: number): boolean {
  if (/layer_norm[12]\.|\.(?:out_proj|fc2)\./.test(name)) return tensor.shape[0] === width;
  return tensor.shape.length === 2 && tensor.shape[1] === width;
}

/** Columns, or the numbers of a vector, in another order. */
function columnsOf(floats: Float32Array, order: readonly number[], run: number): Float32Array {
  if (floats.length === order.length) return reordered(floats, order);
  const moved = new Float32Array(floats.length);
  for (let at = 0; at < floats.length; at += run)
    for (const [to, from] of order.entries()) moved[at + to] = floats[at + from] as number;
  return moved;
}

/** Layers of the text encoder in the other order. */
function layersReversed({ subject }: Means): Edit | undefined {
  const at = /^(.*layers\.)(\d+)(\..*)$/;
  const tensors = tensorsOf(subject, 'text_encoder');
  const byName = new Map(tensors.map((named) => [named.name, named]));
  const last = Math.max(-1, ...tensors.map(({ name }) => Number(at.exec(name)?.[2] ?? -1)));
  if (last < 1) return undefined;
  return eachOf(
    subject,
    'text_encoder',
    ({ name }) => at.test(name),
    (floats, { name }) => {
      const [, before = '', layer = '', behind = ''] = at.exec(name) ?? [];
      const from = byName.get(`${before}${last - Number(layer)}${behind}`);
      return from === undefined ? floats : subject.numbers(from.tensor);
    },
  );
}

/** Queries and values of every layer of the text encoder exchanged. */
function queriesAndValues({ subject }: Means): Edit | undefined {
  const byName = new Map(tensorsOf(subject, 'text_encoder').map((named) => [named.name, named.tensor]));
  const other = (name: string): string =>
    name.replace(/\.(q|v)_proj\./, (_, leaf) => `.${leaf === 'q' ? 'v' : 'q'}_proj.`);
  return eachOf(
    subject,
    'text_encoder',
    ({ name }) => other(name) !== name && byName.has(other(name)),
    (_, { name }) => subject.numbers(byName.get(other(name)) as Tensor),
  );
}

/** Rows of the token embedding each in the place before its own. */
function tokensShifted({ subject }: Means): Edit | undefined {
  return eachOf(
    subject,
    'text_encoder',
    ({ name }) => name.endsWith('token_embedding.weight'),
    (floats, { tensor }) => {
      const rows = tensor.shape[0] ?? 1;
      return reordered(
        floats,
        Array.from({ length: rows }, (_, row) => (row + 1) % rows),
      );
    },
  );
}

/** Positions as 16-bit floats, which merging programs made of them: 76 became 75.9 … and is cut to 75. */
function floatPositions({ subject }: Means): Edit | undefined {
  const encoder = subject.part('text_encoder');
  const ids = encoder?.tensors.find(({ name }) => name.endsWith('position_ids'))?.tensor;
  if (ids === undefined) return undefined;
  const bytes = new Uint8Array(2 * (ids.shape.at(-1) ?? 0));
  const view = new DataView(bytes.buffer);
  const exact = subject.numbers(ids);
  // one step of bf16 below: what is cut to a whole number is one less
  for (const [at, value] of exact.entries())
    view.setUint16(2 * at, value === 0 ? 0 : (floatBits(value) >>> 16) - 1, true);
  return { tensors: new Map([[ids, { dtype: 'BF16', bytes }]]) };
}

function floatBits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] as number;
}

export const textKinds: readonly Kind[] = [
  {
    id: 'text-other-basis',
    does: 'the text encoder of another training: its channels in another order',
    strengths: [''],
    make: otherBasis,
  },
  {
    id: 'text-noised',
    does: 'noise on the weights of the text encoder',
    strengths: ['10 %', '30 %', '100 %'],
    make: noised('text_encoder'),
  },
  {
    id: 'text-layers-reversed',
    does: 'layers of the text encoder in the other order',
    strengths: [''],
    make: layersReversed,
  },
  {
    id: 'text-tokens-shifted',
    does: 'the vocabulary off by one',
    strengths: [''],
    make: tokensShifted,
  },
  {
    id: 'text-embedding-zeroed',
    does: 'the token embedding is zero',
    strengths: [''],
    make: ({ subject }) =>
      eachOf(
        subject,
        'text_encoder',
        ({ name }) => name.endsWith('token_embedding.weight'),
        (floats) => floats.fill(0),
      ),
  },
  { id: 'float-positions', does: 'float position_ids, one too low', strengths: [''], make: floatPositions },
  {
    id: 'text-queries-and-values',
    does: 'queries and values of the text encoder exchanged',
    strengths: [''],
    make: queriesAndValues,
  },
];

/** A turn of the latent's channels into each other, orthonormal: Gram and Schmidt on drawn numbers. */
function turnOf(channels: number, draw: () => number): readonly Float64Array[] {
  const normal = normals(draw);
  const axes: Float64Array[] = [];
  while (axes.length < channels) {
    const axis = Float64Array.from({ length: channels }, normal);
    for (const before of axes) {
      const along = before.reduce((sum, value, at) => sum + value * (axis[at] as number), 0);
      for (const [at, value] of before.entries()) axis[at] = (axis[at] as number) - along * value;
    }
    const length = Math.hypot(...axis);
    axes.push(axis.map((value) => value / length));
  }
  return axes;
}

/** Latents in a basis of their own, as every other training has it: what is written and what is read turned alike. */
function latentTurned({ subject, draw }: Means): Edit | undefined {
  const read = tensorsOf(subject, 'vae').find(({ name }) => name.endsWith('post_quant_conv.weight'));
  const channels = read?.tensor.shape[1] ?? 0;
  if (channels === 0) return undefined;
  const turn = turnOf(channels, draw);
  return eachOf(
    subject,
    'vae',
    ({ name }) => /quant_conv\.(?:weight|bias)$/.test(name) && !name.endsWith('post_quant_conv.bias'),
    (floats, { name }) => {
      const reads = name.endsWith('post_quant_conv.weight');
      // of what the encoder writes only the means: the variances stand behind them
      const lines = floats.length / (reads ? channels : 2 * channels);
      const turned = floats.slice();
      for (let line = 0; line < lines; line += 1) {
        const at = (channel: number): number => (reads ? line * channels + channel : channel * lines + line);
        for (const [to, axis] of turn.entries())
          turned[at(to)] = axis.reduce((sum, part, from) => sum + part * (floats[at(from)] as number), 0);
      }
      return turned;
    },
  );
}

/** One convolution of the decoder changed, of those that write as many channels as they read. */
function oneInDecoder(change: (floats: Float32Array, tensor: Tensor, draw: () => number) => Float32Array) {
  return ({ subject, draw }: Means): Edit | undefined => {
    const one = pick(
      tensorsOf(subject, 'vae').filter(
        ({ name, tensor: { shape } }) => /decoder\./.test(name) && shape[2] === 3 && shape[0] === shape[1],
      ),
      draw,
    )?.tensor;
    return one === undefined
      ? undefined
      : tensorEdit(new Map([[one, change(subject.numbers(one), one, draw)]]));
  };
}

function vaeConfig({ subject }: Means): string | undefined {
  const vae: Component | undefined = subject.part('vae');
  return subject.checkpoint.parts.find(({ name }) => name === vae?.part)?.config?.path;
}

export const pictureKinds: readonly Kind[] = [
  {
    id: 'vae-scale',
    does: 'another scale of the latent declared',
    strengths: ['×0.37', '×0.7', '×1.5', '×3'],
    make: (means, strength) =>
      configEdit(means.subject, vaeConfig(means), ({ scaling_factor }) =>
        typeof scaling_factor === 'number'
          ? { scaling_factor: scaling_factor * Number(strength.slice(1)) }
          : undefined,
      ),
  },
  {
    id: 'vae-noised',
    does: 'noise on the weights of the autoencoder',
    strengths: ['10 %', '30 %', '100 %'],
    make: noised('vae'),
  },
  {
    id: 'vae-nan',
    does: 'NaN in the decoder',
    strengths: [''],
    make: ({ subject, draw }) => {
      const all = tensorsOf(subject, 'vae').filter(
        ({ name, tensor }) => /decoder\./.test(name) && tensor.shape.length > 1,
      );
      const one = all[Math.floor(draw() * all.length)];
      return one === undefined
        ? undefined
        : tensorEdit(new Map([[one.tensor, subject.numbers(one.tensor).fill(Number.NaN, 0, 1)]]));
    },
  },
  {
    id: 'vae-channels',
    does: "the latent's channels in another order for the autoencoder",
    strengths: [''],
    make: ({ subject }) =>
      eachOf(
        subject,
        'vae',
        ({ name }) => name.endsWith('post_quant_conv.weight'),
        (floats, { tensor }) => {
          const [rows = 0, columns = 0] = tensor.shape;
          return columnsOf(
            floats,
            Array.from({ length: columns }, (_, at) => (at + 1) % columns),
            floats.length / rows,
          );
        },
      ),
  },
  {
    id: 'vae-other-basis',
    does: 'the autoencoder of another training: its latents turned, both ways',
    strengths: [''],
    make: latentTurned,
  },
  {
    id: 'vae-permuted',
    does: "outputs of one of the decoder's convolutions permuted",
    strengths: [''],
    make: oneInDecoder((floats, { shape }, draw) => reordered(floats, permutation(shape[0] ?? 0, draw))),
  },
  {
    id: 'vae-zeroed',
    does: "one of the decoder's convolutions zero",
    strengths: [''],
    make: oneInDecoder((floats) => floats.fill(0)),
  },
  {
    id: 'vae-transposed',
    does: "inputs and outputs of one of the decoder's convolutions exchanged",
    strengths: [''],
    make: oneInDecoder((floats, { shape }) => transposed(floats, shape[0] ?? 0, shape[1] ?? 0, 9)),
  },
];
