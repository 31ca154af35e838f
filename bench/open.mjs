/**
 * Time and memory of opening a `.ckpt` of 4.3 GB and a GGUF of 4.4 GB, whole process, warm cache, against what people
 * open them with: `torch.load(mmap=True, weights_only=True)` and gguf-py's reader, in one run.
 *
 *   npm run build && node bench/open.mjs --python /path/to/python [--runs 9]
 *
 * The files are sparse: torch.save and gguf-py write them, with holes where the weights would be. `inspect --json` also
 * rebuilds the net and runs every rule; the peers list names, dtypes and shapes. Memory is the
 * peaks of all its processes together, from /proc (Linux).
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { python: { type: 'string' }, runs: { type: 'string', default: '9' } },
});
if (values.python === undefined) throw new Error('--python: one that has torch 2.6 or later, numpy and gguf');
const runs = Number(values.runs);
const script = join(import.meta.dirname, 'open.py');

const folder = mkdtempSync(join(tmpdir(), 'ungarble-open-'));
try {
  python(['make', folder]);
  for (const [kind, file, title] of [
    ['ckpt', join(folder, 'sd1.ckpt'), 'torch.load(mmap=True, weights_only=True)'],
    ['gguf', join(folder, 'sdxl.gguf'), 'gguf.GGUFReader'],
  ]) {
    const mb = await peakOf(process.execPath, ['dist/cli.js', 'inspect', '--json', file]);
    const [timed, theirs] = alternating(
      () => inspect(file),
      () => python([kind, file]),
    );
    const ours = { ...timed, mb };
    console.log(
      `${kind}, ${(statSync(file).size / 1e9).toFixed(2)} GB, ${ours.tensors} tensors, ${runs} runs, median`,
    );
    row('ungarble inspect --json', ours);
    row(title, theirs);
    console.log(`  of that, without the start of Python and its imports: ${theirs.inner.toFixed(0)} ms`);
    console.log(
      `  inspect takes ${(ours.ms / theirs.ms).toFixed(2)} of the peer's time, ${(ours.mb / theirs.mb).toFixed(2)} of its memory`,
    );
    if (ours.tensors !== theirs.tensors) throw new Error(`the peer lists ${theirs.tensors} tensors`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function row(what, { ms, mb }) {
  console.log(`  ${what.padEnd(42)} ${ms.toFixed(0).padStart(6)} ms ${mb.toFixed(0).padStart(6)} MB`);
}

/** Both by turns, so that what else the machine does falls on both; the first turn warms the cache. */
function alternating(...each) {
  const found = each.map(() => []);
  for (let turn = 0; turn <= runs; turn += 1) {
    for (const [at, once] of each.entries()) {
      const one = once();
      if (turn > 0) found[at].push(one);
    }
  }
  return found.map((all) => {
    const median = (key) => all.map((one) => one[key]).toSorted((a, b) => a - b)[Math.floor(runs / 2)];
    return { tensors: all[0].tensors, ms: median('ms'), mb: median('mb'), inner: median('inner') };
  });
}

function inspect(file) {
  const { ms, stdout } = timed(process.execPath, ['dist/cli.js', 'inspect', '--json', file]);
  const { checkpoint } = JSON.parse(stdout);
  return { ms, mb: 0, tensors: checkpoint.tensors, inner: 0 };
}

/** Peaks of a process and of those that it starts, in MB, all together. */
async function peakOf(command, args) {
  const child = spawn(command, args, { stdio: 'ignore' });
  const peaks = new Map();
  const look = (pid) => {
    try {
      const kb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
      peaks.set(pid, Math.max(kb, peaks.get(pid) ?? 0));
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
      if (children !== '') for (const other of children.split(' ')) look(other);
    } catch {
      // it has ended
    }
  };
  while (child.exitCode === null) {
    look(child.pid);
    await wait(2);
  }
  return [...peaks.values()].reduce((sum, kb) => sum + kb, 0) / 1024;
}

function python(args) {
  const { ms, stdout } = timed(values.python, [script, ...args]);
  if (args[0] === 'make') return undefined;
  const { tensors, mb, ms: inner } = JSON.parse(stdout);
  return { ms, mb, tensors, inner };
}

function timed(command, args) {
  const start = process.hrtime.bigint();
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    maxBuffer: 1 << 28,
    encoding: 'utf8',
  });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (error !== undefined || status === null || status > 1)
    throw new Error(`${args.join(' ')}: ${error ?? stderr}`);
  return { ms, stdout };
}
