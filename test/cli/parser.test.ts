/** A parser that goes wrong takes its process along and nothing else. The processes here do so on purpose. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { memorySource } from '../../src/bytes/memory.ts';
import { ReadError } from '../../src/bytes/source.ts';
import { Parser, type ParserLimits } from '../../src/cli/parser.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { buildFolder, pipelineFiles } from '../build/folder.ts';
import { buildOnnxDefect, DATA_FILE } from '../build/onnx.ts';
import { soundFile } from '../build/safetensors.ts';
import { buildTorchZip } from '../build/torch.ts';
import { counting } from '../build/torch-tensor.ts';
import { ungarble } from './session.ts';

const WORKER = fileURLToPath(new URL('../../dist/parse-worker.js', import.meta.url));
const built = existsSync(WORKER);
if (!built) console.warn('dist/parse-worker.js is absent, its tests are skipped: run `npm run build`');

const folder = mkdtempSync(join(tmpdir(), 'ungarble-parser-'));
const parsers: Parser[] = [];
afterEach(() => {
  for (const parser of parsers.splice(0)) parser.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LIMITS: Omit<ParserLimits, 'seconds'> = { heapMb: 64, memoryMb: 200 };

/** A parser whose process does `what` when it is given something to parse. */
function parserThat(what: string, { real = false, seconds = 60 } = {}): Parser {
  const script = join(folder, `${parsers.length}-${Math.random()}.mjs`);
  const lines = [
    ...(real ? [`await import(${JSON.stringify(pathToFileURL(WORKER).href)});`] : []),
    `process.on('message', (message) => {`,
    `  if (message.kind === 'parse' && message.target.name.includes('runaway')) { ${what} }`,
    `});`,
  ];
  writeFileSync(script, lines.join('\n'));
  const parser = new Parser(pathToFileURL(script), { ...LIMITS, seconds });
  parsers.push(parser);
  return parser;
}

const RUNAWAY = memorySource('runaway.ckpt', soundFile());

const SHORT = { seconds: 1 };

describe('a parser that', () => {
  test.each([
    ['never ends', 'for (;;) {}', /did not end within 1 s/, SHORT],
    [
      'never ends, and lets others run in between',
      'const go = () => { for (let i = 0; i < 1e7; i += 1); setImmediate(go); }; go();',
      /did not end within 1 s/,
      SHORT,
    ],
    ['fills its heap', 'const all = []; for (;;) all.push({ x: [all.length] });', /more than 64 MB/],
    [
      'fills its heap in few large steps',
      "let text = 'x'; for (;;) { text += text; text.charCodeAt(9); if (text.length > 4e8) text = [text, text.slice(1)].join(); }",
      /took more than|ended without a word/,
    ],
    [
      'fills a map',
      'const all = new Map(); for (let i = 0; ; i += 1) all.set(i, [i]);',
      /more than 64 MB|ended without a word/,
    ],
    ['throws', "throw new RangeError('off by one');", /ended without a word \(exit code 1\)/],
    ['ends', 'process.exit(0);', /ended without a word \(exit code 0\)/],
    [
      'says that it failed',
      "process.send({ kind: 'bug', message: 'off by one', stack: 'at …' });",
      /its parser failed: off by one/,
    ],
  ])(
    '%s is a file that could not be read',
    async (_, what, reason, limits: { readonly seconds?: number } = {}) => {
      const error = await parserThat(what, limits)
        .parse(RUNAWAY)
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ReadError);
      expect((error as ReadError).reason).toMatch(reason);
      expect((error as ReadError).hint).toBeDefined();
    },
  );

  test.runIf(process.platform === 'linux')('takes memory outside of its heap is ended', async () => {
    const what =
      'const all = []; const go = () => { all.push(new Uint8Array(5e7).fill(1)); setTimeout(go, 20); }; go();';
    await expect(parserThat(what).parse(RUNAWAY)).rejects.toThrow('more than 200 MB');
  });
});

test('nothing is left in this process of those that were ended and replaced', async () => {
  const before = new Set(process.listeners('exit'));
  const parser = parserThat('process.exit(0);');
  for (let file = 0; file < 3; file += 1) await expect(parser.parse(RUNAWAY)).rejects.toThrow(ReadError);
  expect(process.listeners('exit').filter((listener) => !before.has(listener))).toEqual([]);
});

describe.runIf(built)('the process', () => {
  const real = (): Parser => {
    const parser = new Parser(pathToFileURL(WORKER));
    parsers.push(parser);
    return parser;
  };

  test.each([
    ['safetensors', soundFile()],
    ['a PyTorch zip', buildTorchZip([counting('a', [2, 3])])],
    ['nothing known', new Uint8Array(99)],
  ])('makes of %s what this one does', async (_, bytes) => {
    const source = memorySource('model.ckpt', bytes);
    expect(await real().parse(source)).toEqual(await openCheckpoint(source));
  });

  test('reads folders, and what lies beside a file', async () => {
    const tree = buildFolder(pipelineFiles());
    expect(await real().parse(tree)).toEqual(await openCheckpoint(tree));
    const source = memorySource('model.onnx', buildOnnxDefect('external-absent'));
    const beside = async () => buildFolder({ [DATA_FILE[0]]: DATA_FILE[1] }, '');
    expect(await real().parse(source, { beside })).toEqual(await openCheckpoint(source, { beside }));
  });

  test('passes on why bytes could not be had', async () => {
    const refused = new ReadError('model.ckpt', 'system', 'the device failed to read it');
    const source = { ...memorySource('model.ckpt', soundFile()), read: () => Promise.reject(refused) };
    const { unchecked } = await real().parse(source);
    expect(unchecked).toEqual([{ path: 'model.ckpt', reason: refused.reason }]);
  });

  test('takes one file after another, also behind one that ended it', async () => {
    const parser = parserThat('for (;;) {}', { real: true, seconds: 1 });
    const source = memorySource('model.safetensors', soundFile());
    const sound = await openCheckpoint(source);
    expect(await parser.parse(source)).toEqual(sound);
    await expect(parser.parse(RUNAWAY)).rejects.toThrow('did not end');
    expect(await parser.parse(source)).toEqual(sound);
  });

  test('that loops ends when the program that started it is killed', async () => {
    const [starter, noted] = [join(folder, 'starter.mjs'), join(folder, 'pid')];
    const script = join(folder, 'orphan.mjs');
    const loop = `import('node:fs').then((fs) => { fs.writeFileSync(${JSON.stringify(noted)}, String(process.pid)); for (;;); });`;
    writeFileSync(
      script,
      `await import(${JSON.stringify(pathToFileURL(WORKER).href)});
      process.on('message', (message) => { if (message.kind === 'parse') { ${loop} } });`,
    );
    writeFileSync(
      starter,
      `import { fork } from 'node:child_process';
      const child = fork(${JSON.stringify(script)}, [], { serialization: 'advanced' });
      child.send({ kind: 'parse', target: { id: 0, name: 'x', size: 9 }, options: { beside: false } });`,
    );
    const started = spawn(process.execPath, [starter], { stdio: 'ignore' });
    const until = async (holds: () => boolean) => {
      while (!holds()) await new Promise((resolve) => setTimeout(resolve, 50));
    };
    const lives = (pid: number) => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    await until(() => existsSync(noted) && readFileSync(noted, 'utf8') !== '');
    const pid = Number(readFileSync(noted, 'utf8'));
    expect(lives(pid)).toBe(true);
    started.kill('SIGKILL');
    await until(() => !lives(pid));
  }, 30_000);

  test('that is lost costs one file of a run, which ends with 3', async () => {
    for (const name of ['a.safetensors', 'runaway.safetensors', 'z.safetensors']) {
      writeFileSync(join(folder, name), soundFile());
    }
    const { parse } = parserThat('for (;;) {}', { real: true, seconds: 1 });
    const { code, stdout } = await ungarble(['validate', '.', '--all'], folder, { parse });
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /runaway\.safetensors\s+could not be checked:\s+its parser did not end within 1 s/,
    );
    expect(stdout).toMatch(/a\.safetensors/);
    expect(stdout).toMatch(/3 files/);
  });
});
