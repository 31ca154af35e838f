#!/usr/bin/env node
import { EXIT } from './exit.ts';
import { type Io, sinkOf } from './io.ts';
import { Parser } from './parser.ts';
import { TOOL } from './version.ts';

/** What has to be done before an interrupted process may end: children ended, temporary files removed. */
const atInterrupt = new Set<() => Promise<void>>();

function interrupted(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  // a second interruption does not wait
  for (const signal of SIGNALS) process.once(signal, () => process.exit(EXIT.interrupted));
  const actions = [...atInterrupt].map((action) => action());
  void Promise.allSettled(actions).then(() => process.exit(EXIT.interrupted));
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
for (const signal of SIGNALS) process.once(signal, interrupted);

/** Commands that give their files to the process that parses. */
const PARSING: ReadonlySet<string> = new Set(['inspect', 'validate', 'pin']);

const argv = process.argv.slice(2);
const WORKER = new URL('./parse-worker.js', import.meta.url);
const parser = new Parser(WORKER);
const judges = [parser];
// it starts while the rest is loaded
if (PARSING.has(argv[0] ?? '')) parser.start();
const io: Io = {
  cwd: process.cwd(),
  env: process.env,
  stdout: sinkOf(process.stdout),
  stderr: sinkOf(process.stderr),
  parse: parser.parse,
  // the process that was started already is the first
  newJudge: () => judges.pop() ?? new Parser(WORKER),
  startSmoke: async (request, tell) => (await import('./smoke-process.ts')).startSmoke(request, tell),
  atInterrupt(action) {
    atInterrupt.add(action);
    return () => void atInterrupt.delete(action);
  },
};

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  // asked by scripts before every run: not worth loading a parser for
  await io.stdout.write(`${TOOL.version}\n`);
} else {
  const { run } = await import('./program.ts');
  // never process.exit here: what is on its way through a pipe would be cut
  process.exitCode = await run(argv, io);
}
