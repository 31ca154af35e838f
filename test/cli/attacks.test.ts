/** Every attack of `fixtures/attacks`, through the command: what must come of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { openFile } from '../../src/bytes/file.ts';
import { Parser } from '../../src/cli/parser.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import type { PickleReport, PickleVerdict } from '../../src/formats/pytorch/pickle-report.ts';
import { ungarble } from './session.ts';

interface Attack {
  readonly file: string;
  readonly does: string;
  readonly source: string;
  readonly expected: {
    /** Of the worst pickle; null where there is none to judge. */
    readonly verdict: PickleVerdict | null;
    /** Rules that must fire, among others. */
    readonly rules: readonly string[];
    readonly exit: number;
    /** Whether torch.load(weights_only=True) takes it, where the attack is about that. */
    readonly weightsOnly?: 'takes' | 'refuses';
  };
}

const FOLDER = 'fixtures/attacks';
const attacks = JSON.parse(readFileSync(`${FOLDER}/manifest.json`, 'utf8')) as readonly Attack[];

/** The worst first. */
const ORDER: readonly PickleVerdict[] = [
  'code-reaching',
  'malformed',
  'unknown-globals',
  'not-checkable',
  'data-only-unusual',
  'data-only',
];

async function picklesOf(file: string): Promise<readonly PickleReport[]> {
  const source = await openFile(`${FOLDER}/${file}`, file);
  try {
    return (await openCheckpoint(source)).pickles ?? [];
  } finally {
    await source.close();
  }
}

/** The built process that parses, as the command has it; where nothing is built this thread does. */
const WORKER = new URL('../../dist/parse-worker.js', import.meta.url);
const parser = existsSync(fileURLToPath(WORKER)) ? new Parser(WORKER) : undefined;
afterAll(() => parser?.close());

describe('an attack that', () => {
  it.each(attacks.map((attack) => [attack.does, attack] as const))('%s', async (_, { file, expected }) => {
    const pickles = await picklesOf(file);
    const verdicts = new Set(pickles.map(({ verdict }) => verdict));
    expect(ORDER.find((verdict) => verdicts.has(verdict)) ?? null).toBe(expected.verdict);
    const answer = pickles.find(({ weightsOnly }) => weightsOnly !== undefined)?.weightsOnly;
    const said = answer === undefined ? 'open' : answer.takes ? 'takes' : 'refuses';
    expect(said).toBe(expected.weightsOnly ?? said);
    const terminal = parser === undefined ? {} : { parse: parser.parse };
    const validated = await ungarble(['validate', file, '--format', 'json'], FOLDER, terminal);
    const report = JSON.parse(validated.stdout) as {
      readonly files: readonly { readonly findings: readonly { readonly rule: string }[] }[];
    };
    const rules = report.files.flatMap(({ findings }) => findings.map(({ rule }) => rule));
    expect(rules).toEqual(expect.arrayContaining([...expected.rules]));
    expect(validated.code).toBe(expected.exit);
    const inspected = await ungarble(['inspect', file], FOLDER, terminal);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(inspected.stdout + inspected.stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
  });
});

describe('the folder of attacks', () => {
  it('holds what its manifest lists, and nothing else', () => {
    const files = readdirSync(FOLDER).filter((file) => !/^(?:README\.md|manifest\.json|make)$/.test(file));
    expect(files.sort()).toEqual(attacks.map(({ file }) => file).sort());
  });

  it('passes nothing that runs code, and nothing with exit code 0 but what is said to be harmless', () => {
    const codes = attacks.filter(({ expected }) => expected.verdict === 'code-reaching');
    expect(codes.length).toBeGreaterThan(40);
    expect(codes.filter(({ expected }) => expected.exit !== 1)).toEqual([]);
    const passed = attacks.filter(({ expected }) => expected.exit === 0);
    // each of them has a warning or a note, or is a name that must not be taken for anything
    for (const { file, expected } of passed) {
      const named = expected.rules.length > 0 || /^(?:prototype|terminal-name|template)\./.test(file);
      expect([file, named]).toEqual([file, true]);
    }
  });
});
