/**
 * Draws the plots of docs/how-it-knows.md from the numbers of the other benches.
 *
 *   node bench/probes.mjs nets --json numbers.json
 *   node bench/plots.mjs numbers.json [--rows bench/out/garble/rows] [--out docs/plots]
 *
 * Writes schedules.svg (σ/α read over true), predictions.svg (what tells ε, v and x₀ apart), wiring.svg (ports against
 * chance) and garbling.svg (true loss and verdict of the cases that bench/garble.mjs has kept; left out where there are none).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: 'bench/out/garble/rows' },
    out: { type: 'string', default: 'docs/plots' },
  },
});
/** Name and colour of each prediction type. */
const TYPES = { epsilon: ['ε', '#2f7ed8'], v_prediction: ['v', '#d9822b'], sample: ['x₀', '#2a9d62'] };
const [numbers] = positionals;
if (numbers === undefined) throw new Error('node bench/plots.mjs numbers.json: no numbers given');
const nets = JSON.parse(readFileSync(numbers, 'utf8'));
const cases = existsSync(options.rows) ? casesIn(options.rows) : [];
mkdirSync(options.out, { recursive: true });
const plots = { schedules: schedules(), predictions: predictions(), wiring: wiring() };
if (cases.length > 0) plots.garbling = garbling();
for (const [name, plot] of Object.entries(plots)) writeFileSync(join(options.out, `${name}.svg`), plot);

/** σ/α read over true, by timestep, a line a net. */
function schedules() {
  const lines = nets.flatMap(({ name, found, sigmas = [] }) => {
    const points = (found.read.schedule?.points ?? []).flatMap(({ timestep, sigma, error }, index) =>
      sigma === undefined || !sigmas[index] || sigmas[index] > 4 || error > 0.35
        ? []
        : [{ x: timestep, y: sigma / sigmas[index], error }],
    );
    return points.length < 4 ? [] : [{ name, points }];
  });
  const frame = framed({ x: [0, 700], y: [0.6, 1.67], log: 'y', wide: 560, high: 320, legend: 150 });
  const band = `<rect class="band" x="${frame.x(50)}" y="${frame.y(1.15)}" width="${frame.x(600) - frame.x(50)}" height="${frame.y(1 / 1.15) - frame.y(1.15)}"/>`;
  const drawn = lines.map(({ name, points }, index) => {
    const [color, dash] = styleOf(index);
    const inside = points.filter(({ x, y }) => x <= 700 && y > 0.6 && y < 1.67);
    const path = inside.map(({ x, y }) => `${frame.x(x)},${frame.y(y)}`).join(' ');
    const bars = inside.map(
      ({ x, y, error }) =>
        `<line stroke="${color}" stroke-opacity=".35" x1="${frame.x(x)}" x2="${frame.x(x)}" y1="${frame.y(Math.min(1.67, y * Math.exp(error)))}" y2="${frame.y(Math.max(0.6, y * Math.exp(-error)))}"/>`,
    );
    return `${bars.join('')}<polyline fill="none" stroke="${color}" stroke-width="1.6" stroke-dasharray="${dash}" points="${path}"/>${frame.key(index, name, color, dash)}`;
  });
  return frame.svg(
    'σ/α read off nets, over the true one, by timestep; the band is 15 %',
    [band, ...drawn],
    { x: 'timestep', y: 'read / true' },
    { x: [0, 100, 200, 300, 400, 500, 600, 700], y: [0.7, 0.85, 1, 1.15, 1.4] },
  );
}

/** A dot a net: what it gives back of pure noise, and of a noised field's noise. */
function predictions() {
  const frame = framed({ x: [-0.1, 1.1], y: [-0.1, 1.3], wide: 420, high: 300, legend: 70 });
  const dots = nets.flatMap(({ truth, found }) => {
    const { noiseSlope, noiseShare } = found.read.prediction ?? {};
    const [, color] = TYPES[truth.prediction ?? found.declared.prediction_type];
    return noiseSlope === undefined
      ? []
      : [
          `<circle cx="${frame.x(noiseSlope)}" cy="${frame.y(noiseShare)}" r="4" fill="${color}" fill-opacity=".8"/>`,
        ];
  });
  const keys = Object.values(TYPES).map(([name, color], index) => frame.key(index, name, color, ''));
  return frame.svg(
    'What nets give back of noise, by what they predict',
    [...dots, ...keys],
    { x: 'of pure noise, at the last timestep', y: "of a noised field's noise, at a tenth" },
    { x: [0, 0.35, 0.8, 1], y: [0, 0.35, 1] },
  );
}

/** How many ports have which z, and how many would by chance. */
function wiring() {
  const zs = nets.flatMap(({ ports = [] }) => ports);
  const [from, to, step] = [-4, 30, 1];
  const counts = Array.from({ length: (to - from) / step }, (_, index) => {
    const low = from + index * step;
    const last = low + step >= to;
    return zs.filter((z) => z >= low && (last || z < low + step)).length;
  });
  const chance = Array.from({ length: 121 }, (_, index) => {
    const z = -4 + index / 15;
    return { x: z, y: (zs.length * step * Math.exp(-(z ** 2) / 2)) / Math.sqrt(2 * Math.PI) };
  });
  const most = Math.max(...counts, ...chance.map(({ y }) => y)) * 1.05;
  const frame = framed({ x: [from, to], y: [0, most], wide: 560, high: 260, legend: 120 });
  const bars = counts.map(
    (count, index) =>
      `<rect fill="#2f7ed8" fill-opacity=".75" x="${frame.x(from + index * step)}" y="${frame.y(count)}" width="${frame.x(1) - frame.x(0) - 1}" height="${frame.y(0) - frame.y(count)}"/>`,
  );
  const curve = chance.map(({ x, y }) => `${frame.x(x)},${frame.y(y)}`).join(' ');
  const line = `<polyline fill="none" stroke="#d9822b" stroke-width="1.8" points="${curve}"/>`;
  return frame.svg(
    `How ${zs.length} ends of layers in ${nets.length} trained nets fit what they are wired to`,
    [...bars, line, frame.key(0, 'as wired', '#2f7ed8', ''), frame.key(1, 'by chance', '#d9822b', '')],
    { x: `z; the last bar is ${to - step} and more`, y: 'ends of layers' },
    { x: [-4, 0, 5, 10, 15, 20, 25, 30], y: [0, Math.round(most / 2), Math.round(most)] },
  );
}

/** A dot a case: true loss over that of the sound net, by whether anything was found; healthy variants below. */
function garbling() {
  const lanes = ['healthy', 'harmless', 'garbling'];
  const frame = framed({ x: [0.7, 60], y: [-0.6, 2.6], log: 'x', wide: 560, high: 240, legend: 110 });
  const dots = cases.map(({ lane, loss, found }, index) => {
    const y = lanes.indexOf(lane) + (((index * 0.618) % 1) - 0.5) * 0.7;
    const color = found ? '#2f7ed8' : '#d9822b';
    return `<circle cx="${frame.x(Math.min(58, Math.max(0.72, loss)))}" cy="${frame.y(y)}" r="2.6" fill="${color}" fill-opacity=".7"/>`;
  });
  const keys = [frame.key(0, 'alarm', '#2f7ed8', ''), frame.key(1, 'no alarm', '#d9822b', '')];
  const names = lanes.map(
    (lane, index) => `<text x="${frame.left - 6}" y="${frame.y(index) + 4}" text-anchor="end">${lane}</text>`,
  );
  return frame.svg(
    `${cases.length} variants and damaged copies by true loss`,
    [...dots, ...keys, ...names],
    { x: 'true loss, over that of the sound net', y: '' },
    { x: [1, 2, 5, 10, 50], y: [] },
  );
}

function casesIn(folder) {
  return readdirSync(folder, { recursive: true }).flatMap((path) => {
    if (!path.endsWith('.json')) return [];
    const { row } = JSON.parse(readFileSync(join(folder, path), 'utf8'));
    const loss = row?.truth?.loss?.all?.value;
    const called = row?.judgement?.called;
    if (typeof loss !== 'number' || called === undefined) return [];
    const harmful = row.truth.harm === 'garbling' || row.truth.harm === 'grave';
    const lane = row.type !== 'damage' ? 'healthy' : harmful ? 'garbling' : 'harmless';
    return [{ lane, loss, found: called === 'garbled' || called === 'suspicious' }];
  });
}

/** Colour and dashes of the nth line. */
function styleOf(index) {
  const colors = ['#2f7ed8', '#d9822b', '#2a9d62', '#b5479b', '#c94f4f', '#7a6bd1'];
  return [colors[index % colors.length], ['', '5 3', '2 2'][Math.floor(index / colors.length) % 3]];
}

/** Axes, and from numbers to pixels. */
function framed({ x, y, log = '', wide, high, legend }) {
  const [left, top, bottom] = [64, 34, 44];
  const scale = ([from, to], low, up, bent) => {
    const as = bent ? Math.log : (value) => value;
    return (value) => Number((low + ((as(value) - as(from)) / (as(to) - as(from))) * (up - low)).toFixed(1));
  };
  const [right, floor] = [wide, high - bottom];
  const at = { x: scale(x, left, right, log === 'x'), y: scale(y, floor, top, log === 'y') };
  return {
    ...at,
    left,
    key(index, name, color, dash) {
      const row = top + 8 + index * 16;
      return `<line stroke="${color}" stroke-width="3" stroke-dasharray="${dash}" x1="${right + 10}" x2="${right + 30}" y1="${row}" y2="${row}"/><text x="${right + 35}" y="${row + 4}">${name}</text>`;
    },
    svg(title, parts, labels, ticks) {
      const across = ticks.x.map(
        (tick) =>
          `<line class="grid" x1="${at.x(tick)}" x2="${at.x(tick)}" y1="${top}" y2="${floor}"/><text x="${at.x(tick)}" y="${floor + 15}" text-anchor="middle">${tick}</text>`,
      );
      const up = ticks.y.map(
        (tick) =>
          `<line class="grid" x1="${left}" x2="${right}" y1="${at.y(tick)}" y2="${at.y(tick)}"/><text x="${left - 6}" y="${at.y(tick) + 4}" text-anchor="end">${tick}</text>`,
      );
      const [middle, centre] = [(left + right) / 2, (top + floor) / 2];
      return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${wide + legend} ${high}" width="${wide + legend}" height="${high}" role="img">
<title>${title}</title>
<style>text{font:11px system-ui,sans-serif;fill:#444}.grid{stroke:#888;stroke-opacity:.25}.band{fill:#888;fill-opacity:.15}.title{font-size:13px}@media(prefers-color-scheme:dark){text{fill:#ccc}}</style>
<text class="title" x="${left}" y="18">${title}</text>
${[...across, ...up, ...parts].join('\n')}
<text x="${middle}" y="${high - 8}" text-anchor="middle">${labels.x}</text>
<text transform="translate(14 ${centre}) rotate(-90)" text-anchor="middle">${labels.y}</text>
</svg>
`;
    },
  };
}
