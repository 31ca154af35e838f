/** The examples are what they say: every command in them is one that there is, and every document reads. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { commandLine } from '../src/cli/program.ts';
import { readConfig } from '../src/config/config.ts';
import { parseYaml } from '../src/setup/yaml.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const EXAMPLES = readdirSync(join(ROOT, 'examples/ci')).map((name) => `examples/ci/${name}`);
// the action runs the command itself: its inputs are tried below
const COMMANDS_IN = [...EXAMPLES, '.pre-commit-hooks.yaml', 'docs/ci.md'].filter(
  (path) => !path.endsWith('github-action.yml'),
);

/** Runs nothing: says which command a line chooses, or why it is none. */
function chosen(argv: readonly string[]): string {
  const sink = { isTTY: false, write: async () => {} };
  const never = () => {
    throw new Error('nothing is run');
  };
  const io = {
    cwd: ROOT,
    env: {},
    stdout: sink,
    stderr: sink,
    parse: never,
    newJudge: never,
    startSmoke: never,
    atInterrupt: never,
  };
  let tasks = 0;
  const program = commandLine(
    io,
    () => {},
    () => void (tasks += 1),
  );
  program.parse([...argv], { from: 'user' });
  return tasks === 1 ? (argv[0] ?? '') : 'no command';
}

/** The words of a shell line, its variables as such a system sets them. */
function wordsOf(line: string): readonly string[] {
  const set = line
    .replaceAll(/\$\(\([^)]*\)\)|\$\{\{[^}]*\}\}/g, '2')
    .replaceAll('$CI_NODE_TOTAL', '4')
    .replaceAll(/\$[A-Z_]+/g, '2');
  return [...set.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
}

/** Every `ungarble …` of a text up to the end of its command. */
function commandsOf(text: string): readonly string[] {
  return (
    text
      .split('\n')
      .filter((line) => !/^\s*(?:#|\/\/)/.test(line))
      .map((line) => /(?:^|[\s'`])ungarble ((?:validate|merge|inspect|pin) .*)$/.exec(line)?.[1] ?? '')
      .filter((command) => command !== '')
      .map((command) => command.split(/ \|\| | && |; |`/)[0] ?? '')
      // the end of a word of the language around it
      .map((command) =>
        (command.match(/'/g) ?? []).length % 2 === 1 ? command.replace(/'\s*$/, '') : command,
      )
  );
}

describe.each(COMMANDS_IN)('%s', (path) => {
  const commands = commandsOf(read(path));
  test('has commands', () => {
    expect(commands.length).toBeGreaterThan(0);
  });

  test.each(commands)('%s', (command) => {
    expect(chosen(wordsOf(command))).toMatch(/^(?:validate|merge|inspect|pin)$/);
  });
});

test('a command that is none is told from one', () => {
  expect(() => chosen(['validate', 'models', '--shards', '1/4'])).toThrow("unknown option '--shards'");
  expect(() => chosen(['validate', 'models', '--shard', '5/4'])).toThrow('as in 1/4');
});

test.each([...EXAMPLES.filter((path) => /\.ya?ml$/.test(path)), 'action.yml', '.pre-commit-hooks.yaml'])(
  '%s is YAML',
  (path) => {
    for (const document of parseAllDocuments(read(path))) {
      expect('errors' in document ? document.errors : []).toEqual([]);
    }
  },
);

test('the hook takes files of every format that is read, and no others', () => {
  const [[hook]] = parseAllDocuments(read('.pre-commit-hooks.yaml')).map((one) => one.toJS()) as [
    [{ readonly files: string }],
  ];
  // Python has the flag inside
  const files = new RegExp(hook.files.replace('(?i)', ''), 'i');
  const ends = [
    'safetensors',
    'SAFETENSORS',
    'sft',
    'ckpt',
    'pt',
    'pth',
    'bin',
    'gguf',
    'onnx',
    'dduf',
    'tza',
  ];
  expect(ends.filter((end) => !files.test(`models/a b.${end}`))).toEqual([]);
  expect(['a.txt', 'safetensors', 'a.pt.md', 'a.json'].filter((name) => files.test(name))).toEqual([]);
});

test('the config is one', () => {
  const parsed = parseYaml(read('examples/ungarble.config.yaml'));
  if (!('value' in parsed)) throw new Error(parsed.problem);
  const config = readConfig(parsed.value);
  expect('config' in config ? [] : config.issues).toEqual([]);
  expect(config).toMatchObject({ config: { budgets: { memory: 2e9 }, failOn: 'warning' } });
});

describe.skipIf(process.platform === 'win32')('the action', () => {
  const [{ runs, inputs }] = parseAllDocuments(read('action.yml')).map((one) => one.toJS()) as [
    {
      readonly runs: {
        readonly steps: readonly { readonly run: string; readonly env: Readonly<Record<string, string>> }[];
      };
      readonly inputs: Readonly<Record<string, { readonly default: string }>>;
    },
  ];
  const [step] = runs.steps;

  /** What the action would run, for inputs. */
  function argvOf(given: Readonly<Record<string, string>>): readonly string[] {
    const folder = mkdtempSync(join(tmpdir(), 'ungarble-action-'));
    try {
      writeFileSync(join(folder, 'says.mjs'), 'console.log(JSON.stringify(process.argv.slice(2)));');
      const all = { command: `${process.execPath} ${join(folder, 'says.mjs')}`, ...given };
      const env = Object.fromEntries(
        Object.entries(step?.env ?? {}).map(([name, text]) => {
          const input = /inputs\.(\w+)/.exec(text)?.[1] ?? '';
          return [name, all[input as keyof typeof all] ?? inputs[input]?.default ?? 'no such input'];
        }),
      );
      const said = execFileSync('bash', ['--norc', '-eo', 'pipefail', '-c', step?.run ?? ''], {
        env: { PATH: process.env['PATH'], ...env },
      });
      return JSON.parse(String(said)) as string[];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  test('takes its inputs as values, whatever stands in them', () => {
    expect(argvOf({ paths: 'models\n$(touch /x) "a b"\n', args: '--fail-on=warning\n--values\n' })).toEqual([
      'validate',
      '--format=github',
      '--fail-on=warning',
      '--values',
      '--',
      'models',
      '$(touch /x) "a b"',
    ]);
  });

  test('makes of all of them a command that there is', () => {
    const argv = argvOf({
      paths: 'a',
      config: 'c.yaml',
      baseline: 'b.json',
      shard: '1/4',
      report: 'r.json',
      sarif: 's.sarif',
    });
    expect(argv).toContain('--format=sarif=s.sarif');
    expect(chosen(argv)).toBe('validate');
    expect(chosen(argvOf({}))).toBe('validate');
  });
});
