/**
 * A registry of many models: files a second, memory over time, and a run killed half-way that is finished by shards.
 *
 *   npm run build && node bench/registry.mjs [--files 10000] [--jobs 2] [--shards 8] [--cli dist/cli.js]
 *
 * The files are sparse: headers with the names, dtypes and shapes of real models over holes of the right size, of which
 * nothing is read. Memory is that of all processes of the run together, from /proc, so that part is Linux only.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { listed, writeSparse } from './listing.mjs';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '10000' },
    jobs: { type: 'string' },
    shards: { type: 'string', default: '8' },
    cli: { type: 'string', default: 'dist/cli.js' },
  },
});
const COUNT = Number(values.files);
const SHARDS = Number(values.shards);
const CLI = resolve(values.cli);
const JOBS = values.jobs === undefined ? [] : ['--jobs', values.jobs];

/** What registries hold most of, most first: listing, prefix of its names, and how many of a hundred. */
const KINDS = [
  ['lora-sd1-kohya', '', 45],
  ['lora-sdxl-kohya', '', 20],
  ['sd1-ldm', 'model.diffusion_model.', 15],
  ['clip-l-text', '', 8],
  ['vae-sd1-ldm', 'first_stage_model.', 7],
  ['sdxl-ldm', 'model.diffusion_model.', 5],
];

const folder = mkdtempSync(join(tmpdir(), 'ungarble-registry-'));
try {
  const { tensors, bytes } = writeRegistry();
  console.log(`${COUNT} files, ${tensors} tensors, ${(bytes / 1e6).toFixed(0)} MB of headers`);
  const whole = await run(['validate', 'models', ...JOBS, '--format', 'json=whole.json']);
  console.log(
    `one run: exit ${whole.code}, ${whole.seconds.toFixed(1)} s, ${(COUNT / whole.seconds).toFixed(0)} files a second`,
  );
  console.log('memory of all processes over time, MB (seconds: all, of which the parent)');
  for (const { seconds, mb, parent } of tenth(whole.samples)) {
    console.log(`  ${seconds.toFixed(0).padStart(5)}: ${mb.toFixed(0)}, ${parent.toFixed(0)}`);
  }
  await byShards();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Each shard is killed in its middle once, then run again; merged they must be the whole run. */
async function byShards() {
  const start = process.hrtime.bigint();
  for (let index = 1; index <= SHARDS; index += 1) {
    const part = `part-${index}.json`;
    const argv = ['validate', 'models', ...JOBS, '--shard', `${index}/${SHARDS}`, '--format', `json=${part}`];
    if (index % 2 === 0) {
      const killed = await run(argv, 2000);
      if (killed.code !== 'SIGKILL' || existsSync(join(folder, part)))
        throw new Error(`${part} outlived its run`);
    }
    const { code } = await run(argv);
    if (code !== 0) throw new Error(`${part}: exit ${code}`);
  }
  const { code } = await run(['merge', 'part-*.json', '--format', 'json=merged.json']);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const same = readFileSync(join(folder, 'merged.json')).equals(readFileSync(join(folder, 'whole.json')));
  const paths = JSON.parse(readFileSync(join(folder, 'merged.json'), 'utf8')).files.map(({ path }) => path);
  console.log(
    `${SHARDS} shards, every second one killed after 2 s and run again: exit ${code}, ${seconds.toFixed(1)} s, ` +
      `${new Set(paths).size} of ${COUNT} files, ${paths.length - new Set(paths).size} doubled, ` +
      `${same ? 'the same report as of one run, to the byte' : 'NOT the report of one run'}`,
  );
  rmSync(join(folder, 'part-2.json'));
  const holey = await run(['merge', 'part-*.json', '--format', 'concise=holey.txt']);
  console.log(`without part 2: exit ${holey.code}`);
}

function run(argv, killAfter) {
  return new Promise((done, fail) => {
    const start = process.hrtime.bigint();
    const since = () => Number(process.hrtime.bigint() - start) / 1e9;
    const child = spawn(process.execPath, [CLI, ...argv], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const samples = [];
    const watch = setInterval(() => samples.push({ seconds: since(), ...memoryOf(child.pid) }), 500);
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter);
    child.on('error', fail).on('exit', (code, signal) => {
      clearInterval(watch);
      clearTimeout(timer);
      done({ code: signal ?? code, seconds: since(), samples });
    });
  });
}

/** Resident megabytes of a process and of those that it started. */
function memoryOf(pid) {
  const rss = (id) => {
    try {
      return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0) / 1024;
    } catch {
      return 0;
    }
  };
  const children = () => {
    try {
      return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
        readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
      );
    } catch {
      return [];
    }
  };
  const parent = rss(pid);
  return { parent, mb: children().reduce((sum, id) => sum + rss(id), parent) };
}

/** Every tenth part of the samples, the last one with them. */
function tenth(samples) {
  const step = Math.max(1, Math.floor(samples.length / 10));
  return samples.filter((_, index) => index % step === 0 || index === samples.length - 1);
}

function writeRegistry() {
  const kinds = KINDS.flatMap(([listing, prefix, share]) => {
    const kind = headerOf(listing, prefix);
    return Array.from({ length: share }, () => kind);
  });
  mkdirSync(join(folder, 'models'));
  let [tensors, bytes] = [0, 0];
  for (let file = 0; file < COUNT; file += 1) {
    // neighbours are of different kinds, as in a folder sorted by name
    const kind = kinds[(file * 37) % kinds.length];
    const header = `{"__metadata__":{"registry":"${file}"},${kind.members}}`;
    const path = join(folder, 'models', `${String(file).padStart(5, '0')}.safetensors`);
    writeSparse(path, header, kind.size);
    bytes += Buffer.byteLength(header);
    tensors += kind.tensors;
  }
  return { tensors, bytes };
}

function headerOf(listing, prefix) {
  let size = 0;
  const members = listed(`fixtures/listings/${listing}.txt`).map(([name, , shape]) => {
    const end = size + 2 * shape.reduce((product, dim) => product * dim, 1);
    const member = `${JSON.stringify(prefix + name)}:{"dtype":"F16","shape":[${shape}],"data_offsets":[${size},${end}]}`;
    size = end;
    return member;
  });
  return { members: members.join(','), size, tensors: members.length };
}
