/** Whether `torch.load(weights_only=True)` takes a file: our answer beside torch's own, to pickles made for it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { concat, u64 } from '../../build/bytes.ts';
import { counting } from '../../build/torch-tensor.ts';
import { buildLegacy, buildTar, buildTorchZip, tarFiles } from '../../build/torch.ts';
import { buildZip } from '../../build/zip.ts';
import { open } from './open.ts';

interface Case {
  readonly name: string;
  readonly container: 'zip' | 'stacked' | 'none';
  readonly pickle: string;
  /** What each version of torch says. */
  readonly torch: Readonly<Record<string, 'takes' | 'refuses'>>;
}

const { records, cases } = JSON.parse(readFileSync('fixtures/pytorch/weights-only.json', 'utf8')) as {
  readonly records: Readonly<Record<string, string>>;
  readonly cases: readonly Case[];
};

const NEWEST = '2.15.0';
const OLDEST = '2.6.0';

/** What 2.15 does otherwise than 2.6: more types, fewer targets, the sizes of storages. */
const CHANGED = [
  "a nested tensor's rebuilder",
  'a small integer type',
  'an 8-bit exponent',
  'setting an item of a list',
  'setting items of a list',
  'setting an item of a tensor',
  'a storage longer than its record',
  'a storage shorter than its record',
];

const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

/** The file that the pickle was loaded in. */
function fileOf({ container, pickle }: Case): Uint8Array {
  const data = bytes(pickle);
  if (container === 'none') return data;
  if (container === 'zip') {
    return buildZip([
      { name: 'm/data.pkl', data },
      ...Object.entries(records).map(([key, record]) => ({ name: `m/data/${key}`, data: bytes(record) })),
      { name: 'm/version', data: concat('3\n') },
    ]);
  }
  // the pickle takes the place of the fourth
  const sound = buildLegacy([counting('w', [4])]);
  const text = Buffer.from(sound).toString('latin1');
  const [from, to] = [nth(text, '\x80\x02', 4), nth(text, '\x80\x02', 5)];
  const record = bytes(records['0'] ?? '');
  return concat(sound.slice(0, from), data, sound.slice(to, -(8 + 16)), u64(record.length / 4), record);
}

/** Where the text stands the nth time. */
function nth(text: string, what: string, count: number): number {
  return count === 0 ? -what.length : text.indexOf(what, nth(text, what, count - 1) + what.length);
}

async function answerTo(file: Uint8Array): Promise<string> {
  const [pickle] = (await open(file)).pickles ?? [];
  const answer = pickle?.weightsOnly;
  if (answer === undefined) return 'open';
  expect(answer.takes ? '' : answer.reason).not.toMatch(/undefined|\[object/);
  return answer.takes ? 'takes' : 'refuses';
}

describe('torch.load(weights_only=True)', () => {
  it.each(cases.map((one) => [one.name, one.torch[NEWEST], one] as const))('%s: %s', async (_, said, one) => {
    expect(await answerTo(fileOf(one))).toBe(said);
  });

  it('was asked enough, and of what it takes as well', () => {
    const taken = cases.filter(({ torch }) => torch[NEWEST] === 'takes').length;
    expect(cases.length).toBeGreaterThan(100);
    expect(taken).toBeGreaterThan(30);
  });

  it('says the same in 2.6 and 2.15 but for what is listed', () => {
    const differ = cases.filter(({ torch }) => torch[NEWEST] !== torch[OLDEST]);
    expect(differ.map(({ name }) => name)).toEqual(CHANGED);
  });
});

describe('of a container', () => {
  const tensors = [counting('a', [2])];

  it.each([
    ['a zip', () => buildTorchZip(tensors), 'takes'],
    ['stacked pickles', () => buildLegacy(tensors), 'takes'],
    ['a tar archive', () => buildTar(tarFiles(tensors)), 'refuses'],
    [
      'TorchScript',
      () =>
        buildTorchZip(tensors, {
          entries: (all) => [...all, { name: 'archive/constants.pkl', data: concat('N.') }],
        }),
      'refuses',
    ],
    [
      'a zip without version',
      () => buildTorchZip(tensors, { entries: (all) => all.filter(({ name }) => !name.endsWith('version')) }),
      'refuses',
    ],
    [
      'a zip that says two things',
      () =>
        buildTorchZip(tensors, {
          entries: (all) => [...all, { name: 'archive/Version', data: concat('3\n') }],
        }),
      'open',
    ],
  ] as const)('%s', async (_, build, said) => {
    expect(await answerTo(build())).toBe(said);
  });
});
