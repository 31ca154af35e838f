/**
 * Time and memory of `ungarble inspect --json` on a 6.9 GB SDXL file, whole process, warm cache, against
 * the Python package `safetensors` listing the same keys, in one run; and the cold start of `--version`.
 *
 *   npm run build && node bench/inspect.mjs [--python /path/to/python] [--runs 15]
 *
 * The file is sparse: a header with the names, dtypes and shapes of a real SDXL checkpoint over a hole of
 * the right size. Nothing of the hole is read. Without --python only our own figures are printed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { listed, writeSparse } from './listing.mjs';

const { values } = parseArgs({
  options: { python: { type: 'string' }, runs: { type: 'string', default: '15' } },
});
const runs = Number(values.runs);
const BYTES = { F16: 2, I64: 8 };

const folder = mkdtempSync(join(tmpdir(), 'ungarble-bench-'));
try {
  const file = join(folder, 'sdxl.safetensors');
  const { tensors, size } = writeModel(file);
  console.log(`${tensors} tensors, ${(size / 1e9).toFixed(2)} GB, ${runs} runs each, median`);
  const ours = measure((memory) => node(memory, ['dist/cli.js', 'inspect', '--json', file]));
  row('ungarble inspect --json', ours);
  row(
    'ungarble validate',
    measure((memory) => node(memory, ['dist/cli.js', 'validate', file])),
  );
  row(
    'ungarble --version',
    measure((memory) => node(memory, ['dist/cli.js', '--version'])),
  );
  row(
    'node, an empty script',
    measure((memory) => node(memory, ['-e', '0'])),
  );
  if (values.python !== undefined) {
    const python = measure((memory) => peer(memory, values.python, file));
    row('python safetensors, same keys', python);
    console.log(`inspect takes ${(ours.ms / python.ms).toFixed(2)} of the peer's time`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function row(what, { ms, mb }) {
  console.log(`${what.padEnd(32)} ${ms.toFixed(0).padStart(6)} ms ${mb.toFixed(0).padStart(6)} MB`);
}

/** Memory from one run, which also warms the cache; time as the median of the rest, in which nothing is measured. */
function measure(once) {
  const { mb } = once(true);
  const times = Array.from({ length: runs }, () => once(false).ms).sort((a, b) => a - b);
  return { ms: times[Math.floor(runs / 2)], mb };
}

function node(memory, args) {
  const hook = memory ? ['--require', join(import.meta.dirname, 'rss.cjs')] : [];
  return timed(process.execPath, [...hook, ...args], { ...process.env, NO_COLOR: '1' });
}

function peer(memory, python, file) {
  const script = [
    'import sys, os, resource',
    'from safetensors import safe_open',
    'with safe_open(sys.argv[1], "np") as f:',
    '    listed = [(k, f.get_slice(k).get_dtype(), f.get_slice(k).get_shape()) for k in f.keys()]',
    'print(len(listed))',
    ...(memory ? ['os.write(3, str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss).encode())'] : []),
  ].join('\n');
  return timed(python, ['-c', script, file], process.env);
}

function timed(command, args, env) {
  const start = process.hrtime.bigint();
  const { status, output, error } = spawnSync(command, args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (error !== undefined || status === null || status > 1) {
    throw new Error(`${command} ${args[0]} failed: ${error ?? output[2]}`);
  }
  // an empty string where memory was not asked for
  return { ms, mb: Number(output[3]) / 1024 };
}

/** A file with the header of `sdxl-whole-sgm` of the golden listings, and a hole where its data would be. */
function writeModel(path) {
  const index = JSON.parse(readFileSync('fixtures/listings/index.json', 'utf8'));
  const whole = index.find(({ id }) => id === 'sdxl-whole-sgm');
  const tensors = whole.parts.flatMap(({ prefix, listing }) => {
    const { file } = index.find(({ id }) => id === listing);
    return listed(`fixtures/listings/${file}`).map(([name, dtype, shape]) => [prefix + name, dtype, shape]);
  });
  const header = { __metadata__: { format: 'pt', 'modelspec.architecture': 'stable-diffusion-xl-v1-base' } };
  let offset = 0;
  tensors.push(...(whole.extra ?? []));
  for (const [name, dtype, shape] of tensors) {
    const stored = dtype.startsWith('F') ? 'F16' : dtype; // as the published half-precision file has them
    const end = offset + shape.reduce((product, dim) => product * dim, 1) * BYTES[stored];
    header[name] = { dtype: stored, shape, data_offsets: [offset, end] };
    offset = end;
  }
  return { tensors: tensors.length, size: writeSparse(path, JSON.stringify(header), offset) };
}
