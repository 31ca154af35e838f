/** `ungarble.config`: found, held to its schema, and followed. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { patchedApiFlow } from '../build/flows.ts';
import { buildDefect, soundFile } from '../build/safetensors.ts';
import { listed, writeModel } from './models.ts';
import { ungarble } from './session.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
if (!existsSync(CLI)) console.warn('dist/cli.js is absent, its tests are skipped: run `npm run build`');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ungarble-config-'));
  // no config of whoever runs the tests
  mkdirSync(join(folder, '.git'));
  put('models/sound.safetensors', soundFile());
  put('models/old/cut.safetensors', buildDefect('header-text'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

const run = (argv: readonly string[], below = '') => ungarble(argv, join(folder, below));
const RULE = 'FMT004';

describe('is found', () => {
  test('above the working folder, and names files from where it lies', async () => {
    put('ungarble.config.yaml', 'files: [models]\nfailOn: never\n');
    put('deep/er/x.txt', '');
    const { code, stdout } = await run(['validate'], 'deep/er');
    expect(code).toBe(0);
    expect(stdout).toContain('../../models/old/cut.safetensors');
    expect(stdout).toContain('config ../../ungarble.config.yaml');
    expect((await run(['validate', '--fail-on', 'error'])).code).toBe(1);
    expect((await run(['validate', 'models', '--no-config'])).code).toBe(1);
  });

  test('not above the repository', async () => {
    put('ungarble.config.yaml', 'files: [models]\n');
    mkdirSync(join(folder, 'models/.git'));
    const { code, stderr } = await run(['validate'], 'models');
    expect(code).toBe(2);
    expect(stderr).toContain('name files, folders, patterns or addresses to check');
  });

  test.each(['json', 'yml', 'mjs'])('as %s', async (extension) => {
    const texts: Readonly<Record<string, string>> = {
      json: '{"files":["models/*.safetensors"]}',
      yml: 'files:\n  - models/*.safetensors\n',
      mjs: 'export default { files: ["models/*.safetensors"] };\n',
    };
    put(`ungarble.config.${extension}`, texts[extension] ?? '');
    const { code, stdout } = await run(['validate']);
    expect(code).toBe(0);
    expect(stdout).toContain('1 file: 1 sound');
  });

  test('once: two are one too many', async () => {
    put('ungarble.config.yaml', '');
    put('ungarble.config.json', '{}');
    expect((await run(['validate', 'models'])).stderr).toContain('--config names the one that is meant');
    expect(
      (await run(['validate', 'models/sound.safetensors', '--config', 'ungarble.config.json'])).code,
    ).toBe(0);
  });
});

describe('code', () => {
  const CODE = 'import { writeFileSync } from "node:fs"; export default { failOn: "never" };\n';

  test('beside a model is not run unless it is named', async () => {
    put('models/ungarble.config.mjs', CODE);
    const { code, stderr } = await run(['validate', '.'], 'models');
    expect(code).toBe(2);
    expect(stderr).toContain('is code and lies beside a model');
    expect((await run(['validate', '.', '--config', 'ungarble.config.mjs'], 'models')).code).toBe(0);
    expect((await run(['validate', '.', '--no-config'], 'models')).code).toBe(1);
  });

  test('of another folder is not run unless it is named', async () => {
    put('ungarble.config.mjs', CODE);
    put('below/x.txt', '');
    const { code, stderr } = await run(['validate', '../models'], 'below');
    expect(code).toBe(2);
    expect(stderr).toContain('--config ../ungarble.config.mjs runs it');
  });

  test.each([
    ['export const a = 1;', 'has no default export'],
    ['export default { files: [() => 1] };', 'its default export holds a function'],
    ['throw new Error("broken");', 'could not be run: broken'],
    ['const a = []; a.push(a); export default a;', 'nests too deep'],
  ])('%s is refused', async (text, words) => {
    put('ungarble.config.mjs', text);
    const { code, stderr } = await run(['validate', 'models']);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });
});

test.each([
  ['files: models', 'at /files stands "models", expected: a list of files, folders, patterns and addresses'],
  [
    'rules: {TOPO001: fatal}',
    'at /rules/TOPO001 stands "fatal", expected: "error", "warning", "note" or "off"',
  ],
  [
    'rules: {TOPO999: off}',
    'at /rules stands "TOPO999", expected: a rule or an area; ungarble explain lists all rules',
  ],
  ['ignores: [{rule: TOPO001}]', 'at /ignores/0/reason stands nothing, expected: why it is no fault here'],
  ['ignores: [{rule: TOPO001, reason: why not, files: ["a[b"]}]', 'stands "a[b", expected: a pattern'],
  ['exclude: old', 'at /exclude stands "old", expected: a list of patterns'],
  [
    'exclude: ["a{b"]',
    'at /exclude/0 stands "a{b", expected: a pattern (this one has a { that is not closed)',
  ],
  ['budgets: {memory: much}', 'at /budgets/memory stands "much", expected: memory of all processes together'],
  ['budgets: {files: 0}', 'at /budgets/files stands 0, expected: files that are checked at once'],
  ['failon: error', 'at /failon stands "error", expected: no such key'],
  ['formats: [xml]', 'no format "xml"'],
  ['setups: [{setup: absent.json}]', 'setup absent.json'],
  ['baseline: absent.json', 'absent.json: there is no such baseline'],
  ['files: [', 'is no YAML that can be read'],
])('%s is refused, and what would be right is told', async (text, words) => {
  put('ungarble.config.yaml', text);
  const { code, stdout, stderr } = await run(['validate', 'models']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(words);
});

describe.runIf(existsSync(CLI))('TypeScript', () => {
  /** The built command: what runs the tests would read TypeScript itself. */
  const built = (...argv: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'validate', ...argv], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    });
    return { code: status, stdout, stderr };
  };
  const TYPED = 'export default { files: ["models"] as const, failOn: "never" } satisfies object;\n';

  const reads = 'typescript' in process.features && process.features.typescript !== false;

  test.runIf(reads)('is read by a Node that can', () => {
    put('ungarble.config.mts', TYPED);
    const { code, stdout } = built();
    expect(code).toBe(0);
    expect(stdout).toContain('config ungarble.config.mts');
  });

  test.skipIf(reads)('is refused by a Node that cannot, with what to do', () => {
    put('ungarble.config.mts', TYPED);
    const { code, stdout, stderr } = built();
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('does not read TypeScript; 22.18 and later do');
    expect(stderr).toContain('Name it ungarble.config.mjs and leave the types out, or write YAML');
  });

  test('a module that is taken for CommonJS says how to be a module', () => {
    put('ungarble.config.js', 'export default { files: ["models"] };\n');
    put('package.json', '{"type":"commonjs"}');
    const { code, stderr } = built('--config', 'ungarble.config.js');
    expect(code).toBe(2);
    expect(stderr).toContain('is read as CommonJS, by the nearest package.json: name it ungarble.config.mjs');
  });
});

describe('exclude', () => {
  const found = async (config: string, ...names: readonly string[]) => {
    put('ungarble.config.yaml', config);
    const { code, stdout } = await run(['validate', ...names, '--format', 'json']);
    const { files, excluded } = JSON.parse(stdout) as {
      readonly files: readonly { readonly path: string }[];
      readonly excluded?: number;
    };
    return { code, paths: files.map(({ path }) => path), excluded };
  };
  const SOUND = 'models/sound.safetensors';

  test.each(['models/old/**', 'models/old', 'models/old/', '**/cut*', 'models/{old,older}/*', '**/old/**'])(
    '%s is left out of what is found in folders, and counted',
    async (pattern) => {
      expect(await found(`files: [models]\nexclude: ["${pattern}"]\n`)).toEqual({
        code: 0,
        paths: [SOUND],
        excluded: 1,
      });
    },
  );

  test('holds for folders and patterns of the command line, from where the config lies', async () => {
    const config = 'exclude: ["models/old/**"]\n';
    expect(await found(config, 'models')).toEqual({ code: 0, paths: [SOUND], excluded: 1 });
    expect(await found(config, '**/*.safetensors')).toEqual({ code: 0, paths: [SOUND], excluded: 1 });
    const below = await run(['validate', '.'], 'models');
    expect(below.code).toBe(0);
    expect(below.stdout).toContain('left out by the config: 1 file or folder');
    expect((await run(['validate', 'models', '--no-config'])).code).toBe(1);
  });

  test('not for what is named itself', async () => {
    const config = 'exclude: ["**/old/**", "**/cut*"]\n';
    const cut = 'models/old/cut.safetensors';
    expect(await found(config, cut)).toEqual({ code: 1, paths: [cut], excluded: undefined });
    expect(await found('exclude: ["**/old"]\n', 'models/old')).toMatchObject({ code: 1, paths: [cut] });
  });

  test('of everything is no run that passes', async () => {
    put('ungarble.config.yaml', 'files: [models]\nexclude: ["**"]\n');
    const { code, stderr } = await run(['validate']);
    expect(code).toBe(2);
    expect(stderr).toContain(
      'no model file in "models" that "exclude" of the config leaves (it takes 2 out)',
    );
  });

  test('is the same in every shard', async () => {
    put('ungarble.config.yaml', 'files: [models]\nexclude: ["models/old"]\n');
    for (const shard of [1, 2]) {
      await run(['validate', '--shard', `${shard}/2`, '--format', `json=part-${shard}.json`]);
    }
    expect((await run(['merge', 'part-*.json'])).stdout).toBe((await run(['validate'])).stdout);
  });
});

describe('rules', () => {
  const severities = async (config: string) => {
    put('ungarble.config.yaml', config);
    const { code, stdout } = await run(['validate', 'models', '--format', 'json']);
    const [file] = JSON.parse(stdout).files;
    const brief = (list: readonly { rule: string; severity: string; reason?: string }[] = []) =>
      list.map(({ rule, severity, reason }) => [rule, severity, ...(reason === undefined ? [] : [reason])]);
    return { code, findings: brief(file.findings), suppressed: brief(file.suppressed) };
  };

  test('have other levels, by rule before by area', async () => {
    const { code, findings } = await severities('rules: {FMT: note}');
    expect({ code, findings }).toEqual({ code: 0, findings: [[RULE, 'note']] });
    expect((await severities(`rules: {FMT: note, ${RULE}: warning}`)).findings).toEqual([[RULE, 'warning']]);
  });

  test('that are off are known findings', async () => {
    expect(await severities(`rules: {${RULE}: off}`)).toEqual({
      code: 0,
      findings: [],
      suppressed: [[RULE, 'error', `${RULE} is off`]],
    });
  });

  test('are ignored where that is said, with the reason', async () => {
    const ignore = (files: string) =>
      `ignores: [{rule: FMT, files: ["${files}"], reason: kept for its metadata}]`;
    expect((await severities(ignore('models/old/**'))).suppressed).toEqual([
      [RULE, 'error', 'kept for its metadata'],
    ]);
    expect((await severities(ignore('models/new/**'))).code).toBe(1);
  });

  test('an ignore that nothing needs is told, where all files were checked', async () => {
    put('ungarble.config.yaml', 'files: [models]\nignores: [{rule: TOPO001, reason: long mended}]\n');
    expect((await run(['validate'])).stdout).toContain('ignore without a finding: TOPO001 (long mended)');
    expect((await run(['validate', 'models'])).stdout).not.toContain('ignore without');
    expect((await run(['validate', '--shard', '1/2'])).stdout).not.toContain('ignore without');
  });
});

test('setups hold for the models of their patterns, reports go where the config says', async () => {
  const lora = listed('lora-sd1-kohya');
  writeModel(join(folder, 'models/a/lora.safetensors'), lora);
  writeModel(join(folder, 'models/b/lora.safetensors'), lora);
  put('flow.json', JSON.stringify(patchedApiFlow()));
  put('below/x.txt', '');
  put(
    'ungarble.config.yaml',
    'files: ["models/?/*.safetensors"]\nsetups:\n  - setup: flow.json\n    files: ["models/a/**"]\nformats: [text, json=out.json]\n',
  );
  const { stdout } = await run(['validate'], 'below');
  expect(stdout.match(/held against \S+/g)).toEqual(['held against ../flow.json']);
  const { stdout: merged } = await run(['merge', 'out.json']);
  expect(merged).toBe(stdout);
});

test('a budget of memory too small for two processes takes one file at a time', async () => {
  put('ungarble.config.yaml', 'files: [models]\nbudgets: {memory: 100 MB, files: 8, seconds: 30}\n');
  expect((await run(['validate'])).code).toBe(1);
});
