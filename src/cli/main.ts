#!/usr/bin/env node
import { EXIT } from './exit.ts';
import { type Io, sinkOf } from './io.ts';
import { TOOL } from './version.ts';

process.once('SIGINT', () => {
  // everything is only read, so there is nothing to put back but the progress line
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  process.exit(EXIT.interrupted);
});

const argv = process.argv.slice(2);
const io: Io = {
  cwd: process.cwd(),
  env: process.env,
  stdout: sinkOf(process.stdout),
  stderr: sinkOf(process.stderr),
};

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  // asked by scripts before every run: not worth loading a parser for
  await io.stdout.write(`${TOOL.version}\n`);
} else {
  const { run } = await import('./program.ts');
  // never process.exit here: what is on its way through a pipe would be cut
  process.exitCode = await run(argv, io);
}
