/**
 * What the probes read off running nets: prediction type, schedule, verdict.
 *
 *   node bench/probes.mjs nets [FOLDER …] [--data fixtures/garble] [--json numbers.json] [--seed 0] [--threads 1]
 *
 * `nets` assesses model folders and files, by default those of fixtures/garble and fixtures/shapes, each with the captions of
 * its validation data where the net reads text that nothing in the folder makes, and holds the readings against what the
 * net was trained for. The sources are bundled to bench/out/probes.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from '../scripts/bundle.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: 'fixtures/garble' },
    json: { type: 'string' },
    seed: { type: 'string', default: '0' },
    threads: { type: 'string', default: '1' },
  },
});
const OUT = join(import.meta.dirname, 'out', 'probes');
await bundle(
  {
    smoke: 'src/smoke.ts',
    levels: 'src/smoke/probes/levels.ts',
    values: 'src/values/index.ts',
    validation: 'bench/garble/validation.ts',
    nets: 'bench/garble/nets.ts',
  },
  OUT,
);
const load = (name) => import(join(OUT, `${name}.js`));
const [
  { assess, openSession },
  { knownLevels, sigmaAt },
  { readWiring, tensorReader },
  { givenFor, readValidation },
  { shapesNets },
] = await Promise.all(['smoke', 'levels', 'values', 'validation', 'nets'].map(load));

const manifest = join(options.data, 'manifest.json');
const known = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).nets : [];
const paths =
  positionals.length > 1
    ? positionals.slice(1)
    : [...(await shapesNets()).map(({ path }) => path), ...known.map(({ name }) => join(options.data, name))];
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
    const read = tensorReader((file) => workspace.source(file));
    const wiring = await readWiring(session.parts.net, read);
    const given = net === undefined ? {} : givenFor(await readValidation(join(options.data, net.validation)));
    const found = await assess(session, {
      wiring: Promise.resolve(wiring),
      ...given,
      seed: Number(options.seed),
    });
    const truth = net === undefined ? {} : { prediction: net.prediction_type, schedule: scheduleOf(net) };
    const schedule = truth.schedule ?? found.declared.schedule;
    const levels = knownLevels(1000).find(({ id }) => id === schedule);
    // σ/α that the net was trained with where it was read, and how each port stands to chance: what plots.mjs draws
    const sigmas = found.read.schedule?.points.map(({ timestep }) => levels && sigmaAt(levels, timestep));
    const ports = wiring.ports.flatMap(({ z }) => (z === undefined ? [] : [Number(z.toFixed(2))]));
    const margins = wiring.exchanges.map(({ margin }) => Number(margin.toFixed(2)));
    return { name: basename(path), half: net?.half ?? '', truth, found, sigmas, ports, margins };
  } finally {
    await close();
  }
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
