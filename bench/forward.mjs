/**
 * One forward of a net of Stable Diffusion 1's or SDXL's size on the CPU: compile, load and run, whole process, against
 * PyTorch eager in float32 (diffusers' UNet2DConditionModel, the same config and shapes), with as many threads, in one run.
 *
 *   node bench/forward.mjs [--net sd1|sdxl] [--python /path/to/python] [--threads 2] [--sizes 16,64] [--runs 3]
 *
 * The file has the names and shapes of a real checkpoint and drawn float16 weights (1.7 GB, SDXL 5.1 GB, in the system's
 * temporary folder). In float32, as both compute, the nets hold 3.4 GB and 10.3 GB. Each process runs once before what is
 * timed; times are the best of the runs, because a busy machine only ever adds. The sources are bundled to
 * bench/out/forward.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { beginFile, listed } from './listing.mjs';

const { values } = parseArgs({
  options: {
    net: { type: 'string', default: 'sd1' },
    python: { type: 'string' },
    threads: { type: 'string', default: '2' },
    sizes: { type: 'string', default: '16,64' },
    runs: { type: 'string', default: '3' },
    child: { type: 'string' },
  },
});
const threads = Number(values.threads);
const runs = Number(values.runs);
// of its own: bundling empties the folder
const OUT = join(import.meta.dirname, 'out', 'forward');

/** Names and shapes of the tensors, what diffusers calls such a net, and what it reads beside latent, time and text. */
const NETS = {
  sd1: {
    listing: 'fixtures/listings/sd1-ldm.txt',
    config: { cross_attention_dim: 768 },
    added: {},
  },
  sdxl: {
    listing: 'fixtures/listings/sdxl-ldm.txt',
    config: {
      down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
      up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
      block_out_channels: [320, 640, 1280],
      transformer_layers_per_block: [1, 2, 10],
      attention_head_dim: [5, 10, 20],
      cross_attention_dim: 2048,
      use_linear_projection: true,
      addition_embed_type: 'text_time',
      addition_time_embed_dim: 256,
      projection_class_embeddings_input_dim: 2816,
    },
    added: { text_embeds: [1, 1280], time_ids: [1, 6] },
  },
};
const net = NETS[values.net];
if (net === undefined) throw new Error(`--net is one of ${Object.keys(NETS).join(', ')}`);

const PEER = `
import json, os, resource, sys, time
import torch
from diffusers import UNet2DConditionModel
side, threads, runs = map(int, sys.argv[1:4])
config, added = map(json.loads, sys.argv[4:])
torch.set_num_threads(threads)
net = UNet2DConditionModel(**config).eval()
text = torch.randn(1, 77, config["cross_attention_dim"])
given = [torch.randn(1, 4, side, side), torch.tensor([500.0]), text]
more = {name: torch.randn(*shape) for name, shape in added.items()}
times = []
with torch.no_grad():
    for _ in range(runs + 1):
        start = time.perf_counter()
        net(*given, added_cond_kwargs=more)
        times.append(1000 * (time.perf_counter() - start))
print(json.dumps({"forward": min(times[1:])}))
os.write(3, str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss).encode())
`;

if (values.child !== undefined) await child(values.child, Number(values.sizes));
else await parent();

async function parent() {
  const { bundle } = await import('../scripts/bundle.mjs');
  const entry = {
    compile: 'src/smoke/compile/index.ts',
    engine: 'src/smoke/engine.ts',
    file: 'src/bytes/file.ts',
    formats: 'src/formats/index.ts',
    components: 'src/components/index.ts',
  };
  await bundle(entry, OUT);
  const folder = mkdtempSync(join(tmpdir(), 'ungarble-bench-'));
  try {
    const file = join(folder, `${values.net}.safetensors`);
    const size = writeModel(file);
    console.log(`${(size / 1e9).toFixed(2)} GB of float16 weights, ${threads} threads, best of ${runs}`);
    console.log(
      `${values.net.padEnd(22)}${['compile', 'load', 'forward', 'peak'].map((word) => word.padStart(12)).join('')}`,
    );
    for (const side of values.sizes.split(',')) {
      const ours = measured(
        process.execPath,
        [import.meta.filename, '--child', file, '--sizes', side, ...passed()],
        {
          NODE_OPTIONS: `--require ${join(import.meta.dirname, 'rss.cjs')}`,
        },
      );
      row(`ungarble ${side}x${side}`, ours);
      if (values.python === undefined) continue;
      const about = [net.config, net.added].map((each) => JSON.stringify(each));
      const peer = measured(values.python, ['-c', PEER, side, String(threads), String(runs), ...about], {});
      row(`PyTorch eager ${side}x${side}`, peer);
      console.log(`forward takes ${(ours.forward / peer.forward).toFixed(2)} of the peer's time`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function passed() {
  return ['--net', values.net, '--threads', String(threads), '--runs', String(runs)];
}

function row(what, { compile, load, forward, peak }) {
  const ms = (time) => (time === undefined ? '' : `${time.toFixed(0)} ms`).padStart(12);
  console.log(
    `${what.padEnd(22)}${ms(compile)}${ms(load)}${ms(forward)}${`${(peak / 1024).toFixed(0)} MB`.padStart(12)}`,
  );
}

/** Runs a process that prints its times as JSON, and its peak memory in kB on file descriptor 3. */
function measured(command, args, env) {
  const { status, output, error } = spawnSync(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command} failed: ${error ?? output[2]}`);
  return { ...JSON.parse(output[1]), peak: Number(output[3]) };
}

/** Our side, in a process of its own. */
async function child(path, side) {
  const load = (name) => import(join(OUT, `${name}.js`));
  const [{ compile }, { openEngine }, { openFile }, { openCheckpoint }, { identifyComponents }] =
    await Promise.all(['compile', 'engine', 'file', 'formats', 'components'].map(load));
  const source = await openFile(path, basename(path));
  const checkpoint = await openCheckpoint(source);
  const unet = identifyComponents(checkpoint).find(({ kind }) => kind === 'unet');
  const started = performance.now();
  const graph = compile(unet.net, { files: checkpoint.files });
  const compiled = performance.now();
  const engine = await openEngine(graph, dirname(path), { threads });
  const loaded = performance.now();
  const numbers = (...dims) => ({ data: new Float32Array(dims.reduce((a, b) => a * b)).map(Math.sin), dims });
  const inputs = new Map([
    ['sample', numbers(1, 4, side, side)],
    ['timestep', { data: Float32Array.of(500), dims: [1] }],
    ['encoder_hidden_states', numbers(1, 77, net.config.cross_attention_dim)],
    ...Object.entries(net.added).map(([name, shape]) => [name, numbers(...shape)]),
  ]);
  await engine.run(inputs);
  let forward = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    await engine.run(inputs);
    forward = Math.min(forward, performance.now() - start);
  }
  console.log(JSON.stringify({ compile: compiled - started, load: loaded - compiled, forward }));
  await engine.dispose();
  await source.close();
}

/** The tensors of the net's golden listing: ones and zeros in the norms and biases, drawn matrices elsewhere. */
function writeModel(path) {
  const rows = listed(net.listing);
  const header = {};
  let offset = 0;
  for (const [name, , shape] of rows) {
    const end = offset + 2 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: 'F16', shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = JSON.stringify(header);
  const { fd, size } = beginFile(path, text.padEnd(Math.ceil(text.length / 8) * 8));
  for (const [name, , shape] of rows) {
    let left = 2 * shape.reduce((a, b) => a * b, 1);
    const numbers = blockFor(name, shape);
    while (left > 0) left -= writeSync(fd, numbers, 0, Math.min(left, numbers.length));
  }
  closeSync(fd);
  return size + offset;
}

/** Half-precision numbers whose spread keeps the variance of what a matrix reads: ± powers of two. */
function blockFor(name, shape) {
  const matrix = shape.length > 1;
  const exponent = matrix
    ? 15 - Math.round(Math.log2(Math.sqrt(shape.slice(1).reduce((a, b) => a * b))))
    : 15;
  const numbers = new Uint16Array(1 << 16);
  let state = 1;
  for (let index = 0; index < numbers.length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' generator: any will do
    if (matrix) numbers[index] = ((state >>> 16) & 0x8000) | (exponent << 10);
    else numbers[index] = name.endsWith('weight') ? 0x3c00 : 0;
  }
  return Buffer.from(numbers.buffer);
}
