import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { casesOf } from '../../bench/garble/cases.ts';
import { groups, halfOf, kinds } from '../../bench/garble/damages/index.ts';
import { lowRank } from '../../bench/garble/damages/low-rank.ts';
import { configAt, type Edit, writeModel } from '../../bench/garble/edit.ts';
import { encodeFloats } from '../../bench/garble/encode.ts';
import { compare, harmOf } from '../../bench/garble/harm.ts';
import type { Row } from '../../bench/garble/run.ts';
import { Subject } from '../../bench/garble/subject.ts';
import { tableOf } from '../../bench/garble/table.ts';
import { errorsOf } from '../../bench/garble/truth.ts';
import { readValidation } from '../../bench/garble/validation.ts';
import { openSession } from '../../src/cli/open-session.ts';
import { decodeFloats } from '../../src/formats/decode.ts';
import type { PlainDtype } from '../../src/formats/dtype.ts';
import { random } from '../values/damage.ts';

const NET = 'plain-eps';
const FOLDER = 'fixtures/garble';

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'garble-test-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('the registry', () => {
  it('has thirty kinds and more, each name once, and every second one of a group chooses', () => {
    expect(kinds.length).toBeGreaterThanOrEqual(30);
    expect(new Set(kinds.map(({ id }) => id)).size).toBe(kinds.length);
    for (const { kinds: own } of groups) {
      expect(own.map(halfOf)).toEqual(own.map((_, at) => (at % 2 === 0 ? 'choose' : 'measure')));
    }
  });

  it('names no case twice, nor two that are one file', () => {
    const files = casesOf('a', 'all').map(({ id }) => id.replaceAll(/[^\w.-]+/g, '_'));
    expect(new Set(files).size).toBe(files.length);
  });

  it('does one strength of each kind by turns from net to net', () => {
    const [a, b] = ['a', 'b'].map((net) => casesOf(net, 'one').map(({ id }) => id));
    expect(a).toHaveLength(
      kinds.length + casesOf('a', 'all').filter(({ type }) => type === 'healthy').length,
    );
    expect(a).not.toEqual(b);
  });
});

describe('a damaged model', () => {
  /** One net with all kinds of weights, and one with all kinds of parts, which is larger. */
  const beds = [
    { path: join(FOLDER, NET), only: undefined, least: 45 },
    { path: 'fixtures/shapes/sd1-v', only: ['declared', 'attention', 'text', 'picture'], least: 25 },
  ];

  it.each(beds)('$path: is changed where it says, the same each time, and read again', async (bed) => {
    const subject = await Subject.open(bed.path);
    const sibling = bed.only === undefined ? await Subject.open(join(FOLDER, `${NET}-raw`)) : undefined;
    const means = { subject, ...(sibling === undefined ? {} : { sibling, donor: sibling }) };
    const done = new Set<string>();
    const wrong: string[] = [];
    for (const each of casesOf(NET, 'one')) {
      if (bed.only?.includes(each.group) === false) continue;
      const edit = await each.make(means);
      if (edit === undefined) continue;
      done.add(each.kind);
      const second = await each.make(means);
      if (second === undefined || flat(second) !== flat(edit))
        wrong.push(`${each.id}: another one the second time`);
      const to = await writeModel(subject, edit, join(scratch, each.id.replaceAll(/\W+/g, '_')));
      if (edit.kept === undefined) {
        const problem = problemOf(subject, await Subject.open(to), edit, each.type === 'damage');
        if (problem !== undefined) wrong.push(`${each.id}: ${problem}`);
      }
      await rm(to, { recursive: true });
    }
    expect(wrong).toEqual([]);
    expect(done.size).toBeGreaterThanOrEqual(bed.least);
  });
});

/** What is wrong with a damaged model: faults, tensors changed that were not to be, or nothing changed. */
function problemOf(before: Subject, after: Subject, edit: Edit, damage: boolean): string | undefined {
  if (after.checkpoint.faults.length > before.checkpoint.faults.length) return 'the container has faults';
  if (`${after.names}` !== `${before.names}`) return 'the net has other tensors';
  const said = new Set([...(edit.tensors ?? [])].map(([{ name }]) => name));
  const moved = changedNames(before, after);
  const other = moved.find((name) => !said.has(name));
  if (other !== undefined) return `${other} was not to be changed`;
  const configs = [...(edit.configs?.keys() ?? [])].filter(
    (path) => configText(after, path) === configText(before, path),
  );
  if (configs.length > 0) return `${configs[0]} is as before`;
  const changes = moved.length + (edit.configs?.size ?? 0) + (edit.metadata?.size ?? 0);
  return damage && changes === 0 ? 'nothing is changed' : undefined;
}

function configText(subject: Subject, path: string): string {
  return JSON.stringify(configAt(subject, path));
}

function flat({ tensors, configs, metadata, beside, kept }: Edit): string {
  const bytes = [...(tensors ?? [])].map(([{ name }, { dtype, bytes }]) => [name, dtype, hash(bytes)]);
  return JSON.stringify([
    bytes,
    [...(configs ?? [])],
    [...(metadata ?? [])],
    beside?.map(({ name }) => name),
    kept,
  ]);
}

function hash(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) | 0;
  return sum;
}

/** Tensors of all parts by file and name. */
function tensorsOf({ checkpoint }: Subject) {
  return new Map(
    checkpoint.parts.flatMap(({ name, tensors }) => tensors.map((each) => [`${name}/${each.name}`, each])),
  );
}

/** Tensors whose dtype or bytes differ. */
function changedNames(before: Subject, after: Subject): readonly string[] {
  const now = tensorsOf(after);
  return [...tensorsOf(before)]
    .filter(([key, tensor]) => {
      const other = now.get(key);
      if (other === undefined || other.dtype !== tensor.dtype) return true;
      return hash(after.bytes(other)) !== hash(before.bytes(tensor));
    })
    .map(([, { name }]) => name);
}

describe('numbers of a dtype', () => {
  it.each(['F16', 'F8_E4M3', 'F8_E5M2', 'BF16'] as const)('%s: every pattern of bits comes back', (dtype) => {
    const size = dtype.startsWith('F8') ? 1 : 2;
    const codes = Uint16Array.from({ length: 256 ** size }, (_, code) => code);
    const bytes = new Uint8Array(size === 1 ? Uint8Array.from(codes) : codes.buffer);
    const floats = decodeFloats(bytes, dtype);
    expect(decodeFloats(encodeFloats(floats, dtype), dtype)).toEqual(floats);
  });

  it.each<[PlainDtype, number, number]>([
    ['F16', 1 + 2 ** -11, 1],
    ['F16', 1 + 3 * 2 ** -11, 1 + 2 ** -9],
    ['F16', 65_519, 65_504],
    ['F16', 65_520, Number.POSITIVE_INFINITY],
    ['BF16', 1 + 2 ** -8, 1],
    ['F8_E4M3', 448, 448],
    ['F8_E4M3', 480, Number.NaN],
    ['F8_E4M3', -17, -16],
  ])('%s: %d is stored as %d', (dtype, value, stored) => {
    expect(decodeFloats(encodeFloats(Float32Array.of(value), dtype), dtype)[0]).toEqual(stored);
  });
});

describe('what a damage costs', () => {
  it('is a ratio over the same samples, with the error of its mean', () => {
    const sound = { timesteps: [], levels: [1, 2, 3].map((value) => Float64Array.of(value, value)) };
    const twice = { timesteps: [], levels: sound.levels.map((level) => level.map((value) => 2 * value)) };
    expect(compare(twice, sound).all).toEqual({ value: 2, error: 0 });
    expect(harmOf(compare(twice, sound))).toBe('grave');
    expect(harmOf(compare(sound, sound))).toBe('harmless');
    expect(harmOf(compare(sound, sound), 0.02)).toBe('garbling');
    const nan = { timesteps: [], levels: sound.levels.map((level) => level.map(() => Number.NaN)) };
    expect(harmOf(compare(nan, sound))).toBe('grave');
    const unsure = { timesteps: [], levels: sound.levels.map(() => Float64Array.of(0, 5)) };
    expect(compare(unsure, sound).all.value).toBeGreaterThan(1.15);
    expect(harmOf(compare(unsure, sound))).toBe('harmless');
  });

  it('is nothing for a sound net: its error is the one that its training measured', async () => {
    const { nets } = JSON.parse(readFileSync(join(FOLDER, 'manifest.json'), 'utf8')) as {
      nets: { name: string; losses: { from: number; to: number; loss: number }[] }[];
    };
    const bands = nets.find(({ name }) => name === NET)?.losses ?? [];
    const measured = bands.reduce((sum, { from, to, loss }) => sum + ((to - from) / 1000) * loss, 0);
    const validation = await readValidation(join(FOLDER, 'validation', `${NET}.safetensors`));
    const { session, close } = await openSession(join(FOLDER, NET), { device: 'cpu', threads: 1 });
    const { levels } = await errorsOf(session, validation, { grid: { levels: 50, samples: 8 } });
    await close();
    const means = levels.map((level) => level.reduce((sum, each) => sum + each, 0) / level.length);
    const mean = means.reduce((sum, each) => sum + each, 0) / means.length;
    // both are means over some 500 samples, timesteps and noises: each is sure to about 3 %
    expect(Math.abs(mean / measured - 1)).toBeLessThan(0.1);
  });
});

describe('the table', () => {
  const loss = (value: number) => ({
    damaged: value,
    sound: 1,
    all: { value, error: 0 },
    thirds: [{ value, error: 0 }],
  });
  const row = (id: string, harm: 'harmless' | 'grave', called: 'sound' | 'garbled'): Row => ({
    net: 'a net',
    netHalf: 'measure',
    id,
    type: id === 'fp16' ? 'healthy' : 'damage',
    group: 'places',
    kind: id,
    strength: '',
    half: 'measure',
    truth: { harm, loss: loss(harm === 'grave' ? 7 : 1), seconds: 1 },
    judgement: {
      called,
      told:
        called === 'sound' ? [] : [{ by: 'wiring', grave: true, finding: 'exchanged', place: 'mid_block' }],
      seconds: 2,
      forwards: 10,
    },
  });

  it('counts what is found among what is truly garbling, and names misses and false alarms', () => {
    const text = tableOf([
      row('swapped', 'grave', 'garbled'),
      row('turned', 'grave', 'sound'),
      row('nudged', 'harmless', 'garbled'),
      row('fp16', 'harmless', 'garbled'),
    ]);
    expect(text).toMatch(/kinds that measure, nets that measure +1 of 2 \(50\.0 %\) +1 +1 of 2/);
    expect(text).toContain('False alarms: 1 of 1 (100.0 %), called garbled 1');
    expect(text).toContain('false alarm: a net: fp16: wiring exchanged at mid_block');
    expect(text).toMatch(/Misses: 1;.*\n +a net +turned +measure\/measure +grave +×7\.00/);
    expect(text).toMatch(/wiring +1 +1 +1\n/);
  });
});

it('finds the matrix of a low rank that is nearest', () => {
  const draw = random(1);
  const [rows, columns] = [12, 9];
  const vectors = Array.from({ length: 2 }, () => ({
    left: Array.from({ length: rows }, draw),
    right: Array.from({ length: columns }, draw),
  }));
  const matrix = new Float32Array(rows * columns).map((_, at) =>
    vectors.reduce(
      (sum, { left, right }) =>
        sum + (left[Math.floor(at / columns)] as number) * (right[at % columns] as number),
      0,
    ),
  );
  const nearest = lowRank(matrix, rows, 2, draw);
  for (const [at, value] of nearest.entries()) expect(value).toBeCloseTo(matrix[at] as number, 5);
  expect(lowRank(matrix, rows, 1, draw)).not.toEqual(matrix);
});
