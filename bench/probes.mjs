/**
 * What the probes read off running nets: prediction type, schedule, verdict.
 *
 *   node bench/probes.mjs nets [FOLDER …] [--data fixtures/garble] [--json numbers.json] [--threads 1]
 *
 * `nets` assesses model folders and files, by default those of fixtures/garble and fixtures/shapes, each with the captions of
 * its validation data where the net reads text that nothing in the folder makes, and holds the readings against what the
 * net was trained for. The sources are bundled to bench/out/probes.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'tsdown';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: 'fixtures/garble' },
    json: { type: 'string' },
    threads: { type: 'string', default: '1' },
  },
});
const OUT = join(import.meta.dirname, 'out', 'probes');
await build({
  entry: {
    smoke: 'src/smoke.ts',
    levels: 'src/smoke/probes/levels.ts',
    values: 'src/values/index.ts',
    read: 'src/formats/read-tensor.ts',
    decode: 'src/formats/decode.ts',
  },
  outDir: OUT,
  format: 'esm',
  platform: 'node',
  dts: false,
  logLevel: 'error',
  config: false,
  outExtensions: () => ({ js: '.js' }),
});
const load = (name) => import(join(OUT, `${name}.js`));
const [{ assess, openSession }, { knownLevels, sigmaAt }, { readWiring }, { readTensor }, { decodeFloats }] =
  await Promise.all(['smoke', 'levels', 'values', 'read', 'decode'].map(load));

const manifest = join(options.data, 'manifest.json');
const known = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).nets : [];
const shapes = ['eps', 'v'].map((kind) => `fixtures/shapes/sd1-${kind}`);
const paths =
  positionals.length > 1
    ? positionals.slice(1)
    : [...shapes, ...known.map(({ name }) => join(options.data, name))];
const rows = [];
for (const path of paths) {
  const row = await measured(path);
  rows.push(row);
  print(row);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 1)}\n`);
}

async function measured(path) {
  const net = known.find(({ name }) => name === basename(path));
  const { session, workspace, close } = await openSession(path, {
    threads: Number(options.threads),
    device: 'cpu',
  });
  try {
    const wiring = await readWiring(session.parts.net, async (tensor) =>
      readTensor(await workspace.source(tensor.file), tensor),
    );
    const features = net === undefined ? undefined : featuresOf(net);
    const inputs = net === undefined ? undefined : inputsOf(net);
    const given = { ...(features && { features }), ...(inputs && { inputs }) };
    const found = await assess(session, { wiring: Promise.resolve(wiring), ...given });
    const truth = net === undefined ? {} : { prediction: net.prediction_type, schedule: scheduleOf(net) };
    return { name: basename(path), half: net?.half ?? '', truth, found };
  } finally {
    await close();
  }
}

/** Two captions, for nets that learned their own words. */
function featuresOf(net) {
  const tensors = validation(net);
  if (!tensors.has('encoder_hidden_states')) return undefined;
  const names = { encoder_hidden_states: 'hidden', text_embeds: 'pooled' };
  return [0, 1].map((row) =>
    Object.fromEntries(
      Object.entries(names)
        .filter(([name]) => tensors.has(name))
        .map(([name, as]) => [as, tensors.get(name)(row)]),
    ),
  );
}

/** What nets are told of sizes, as they were trained. */
function inputsOf(net) {
  const sizes = validation(net).get('time_ids');
  return sizes === undefined ? undefined : new Map([['time_ids', sizes(0)]]);
}

/** Rows of the validation data's float tensors, by name. */
function validation(net) {
  const file = readFileSync(join(options.data, net.validation));
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + length));
  const row = ({ dtype, shape, data_offsets }) => {
    const bytes = Uint8Array.from(file.subarray(...data_offsets.map((offset) => 8 + length + offset)));
    const data = decodeFloats(bytes, dtype);
    const each = data.length / shape[0];
    return (index) => ({
      data: Float32Array.from(data.subarray(index * each, (index + 1) * each)),
      dims: [1, ...shape.slice(1)],
    });
  };
  const floats = Object.entries(header).filter(([, { dtype }]) => dtype === 'F16' || dtype === 'F32');
  return new Map(floats.map(([name, entry]) => [name, row(entry)]));
}

function scheduleOf({ schedule: { beta_schedule, beta_end }, zero_snr }) {
  const plain = { scaled_linear: 'sd', linear: 'ddpm', squaredcos_cap_v2: 'cosine' }[beta_schedule];
  return zero_snr && beta_end !== undefined ? `${plain}-zero-snr` : plain;
}

function print({ name, half, truth, found }) {
  const { verdict, evidence, read, declared, forwards, times, unjudged } = found;
  const schedule = truth.schedule ?? declared.schedule;
  const levels = knownLevels(1000).find(({ id }) => id === schedule);
  const { prediction, schedule: reading } = read;
  console.log(`${name} (${half}): ${verdict}, ${forwards} runs, ${(times.total / 1000).toFixed(1)} s`);
  if (prediction !== undefined) {
    const { type, noiseSlope, noiseShare, pictureShare } = prediction;
    const numbers = [noiseSlope, noiseShare, pictureShare].map((value) => value.toFixed(2)).join(' ');
    console.log(`  predicts ${type} (is ${truth.prediction ?? declared.prediction_type}): ${numbers}`);
  }
  if (reading !== undefined) {
    const { nearest, alike, candidates, points } = reading;
    console.log(
      `  schedule ${nearest} (is ${schedule}), as good: ${alike.join(' ')}; declared ${reading.declared.toFixed(3)} off, ${candidates[0]?.schedule} ${candidates[0]?.distance.toFixed(3)}`,
    );
    const each = points.map(({ timestep, sigma, error }) =>
      sigma === undefined || levels === undefined
        ? `${timestep} –`
        : `${timestep} ${(sigma / sigmaAt(levels, timestep)).toFixed(2)}±${error.toFixed(2)}`,
    );
    console.log(`  read / true: ${each.join(', ')}`);
  }
  for (const { probe, says, finding, place, measured } of evidence) {
    const figures = Object.entries(measured).map(
      ([key, value]) => `${key} ${typeof value === 'number' ? Number(value.toPrecision(3)) : value}`,
    );
    console.log(`  ${says} ${probe} ${finding} ${place ?? ''} ${figures.join(', ')}`);
  }
  for (const { probe, reason } of unjudged) console.log(`  unjudged ${probe}: ${reason}`);
}
