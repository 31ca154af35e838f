/** Bytes that were kept, copied or read wrongly. */
import type { PlainDtype } from '../../../src/formats/dtype.ts';
import type { Tensor } from '../../../src/formats/checkpoint.ts';
import { type Edit, type Stored, storedAs } from '../edit.ts';
import { encodeFloats } from '../encode.ts';
import type { Subject } from '../subject.ts';
import { type Kind, type Means, oneOrAll, pick } from './kind.ts';
import { innerWeights, weights } from './tensors.ts';

const ONE_OR_ALL = ['one', 'all'];

/** Tensors of the U-Net's file in the order in which their bytes lie. */
function inOrder(subject: Subject): readonly Tensor[] {
  return subject.names.map((name) => subject.tensor(name)).sort((a, b) => a.offset - b.offset);
}

/** The U-Net's bytes as one run, changed, and cut into its tensors again. */
function run(subject: Subject, change: (bytes: Uint8Array) => void): Edit {
  const tensors = inOrder(subject);
  const bytes = new Uint8Array(tensors.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const tensor of tensors) {
    bytes.set(subject.bytes(tensor), at);
    at += tensor.byteLength;
  }
  const before = bytes.slice();
  change(bytes);
  const stored = new Map<Tensor, Stored>();
  at = 0;
  for (const tensor of tensors) {
    const own = bytes.slice(at, at + tensor.byteLength);
    if (own.some((byte, index) => byte !== before[at + index]))
      stored.set(tensor, { dtype: tensor.dtype as PlainDtype, bytes: own });
    at += tensor.byteLength;
  }
  return { tensors: stored };
}

function bitFlips({ subject, draw }: Means, strength: string): Edit {
  const share = Number(strength.replace('1 in ', ''));
  return run(subject, (bytes) => {
    const flips = Math.max(1, Math.round((8 * bytes.length) / share));
    for (let done = 0; done < flips; done += 1) {
      const at = Math.floor(draw() * bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(draw() * 8));
    }
  });
}

/** A disk's pages. */
const PAGE = 4096;

function pages({ subject, draw }: Means, strength: string): Edit {
  const [count = '1', how] = strength.split(' ');
  return run(subject, (bytes) => {
    const places = Math.floor(bytes.length / PAGE);
    for (let done = 0; done < Number(count); done += 1) {
      const to = Math.floor(draw() * places) * PAGE;
      const from = Math.floor(draw() * places) * PAGE;
      if (how === 'zeroed') bytes.fill(0, to, to + PAGE);
      else bytes.copyWithin(to, from, from + PAGE);
    }
  });
}

/** Every weight's bytes read otherwise. */
function reread(change: (subject: Subject, tensor: Tensor) => Stored | undefined): Kind['make'] {
  return ({ subject, draw }, strength) => {
    const names = oneOrAll(strength === 'one' ? innerWeights(subject) : subject.names, strength, draw);
    const all = names.flatMap((name) => {
      const tensor = subject.tensor(name);
      const stored = change(subject, tensor);
      return stored === undefined ? [] : [[tensor, stored] as const];
    });
    return all.length === 0 ? undefined : { tensors: new Map(all) };
  };
}

function swappedBytes(subject: Subject, tensor: Tensor): Stored | undefined {
  const size = new Map([
    ['F16', 2],
    ['BF16', 2],
    ['F32', 4],
  ]).get(tensor.dtype);
  if (size === undefined) return undefined;
  const bytes = subject.bytes(tensor).slice();
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
  return { dtype: tensor.dtype as PlainDtype, bytes };
}

/** Written in one 16-bit float, called the other. */
function misnamed(written: PlainDtype, called: PlainDtype) {
  return (subject: Subject, tensor: Tensor): Stored => ({
    dtype: called,
    bytes: encodeFloats(subject.numbers(tensor), written),
  });
}

function rolled(subject: Subject, tensor: Tensor): Stored {
  const floats = subject.numbers(tensor);
  const moved = new Float32Array(floats.length);
  moved.set(floats.subarray(1));
  moved[floats.length - 1] = floats[0] as number;
  return storedAs(tensor, moved);
}

/** Largest number of E4M3. */
const E4M3 = 448;

/** Divided by a scale to fill the range, and the scale lost. */
function withoutScale(dtype: PlainDtype, most: number) {
  return (subject: Subject, tensor: Tensor): Stored | undefined => {
    if (tensor.shape.length < 2) return undefined;
    const floats = subject.numbers(tensor);
    let largest = 0;
    for (const value of floats) largest = Math.max(largest, Math.abs(value));
    if (largest === 0) return undefined;
    return {
      dtype,
      bytes: encodeFloats(
        floats.map((value) => (value / largest) * most),
        dtype,
      ),
    };
  };
}

export const storage: readonly Kind[] = [
  {
    id: 'bit-flips',
    does: 'bits turned anywhere in the weights',
    strengths: ['1 in 10000000', '1 in 1000000', '1 in 100000', '1 in 10000'],
    make: bitFlips,
  },
  {
    id: 'tail-zeroed',
    does: 'the end of the weights is zero, as after a download that broke off',
    strengths: ['1 %', '10 %', '50 %'],
    make: ({ subject }, strength) =>
      run(subject, (bytes) => {
        bytes.fill(0, Math.floor(bytes.length * (1 - Number.parseFloat(strength) / 100)));
      }),
  },
  {
    id: 'truncated',
    does: 'the file is shorter than its header says',
    strengths: ['99 %', '50 %'],
    make: (_, strength) => ({ kept: Number.parseFloat(strength) / 100 }),
  },
  {
    id: 'pages',
    does: 'pages of the disk zeroed, or doubled over others',
    strengths: ['1 zeroed', '16 zeroed', '4 doubled', '64 doubled'],
    make: pages,
  },
  {
    id: 'byte-order',
    does: 'bytes of each number in the other order',
    strengths: ONE_OR_ALL,
    make: reread(swappedBytes),
  },
  {
    id: 'bf16-called-fp16',
    does: 'written as bf16, called fp16',
    strengths: ONE_OR_ALL,
    make: reread(misnamed('BF16', 'F16')),
  },
  {
    id: 'fp16-called-bf16',
    does: 'written as fp16, called bf16',
    strengths: ONE_OR_ALL,
    make: reread(misnamed('F16', 'BF16')),
  },
  {
    id: 'off-by-one',
    does: 'every number of a tensor in the place before its own',
    strengths: ONE_OR_ALL,
    make: reread(rolled),
  },
  {
    id: 'fp8-without-scale',
    does: 'scaled fp8 whose scales are lost',
    strengths: ONE_OR_ALL,
    make: reread(withoutScale('F8_E4M3', E4M3)),
  },
  {
    id: 'int8-without-scale',
    does: 'int8 whose scales are lost',
    strengths: ONE_OR_ALL,
    make: reread(withoutScale('I8', 127)),
  },
  {
    id: 'tensor-doubled',
    does: 'one weight in the place of another of its shape',
    strengths: ['1st', '2nd', '3rd'],
    make: ({ subject, draw }) => {
      const name = pick(weights(subject), draw);
      const like = weights(subject).filter(
        (other) => other !== name && `${subject.shape(other)}` === `${subject.shape(name ?? other)}`,
      );
      const from = pick(like, draw);
      if (name === undefined || from === undefined) return undefined;
      const tensor = subject.tensor(name);
      return { tensors: new Map([[tensor, storedAs(tensor, subject.floats(from))]]) };
    },
  },
];
