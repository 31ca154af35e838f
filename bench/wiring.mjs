/**
 * Wiring read off the weights: how long it takes, and what it finds.
 *
 *   node bench/wiring.mjs speed [--listing sd1-ldm] [--channels 256]
 *   node bench/wiring.mjs slips NET…
 *   node bench/wiring.mjs kernels NET…
 *   node bench/wiring.mjs heads NET…
 *   node bench/wiring.mjs damage NET [--donor NET] [--other NET] [--only swaps,skips,halves,permuted,grafts,sound]
 *
 * `speed` reads a net of a golden listing's shapes whose bytes are drawn and never lie in a file, so that no disk is
 * timed: one pass over all layers on one thread. `slips` prints the margins of what can be wrong inside of attentions and
 * feed-forward layers, as filed. `kernels` prints how the directions of kernels go together, turns each layer's alone and
 * counts what is named. `heads` prints which head counts the rows of queries and keys speak for. `damage` does every damage of each kind to a trained net
 * (safetensors) and counts what is named; `--donor` has the same shapes and another training, `--other` the same
 * training at another time. The sources are bundled to bench/out/wiring.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from '../scripts/bundle.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    listing: { type: 'string', default: 'sd1-ldm' },
    channels: { type: 'string', default: '256' },
    donor: { type: 'string' },
    other: { type: 'string' },
    only: { type: 'string', default: 'swaps,skips,halves,permuted,grafts,sound' },
  },
});
const OUT = join(import.meta.dirname, 'out', 'wiring');
await bundle(
  {
    values: 'src/values/index.ts',
    net: 'src/topology/net.ts',
    reconstruct: 'src/topology/reconstruct.ts',
    listing: 'test/build/listing.ts',
    memory: 'test/values/memory-net.ts',
    damage: 'test/values/damage.ts',
    directions: 'src/values/wiring/kernels.ts',
    circuit: 'src/values/wiring/circuit.ts',
    measure: 'src/values/wiring/measure.ts',
    weights: 'src/values/weights.ts',
  },
  OUT,
);
const load = (name) => import(join(OUT, `${name}.js`));
const { readHeads, readWiring } = await load('values');

if (positionals[0] === 'speed') await speed();
else if (positionals[0] === 'slips') await slips(positionals.slice(1));
else if (positionals[0] === 'kernels') await kernels(positionals.slice(1));
else if (positionals[0] === 'heads') await heads(positionals.slice(1));
else await damage(positionals[1]);

async function speed() {
  const { readListing } = await load('listing');
  const { reconstruct } = await load('reconstruct');
  const elements = (shape) => shape.reduce((product, size) => product * size, 1);
  const tensors = readListing(`fixtures/listings/${options.listing}.txt`).map(({ name, tensor }) => ({
    name,
    tensor: { ...tensor, dtype: 'F16', byteLength: 2 * elements(tensor.shape) },
  }));
  const { net } = reconstruct(tensors, '');
  const pool = drawn(Math.max(...tensors.map(({ tensor }) => tensor.byteLength)));
  const before = process.cpuUsage();
  const start = performance.now();
  const read = async ({ byteLength }, { from, to } = { from: 0, to: byteLength }) => pool.subarray(from, to);
  const reading = await readWiring(net, read, { channels: Number(options.channels) });
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1e6;
  console.log(
    `${options.listing}: ${(net.parameters / 1e6).toFixed(0)} M parameters, ${options.channels} channels: ` +
      `${wall.toFixed(1)} s (processor ${cpu.toFixed(1)} s), ${((1e9 * cpu) / net.parameters).toFixed(1)} ns a parameter, ` +
      `peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MB, ${reading.ports.length} ports, ` +
      `${reading.exchanges.length} exchanges weighed`,
  );
}

/** float16 numbers between −2 and 2, drawn. */
function drawn(byteLength) {
  const bytes = new Uint8Array(byteLength);
  const words = new Uint32Array(bytes.buffer, 0, byteLength >> 2);
  let state = 1;
  for (let index = 0; index < words.length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // the top exponent bit cleared in both halves: no infinities
    words[index] = (state ^ (state << 13)) & 0xbfffbfff;
  }
  return bytes;
}

async function slips(paths) {
  const { loadNet } = await load('memory');
  for (const path of paths) {
    const { net, read } = await loadNet(path);
    const { slipped, slips: found, ports } = await readWiring(net, read);
    console.log(`${path}: ${found.length} told`);
    for (const kind of new Set(slipped.map(({ slip }) => slip))) {
      const own = slipped.filter(({ slip }) => slip === kind).map(({ margin }) => margin);
      const together = own.reduce((sum, margin) => sum + margin, 0) / Math.sqrt(own.length);
      console.log(
        `  ${kind.padEnd(20)} together ${together.toFixed(1)}, least ${Math.min(...own).toFixed(1)}, ` +
          `${own.filter((margin) => margin >= 6).length} of ${own.length} places from 6 on`,
      );
    }
    for (const { port, z, verdict } of ports.filter(({ port: { role } }) => role === 'time'))
      console.log(`  ${port.layer} ${port.side} ${z?.toFixed(1)}, ${verdict}`);
  }
}

async function heads(paths) {
  const { loadNet } = await load('memory');
  for (const path of paths) {
    const { net, read } = await loadNet(path);
    for (const { width, verdict, next, ...best } of await readHeads(net, read)) {
      const [first, second] = [best, next].map(
        ({ heads: count, contrast }) => `${count} (${contrast.toFixed(1)})`,
      );
      console.log(`${path}: ${width} wide, ${first}, next ${second}, ${verdict}`);
    }
  }
}

async function kernels(paths) {
  const { loadNet, withValues } = await load('memory');
  const { transposeKernels } = await load('damage');
  const { directionsOf, turnedKernels } = await load('directions');
  const { circuitOf } = await load('circuit');
  const { measure } = await load('measure');
  const { NetWeights } = await load('weights');
  for (const path of paths) {
    const sound = await loadNet(path);
    const patternsOf = async (values) => {
      const { net, read } = withValues(sound.net, values);
      const weights = new NetWeights(net, read);
      const circuit = circuitOf(net, weights);
      const ports = circuit.links.flatMap(({ reader, state }) => [reader, ...state.writers]);
      return [circuit, await measure(ports, weights, { channels: 64 })];
    };
    const filed = await patternsOf(sound.values);
    const all = directionsOf(...filed);
    const sorted = all.map(({ z }) => z).sort((a, b) => a - b);
    const count = { named: 0, others: 0, silent: 0 };
    for (const { layer } of all) {
      const turned = turnedKernels(...(await patternsOf(transposeKernels(sound, [`${layer}.weight`]))));
      const right = turned.length === 1 && turned[0].layer === layer;
      count[right ? 'named' : turned.length > 0 ? 'others' : 'silent'] += 1;
    }
    console.log(
      `${path}: ${all.length} layers, least ${sorted[0].toFixed(1)}, middle ${sorted[sorted.length >> 1].toFixed(1)}, ` +
        `${turnedKernels(...filed).length} told; each turned alone: ${JSON.stringify(count)}`,
    );
  }
}

async function damage(path) {
  const { loadNet, withValues, shapeOf } = await load('memory');
  const make = await load('damage');
  const { blocksOf } = await load('net');
  const only = new Set(options.only.split(','));
  const sound = await loadNet(path);
  const reading = async (values) => {
    const { net, read } = withValues(sound.net, values);
    return readWiring(net, read);
  };
  const first = await readWiring(sound.net, sound.read);
  console.log(path, summary(first), told(first));

  const same = ({ candidate: found }, { candidate: done }) =>
    found.kind === done.kind && found.a === done.a && found.b === done.b;
  const undo = { blocks: 'swaps', skips: 'skips', halves: 'halves' };
  for (const [kind, name] of Object.entries(undo)) {
    if (!only.has(name)) continue;
    const count = { named: 0, 'something named': 0, silent: 0 };
    const missed = [];
    for (const exchange of first.exchanges.filter(({ candidate }) => candidate.kind === kind)) {
      const { a, b } = exchange.candidate;
      const values =
        kind === 'blocks'
          ? make.swapBlocks(sound, a, b)
          : kind === 'halves'
            ? make.turnHalves(sound, a)
            : skipSwapped(make, shapeOf, sound, a, b);
      if (values === undefined) continue;
      const { exchanged } = await reading(values);
      const how =
        exchanged.length === 0 ? 'silent' : same(exchanged[0], exchange) ? 'named' : 'something named';
      count[how] += 1;
      if (how !== 'named')
        missed.push(`${a}${b === undefined ? '' : ` and ${b}`} (${exchange.margin.toFixed(1)}, ${how})`);
    }
    console.log(`${name}: ${JSON.stringify(count)}`);
    for (const miss of missed) console.log(`  not named: ${miss}`);
  }

  const layers = blocksOf(sound.net).flatMap(({ id, kind }) =>
    kind === 'resnet'
      ? [`${id}.conv1`, `${id}.conv2`]
      : kind.endsWith('sample')
        ? [`${id}.conv`]
        : id === 'conv_in'
          ? [id]
          : [],
  );
  if (only.has('permuted')) {
    const draw = make.random(1);
    await count(
      'permuted',
      layers,
      (layer) => make.permuteOutputs(sound, layer, draw),
      (layer) => layer,
    );
  }
  if (only.has('grafts') && options.donor !== undefined) {
    const donor = await loadNet(options.donor);
    for (const kind of ['resnet', 'downsample', 'upsample', 'transformer', 'attention']) {
      const ids = blocksOf(sound.net)
        .filter((block) => block.kind === kind)
        .map(({ id }) => id);
      if (ids.length > 0)
        await count(
          `grafted ${kind}`,
          ids,
          (id) => make.graft(sound, donor, id),
          (id) => id,
        );
    }
  }
  if (only.has('sound')) {
    const variants = {
      fp16: make.rounded(sound, 5, 10),
      bf16: make.rounded(sound, 8, 7),
      'fp8 e4m3': make.rounded(sound, 4, 3),
      'fp8 e5m2': make.rounded(sound, 5, 2),
      'noise 5 %': make.noisy(sound, 0.05, make.random(2)),
      'noise 20 %': make.noisy(sound, 0.2, make.random(3)),
    };
    if (options.other !== undefined) {
      const other = await loadNet(options.other);
      variants['half another moment'] = halfWay(sound.values, other.values);
    }
    for (const [name, values] of Object.entries(variants)) {
      const found = await reading(values);
      console.log(`sound, ${name}: ${summary(found)}; least margin ${least(found)}`);
    }
  }

  async function count(what, items, change, blockOf) {
    let named = 0;
    let others = 0;
    let exchanged = 0;
    const missed = [];
    for (const item of items) {
      const found = await reading(change(item));
      const flagged = found.blocks
        .filter(({ verdict }) => verdict === 'inconsistent')
        .map(({ block }) => block);
      const hit = flagged.some((block) => blockOf(item).startsWith(block));
      if (hit) named += 1;
      else missed.push(item);
      if (flagged.some((block) => !blockOf(item).startsWith(block))) others += 1;
      if (found.exchanged.length > 0) exchanged += 1;
    }
    console.log(
      `${what}: ${named} of ${items.length} named; others named too in ${others}, exchanges told in ${exchanged}`,
    );
    if (missed.length > 0) console.log(`  not named: ${missed.join(', ')}`);
  }
}

function halfWay(a, b) {
  const between = (name, floats) => floats.map((value, index) => (value + b.get(name)[index]) / 2);
  return new Map([...a].map(([name, floats]) => [name, between(name, floats)]));
}

/** Only where both read as many outputs: the halves then fit into each other's layers. */
function skipSwapped(make, shapeOf, net, a, b) {
  const [left, right] = [a, b].map((id) => shapeOf(net, `${id}.conv1.weight`));
  const skip = net.net.skips.find(({ consumer }) => consumer === a);
  return left[0] === right[0] ? make.swapSkips(net, a, b, skip.channels) : undefined;
}

function least({ exchanges }) {
  return Math.min(...exchanges.map(({ margin }) => margin)).toFixed(1);
}

function told({ exchanges, unclear }) {
  const kinds = ['blocks', 'skips', 'halves'].map((kind) => {
    const all = exchanges.filter(({ candidate }) => candidate.kind === kind);
    const enough = all.filter((exchange) => !unclear.includes(exchange));
    const wrong = all.filter(({ margin }) => margin < 0);
    return `${kind} ${enough.length} of ${all.length} told, ${wrong.length} below 0`;
  });
  return kinds.join('; ');
}

function summary({ ports, exchanged }) {
  const of = (verdict) => ports.filter((port) => port.verdict === verdict).length;
  return `${of('consistent')} consistent, ${of('unclear')} unclear, ${of('inconsistent')} inconsistent, ${exchanged.length} exchanges told`;
}
