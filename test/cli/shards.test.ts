/** A run in shards and their reports as one: nothing lost, nothing twice, and never 0 where something is missing. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from '../build/properties.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseShard, pathsOfShard } from '../../src/cli/shard.ts';
import { buildDefect, soundFile } from '../build/safetensors.ts';
import { listed, writeModel } from './models.ts';
import { ungarble } from './session.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const built = existsSync(CLI);
if (!built) console.warn('dist/cli.js is absent, its tests are skipped: run `npm run build`');

const FILES = 10;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ungarble-shards-'));
  for (let file = 0; file < FILES; file += 1) {
    writeFileSync(join(folder, `${file}.safetensors`), file === 4 ? buildDefect('header-text') : soundFile());
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inFolder = (...argv: readonly string[]) => ungarble(argv, folder);
const shard = (index: number, count: number, ...more: readonly string[]) =>
  inFolder(
    'validate',
    '*.safetensors',
    '--shard',
    `${index}/${count}`,
    '--format',
    `json=part-${index}.json`,
    ...more,
  );
const written = (name: string) => readFileSync(join(folder, name), 'utf8');

test('every path is in exactly one shard, whatever order they are found in', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string(), { maxLength: 60 }),
      fc.integer({ min: 1, max: 70 }),
      (paths, count) => {
        const shards = Array.from({ length: count }, (_, index) =>
          pathsOfShard(paths, { index: index + 1, count }),
        );
        expect(shards.flatMap((one) => [...one]).sort()).toEqual([...paths].sort());
        const sizes = shards.map(({ size }) => size);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(pathsOfShard(paths.toReversed(), { index: 1, count })).toEqual(shards[0]);
      },
    ),
  );
});

test.each(['0/2', '3/2', '1', '1/0', 'a/b', '-1/2', '1/10001'])('%s is no shard', (text) => {
  expect(() => parseShard(text)).toThrow('as in 1/4');
});

describe('merged', () => {
  test('shards are the report of the whole run, to the byte', async () => {
    expect((await inFolder('validate', '*.safetensors', '--format', 'json=whole.json')).code).toBe(1);
    const codes: number[] = [];
    for (const index of [1, 2, 3]) codes.push((await shard(index, 3)).code);
    expect(codes).toEqual([0, 1, 0]);
    const formats = ['json', 'sarif', 'junit', 'markdown', 'jsonl', 'gitlab', 'github', 'concise'];
    const to = (name: string) => formats.flatMap((format) => ['--format', `${format}=${name}.${format}`]);
    expect((await inFolder('merge', 'part-3.json', 'part-?.json', ...to('merged'))).code).toBe(1);
    expect(written('merged.json')).toBe(written('whole.json'));
    await inFolder('validate', '*.safetensors', ...to('straight'));
    for (const format of formats) expect(written(`merged.${format}`)).toBe(written(`straight.${format}`));
  });

  test('one that is missing is told, and the run is not whole', async () => {
    for (const index of [1, 3]) await shard(index, 3);
    const { code, stdout } = await inFolder('merge', 'part-1.json', 'part-3.json');
    expect(code).toBe(3);
    expect(stdout).toContain('shard 2/3: no report of this shard: 3 of 10 files are not checked');
    const withFault = await inFolder('merge', 'part-2.json', 'part-3.json');
    expect(withFault.code).toBe(1);
    expect(withFault.stdout).toContain('shard 1/3: no report');
  });

  test('a whole report is the same in another format', async () => {
    await inFolder('validate', '*.safetensors', '--format', 'json=whole.json');
    const { code, stdout } = await inFolder('merge', 'whole.json');
    expect({ code, stdout }).toEqual(
      await inFolder('validate', '*.safetensors').then(({ code, stdout }) => ({ code, stdout })),
    );
  });

  test('parts with details give the page of the whole run, to the byte', async () => {
    const models = mkdtempSync(join(tmpdir(), 'ungarble-pages-'));
    try {
      const fixtures = (path: string) => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));
      for (const path of ['shapes/sd1-eps.safetensors', 'shapes/sd1-v', 'pytorch/nested-zip.pt']) {
        cpSync(fixtures(path), join(models, 'in', path), { recursive: true });
      }
      writeFileSync(join(models, 'in/cut.safetensors'), buildDefect('header-text'));
      const command = (...argv: readonly string[]) => ungarble(argv, models);
      const read = (name: string) => readFileSync(join(models, name), 'utf8');
      for (const index of [1, 2]) {
        const to = ['--format', `json-details=full-${index}.json`, '--format', `json=small-${index}.json`];
        await command('validate', 'in', '--shard', `${index}/2`, ...to);
      }
      await command('validate', 'in', '--format', 'html=whole.html', '--format', 'json-details=whole.json');
      await command(
        'merge',
        'full-*.json',
        '--format',
        'html=merged.html',
        '--format',
        'json-details=all.json',
      );
      expect(read('merged.html')).toBe(read('whole.html'));
      expect(read('all.json')).toBe(read('whole.json'));
      const page = read('merged.html');
      expect(page.match(/<svg class="u"/g)).toHaveLength(2);
      expect(page).toContain('data only: its pickle imports nothing but tensors');
      await command('merge', 'small-*.json', '--format', 'html=small.html');
      expect(read('small.html')).toContain('No net is drawn here');
      expect(read('small-1.json')).not.toContain('"details"');
    } finally {
      rmSync(models, { recursive: true, force: true });
    }
  });

  test('what is not of one run, or twice, is refused', async () => {
    for (const index of [1, 2, 3]) await shard(index, 3);
    const refused = async (words: string, ...argv: readonly string[]) => {
      const { code, stdout, stderr } = await inFolder('merge', ...argv);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(words);
    };
    cpSync(join(folder, 'part-1.json'), join(folder, 'again.json'));
    await refused('shard 1/3 is in part-1.json and in again.json', 'part-1.json', 'again.json');
    await inFolder('validate', '0.safetensors', '--format', 'json=zero.json');
    await inFolder('validate', '0.safetensors', '1.safetensors', '--format', 'json=one.json');
    await refused('"0.safetensors" is in zero.json and in one.json', 'zero.json', 'one.json');
    await refused('whether they are shards at all', 'part-1.json', 'zero.json');
    await inFolder('validate', '*.safetensors', '--shard', '2/4', '--format', 'json=other.json');
    await refused('the number of shards (3 and 4)', 'part-1.json', 'other.json');
    await inFolder('validate', '[1-9].safetensors', '--shard', '2/3', '--format', 'json=other.json');
    await refused('the files that they are shards of (10 and 9)', 'part-1.json', 'other.json');
    await shard(2, 3, '--resolution', '512');
    await refused('options, config, setups or baseline', 'part-1.json', 'part-2.json');
    await shard(2, 3, '--fail-on', 'note');
    await refused('--fail-on (error and note)', 'part-1.json', 'part-2.json');
    await refused('no such report', 'absent.json');
    writeFileSync(join(folder, 'cut.json'), written('part-1.json').slice(0, 900));
    await refused('cut.json: it is no JSON', 'cut.json');
    writeFileSync(join(folder, 'odd.json'), written('part-1.json').replace('"totals"', '"total"'));
    await refused('odd.json: it is no report of ungarble validate --format json', 'odd.json');
    const part = JSON.parse(written('part-1.json'));
    writeFileSync(join(folder, 'less.json'), JSON.stringify({ ...part, files: part.files.slice(1) }));
    await refused('less.json has 3 files, and its shard 4', 'less.json');
    writeFileSync(
      join(folder, 'old.json'),
      JSON.stringify({ ...part, tool: { name: 'ungarble', version: '0.0.1' } }),
    );
    await refused('merge with the version that checked', 'old.json');
  });

  test('a shard that does not end leaves no report of an earlier run', async () => {
    await shard(1, 3);
    const before = written('part-1.json');
    const stopped = ungarble(
      ['validate', '*.safetensors', '--shard', '1/3', '--format', 'json=part-1.json'],
      folder,
      {
        parse: async () => {
          expect(existsSync(join(folder, 'part-1.json'))).toBe(false);
          throw new Error('killed');
        },
      },
    );
    expect((await stopped).code).not.toBe(0);
    expect(written('part-1.json')).not.toBe(before);
    // what is wrong on the command line takes nothing away
    expect((await shard(1, 3, '--format', 'json=no/folder.json')).code).toBe(2);
    expect(existsSync(join(folder, 'part-1.json'))).toBe(true);
  });

  test('a shard may be empty, and is whole all the same', async () => {
    const { code, stdout } = await inFolder('validate', '0.safetensors', '--shard', '2/2');
    expect(code).toBe(0);
    expect(stdout).toContain('shard 2/2 of 1 file\n0 files');
  });
});

describe.runIf(built)('the built command', () => {
  test('killed in the middle leaves no report; what is run again is whole', {
    timeout: 300_000,
  }, async () => {
    const registry = mkdtempSync(join(tmpdir(), 'ungarble-registry-'));
    try {
      const lora = listed('lora-sd1-kohya');
      const count = 60;
      for (let file = 0; file < count; file += 1) {
        writeModel(join(registry, 'models', `${file}.safetensors`), lora, {
          metadata: { file: String(file) },
        });
      }
      const start = (...argv: readonly string[]) =>
        spawn(process.execPath, [CLI, ...argv], {
          cwd: registry,
          env: { ...process.env, NO_COLOR: '1' },
          stdio: 'ignore',
        });
      const ended = (child: ReturnType<typeof start>) =>
        new Promise<number | NodeJS.Signals | null>((done) =>
          child.on('exit', (code, signal) => done(signal ?? code)),
        );
      const part = (index: number) =>
        start('validate', 'models', '--shard', `${index}/3`, '--format', `json=part-${index}.json`);
      expect(await ended(part(1))).toBe(0);
      const killed = part(2);
      const gone = ended(killed);
      await new Promise((resolve) => setTimeout(resolve, 600));
      killed.kill('SIGKILL');
      expect(await gone).toBe('SIGKILL');
      expect(existsSync(join(registry, 'part-2.json'))).toBe(false);
      expect(await ended(part(3))).toBe(0);
      expect(await ended(start('merge', 'part-1.json', 'part-3.json', '--format', 'json=holey.json'))).toBe(
        3,
      );
      expect(await ended(part(2))).toBe(0);
      expect(await ended(start('merge', 'part-*.json', '--format', 'json=merged.json'))).toBe(0);
      const { files, totals } = JSON.parse(readFileSync(join(registry, 'merged.json'), 'utf8')) as {
        readonly files: readonly { readonly path: string }[];
        readonly totals: { readonly files: number; readonly incomplete: number };
      };
      expect(totals).toMatchObject({ files: count, incomplete: 0 });
      expect(new Set(files.map(({ path }) => path)).size).toBe(count);
    } finally {
      rmSync(registry, { recursive: true, force: true });
    }
  });
});
