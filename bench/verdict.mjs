/**
 * Time and memory of the whole verdict on a net of Stable Diffusion 1's shapes.
 *
 *   node bench/verdict.mjs [--file FILE] [--runs 2] [--threads 2] [--plain] [--cli dist/cli.js] [--json last.json]
 *
 * `ungarble smoke FILE --device cpu --json` as it was built last (`npm run build`), first with the file out of memory, as on
 * the first run after a download or a start, then with it in memory; so in turns. What puts it out of memory is GNU dd,
 * which needs no rights for it; elsewhere both rows are with it in memory, and that is said.
 *
 * The file (1.72 GB, in the system's temporary folder) holds 860 M float16 numbers, each one of 65,536 drawn from a normal
 * distribution, with 0.6/√fan-in for its deviation, in the order in which safetensors writes: by name. Through the net lies
 * a path that gives back its input, so that it is told as ε at once, as a trained one would; `--plain` leaves that out, and
 * what is left denoises nothing. `--file` names a file: it is made if it is not there, and stays.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from '../scripts/bundle.mjs';
import { beginFile, listed } from './listing.mjs';

const { values: options } = parseArgs({
  options: {
    file: { type: 'string' },
    runs: { type: 'string', default: '2' },
    threads: { type: 'string' },
    plain: { type: 'boolean', default: false },
    cli: { type: 'string', default: join(import.meta.dirname, '..', 'dist', 'cli.js') },
    json: { type: 'string' },
  },
});
const OUT = join(import.meta.dirname, 'out', 'verdict');

const folder = options.file === undefined ? mkdtempSync(join(tmpdir(), 'ungarble-bench-')) : undefined;
try {
  const file = options.file ?? join(folder, 'sd1.safetensors');
  if (!existsSync(file)) await writeNet(file);
  for (let run = 0; run < Number(options.runs); run += 1) {
    const rate = forgotten(file) ? readingRate(file) : undefined;
    const cold = rate !== undefined && forgotten(file);
    row(
      cold ? `not in memory, ${rate.toFixed(0)} MB/s from the disk` : 'in memory: it cannot be put out',
      file,
    );
    row('in memory', file);
  }
} finally {
  if (folder !== undefined) rmSync(folder, { recursive: true });
}

function row(what, file) {
  const threads = options.threads === undefined ? [] : ['--threads', options.threads];
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [options.cli, 'smoke', file, '--device', 'cpu', '--json', ...threads],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  const wall = (performance.now() - began) / 1000;
  if (stdout === '') throw new Error(`exit ${status}: ${stderr}`);
  const { verdict, peakBytes: peak } = JSON.parse(stdout);
  const times = Object.entries(verdict.milliseconds).map(([part, ms]) => `${part} ${(ms / 1000).toFixed(1)}`);
  console.log(
    `${what}: ${wall.toFixed(1)} s, ${(peak / 1e9).toFixed(2)} GB at most, ${verdict.forwards} forwards; ${times.join(', ')}`,
  );
  if (options.json !== undefined) writeFileSync(options.json, stdout);
}

/** Takes a file out of the system's memory. */
function forgotten(file) {
  return spawnSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0']).status === 0;
}

/** MB/s that reading it from end to end gives. */
function readingRate(file) {
  const began = performance.now();
  spawnSync('dd', [`if=${file}`, 'of=/dev/null', 'bs=4M']);
  return statSync(file).size / 1000 / (performance.now() - began);
}

async function writeNet(file) {
  await bundle({ encode: 'bench/garble/encode.ts', noise: 'src/schedule/noise.ts' }, OUT);
  const { encodeFloats } = await import(join(OUT, 'encode.js'));
  const { normalNoise } = await import(join(OUT, 'noise.js'));
  const normal = Float32Array.from(normalNoise(0)(1 << 16));
  const drawn = new Map();
  /** What is drawn from, as float16, for rows of so many inputs. */
  const numbersFor = (inputs) => {
    const had = drawn.get(inputs);
    if (had !== undefined) return had;
    const scaled = normal.map((value) => (value * 0.6) / Math.sqrt(inputs));
    const made = new Uint16Array(encodeFloats(scaled, 'F16').buffer);
    drawn.set(inputs, made);
    return made;
  };
  const rows = listed('fixtures/listings/sd1-ldm.txt').sort(([a], [b]) => (a < b ? -1 : 1));
  const header = {};
  let offset = 0;
  for (const [name, , shape] of rows) {
    const end = offset + 2 * elements(shape);
    header[name] = { dtype: 'F16', shape, data_offsets: [offset, end] };
    offset = end;
  }
  const text = JSON.stringify(header);
  const { fd } = beginFile(file, text.padEnd(Math.ceil(text.length / 8) * 8));
  const path = options.plain ? new Map() : identityPath();
  let state = 1;
  for (const [name, , shape] of rows) {
    const codes = new Uint16Array(elements(shape));
    const laid = path.get(name);
    if (laid !== undefined) {
      const numbers = new Float32Array(codes.length);
      laid(numbers);
      codes.set(new Uint16Array(encodeFloats(numbers, 'F16').buffer));
    } else if (shape.length > 1) {
      const from = numbersFor(elements(shape.slice(1)));
      for (let index = 0; index < codes.length; index += 1) {
        // xorshift (Marsaglia 2003): no stretch of it comes again in a file
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        codes[index] = from[state >>> 16];
      }
    } else if (name.endsWith('weight')) codes.fill(0x3c00);
    const bytes = Buffer.from(codes.buffer);
    for (let had = 0; had < bytes.length; ) had += writeSync(fd, bytes, had);
  }
  // only what is on the disk can be taken out of memory
  fsyncSync(fd);
  closeSync(fd);
}

function elements(shape) {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Weights that pass the latent on, past everything between: the first convolution puts ±x into two channels of a group
 * each, so that the group's mean is 0; the outermost skip carries them to the last block, whose shortcut reads them alone
 * and whose own layers write nothing; the last norm adds 20 before the activation, which leaves such numbers as they are,
 * and the last convolution takes them off again.
 */
function identityPath() {
  const [channels, width, group] = [4, 320, 10];
  // two of ten channels: the norm divides by √(2/10) for x of unit variance
  const gain = 1 / Math.sqrt(2 / group);
  const [lift, middle] = [20, 4];
  const each = (put) => (numbers) => {
    for (let channel = 0; channel < channels; channel += 1) put(numbers, channel);
  };
  return new Map([
    [
      'input_blocks.0.0.weight',
      each((numbers, channel) => {
        for (const sign of [1, -1]) {
          const row = group * channel + (sign === 1 ? 0 : 1);
          numbers[(row * channels + channel) * 9 + middle] = sign;
        }
      }),
    ],
    [
      'output_blocks.11.0.skip_connection.weight',
      (numbers) => {
        for (let row = 0; row < width; row += 1) numbers[row * 2 * width + width + row] = 1;
      },
    ],
    ['output_blocks.11.0.out_layers.3.weight', () => undefined],
    ['output_blocks.11.1.proj_out.weight', () => undefined],
    ['out.0.bias', (numbers) => numbers.fill(lift)],
    [
      'out.2.weight',
      each((numbers, channel) => {
        numbers[(channel * width + group * channel) * 9 + middle] = 1 / gain;
      }),
    ],
    ['out.2.bias', (numbers) => numbers.fill(-lift / gain)],
  ]);
}
