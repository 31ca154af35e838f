/** Attentions put together wrongly. */
import { unetEdit } from '../edit.ts';
import type { Subject } from '../subject.ts';
import { type Kind, type Means, oneOrAll, pick } from './kind.ts';
import { attentions, each, reordered, sameShape, selfAttentions, transposed } from './tensors.ts';

const ONE_OR_ALL = ['one', 'all'];

/** Two projections exchanged in one attention or in all of them, biases too. */
function exchanged(a: string, b: string, among: (subject: Subject) => readonly string[]): Kind['make'] {
  return ({ subject, draw }: Means, strength: string) => {
    const fit = among(subject).filter((at) => sameShape(subject, at, a, b));
    const pairs = oneOrAll(fit, strength, draw).flatMap((at) =>
      ['weight', 'bias'].map((leaf) => [`${at}.${a}.${leaf}`, `${at}.${b}.${leaf}`] as const),
    );
    const held = pairs.filter(([left]) => subject.has(left));
    const values = held.flatMap(([left, right]) => [
      [left, subject.floats(right)] as const,
      [right, subject.floats(left)] as const,
    ]);
    return values.length === 0 ? undefined : unetEdit(subject, new Map(values));
  };
}

/** A square projection with rows and columns exchanged. */
function transposes(leaf: string): Kind['make'] {
  return ({ subject, draw }, strength) => {
    const square = attentions(subject)
      .map((at) => `${at}.${leaf}.weight`)
      .filter((name) => {
        if (!subject.has(name)) return false;
        const [rows, columns] = subject.shape(name);
        return rows === columns;
      });
    return each(subject, oneOrAll(square, strength, draw), (floats, name) => {
      const [rows = 0, columns = 0] = subject.shape(name);
      return transposed(floats, rows, columns);
    });
  };
}

/** All projections of one shape are the first one, as after a wrong tie. */
function retied({ subject }: Means, leaf: string) {
  const names = attentions(subject)
    .map((at) => `${at}.${leaf}.weight`)
    .filter((name) => subject.has(name));
  const first = new Map<string, string>();
  for (const name of names) {
    const shape = `${subject.shape(name)}`;
    if (!first.has(shape)) first.set(shape, name);
  }
  const tied = names.filter((name) => first.get(`${subject.shape(name)}`) !== name);
  return each(subject, tied, (_, name) => subject.floats(first.get(`${subject.shape(name)}`) as string));
}

/** Rows of queries, or of queries and keys, laid out head within channel where channel within head is read. */
function headsLaidOut({ subject, draw }: Means, strength: string) {
  const at = strength.endsWith('one') ? pick(attentions(subject), draw) : undefined;
  const all = at === undefined ? attentions(subject) : [at];
  const leaves = strength.startsWith('q and k') ? ['to_q', 'to_k'] : ['to_q'];
  const names = all
    .flatMap((each) => leaves.map((leaf) => `${each}.${leaf}.weight`))
    .filter((name) => subject.has(name));
  return each(subject, names, (floats, name) => {
    const heads = headsAt(subject, name);
    const rows = subject.shape(name)[0] ?? 0;
    const width = rows / heads;
    const order = Array.from({ length: rows }, (_, row) => (row % heads) * width + Math.floor(row / heads));
    return reordered(floats, order);
  });
}

function headsAt({ blocks }: Subject, name: string): number {
  return blocks.find(({ id }) => name.startsWith(`${id}.`))?.attention?.heads?.value ?? 8;
}

/** Gate and value of the feed-forward exchanged. */
function gateTurned({ subject, draw }: Means, strength: string) {
  const layers = subject.names
    .filter((name) => name.endsWith('.ff.net.0.proj.weight'))
    .map((name) => name.slice(0, -'.weight'.length));
  const names = oneOrAll(layers, strength, draw).flatMap((layer) => [`${layer}.weight`, `${layer}.bias`]);
  return each(subject, names, (floats) => {
    const half = floats.length / 2;
    const turned = new Float32Array(floats.length);
    turned.set(floats.subarray(half));
    turned.set(floats.subarray(0, half), half);
    return turned;
  });
}

/** What attention to itself and to the text write, exchanged. */
function outsExchanged({ subject, draw }: Means, strength: string) {
  const self = attentions(subject).filter(
    (at) => at.endsWith('.attn1') && subject.has(`${at.slice(0, -1)}2.to_out.0.weight`),
  );
  const pairs = oneOrAll(self, strength, draw).flatMap((at) =>
    ['weight', 'bias'].map(
      (leaf) => [`${at}.to_out.0.${leaf}`, `${at.slice(0, -1)}2.to_out.0.${leaf}`] as const,
    ),
  );
  const values = pairs.flatMap(([a, b]) => [
    [a, subject.floats(b)] as const,
    [b, subject.floats(a)] as const,
  ]);
  return values.length === 0 ? undefined : unetEdit(subject, new Map(values));
}

export const attention: readonly Kind[] = [
  {
    id: 'queries-and-keys',
    does: 'queries and keys exchanged in self-attention',
    strengths: ONE_OR_ALL,
    make: exchanged('to_q', 'to_k', selfAttentions),
  },
  {
    id: 'keys-and-values',
    does: 'keys and values exchanged',
    strengths: ONE_OR_ALL,
    make: exchanged('to_k', 'to_v', attentions),
  },
  {
    id: 'queries-and-values',
    does: 'queries and values exchanged in self-attention',
    strengths: ONE_OR_ALL,
    make: exchanged('to_q', 'to_v', selfAttentions),
  },
  {
    id: 'queries-transposed',
    does: 'a square query projection transposed',
    strengths: ONE_OR_ALL,
    make: transposes('to_q'),
  },
  {
    id: 'outs-transposed',
    does: 'a square output projection transposed',
    strengths: ONE_OR_ALL,
    make: transposes('to_out.0'),
  },
  {
    id: 'projections-retied',
    does: 'one projection in the place of all of its shape',
    strengths: ['to_out.0', 'to_v', 'to_q'],
    make: retied,
  },
  {
    id: 'heads-laid-out',
    does: 'rows of heads laid out the other way',
    strengths: ['q of one', 'q of all', 'q and k of all'],
    make: headsLaidOut,
  },
  {
    id: 'gate-turned',
    does: 'gate and value of the feed-forward exchanged',
    strengths: ONE_OR_ALL,
    make: gateTurned,
  },
  {
    id: 'self-and-cross',
    does: 'outputs of self- and cross-attention exchanged',
    strengths: ONE_OR_ALL,
    make: outsExchanged,
  },
];
