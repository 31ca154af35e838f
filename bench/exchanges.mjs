/**
 * Every exchange of two equal-shaped blocks, two equally wide skips or two halves of a joined layer, done in the file: what
 * names it.
 *
 *   node bench/exchanges.mjs [NAME …] [--no-duels] [--json numbers.json]
 *
 * By default all nets of fixtures/shapes and fixtures/garble; a name is one of them. First the weights alone are read; where
 * these name nothing, the net is run, and what its layers are given is held against their weights; what is open even
 * then is run both ways, unless `--no-duels` says otherwise. The sources are bundled to bench/out/exchanges.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from '../scripts/bundle.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'no-duels': { type: 'boolean', default: false }, json: { type: 'string' } },
});
const OUT = join(import.meta.dirname, 'out', 'exchanges');
await bundle({ every: 'bench/exchanges/every.ts', nets: 'bench/garble/nets.ts' }, OUT);
const load = (name) => import(join(OUT, `${name}.js`));
const [{ everyExchange }, { shapesNets }] = await Promise.all(['every', 'nets'].map(load));

const DATA = 'fixtures/garble';
const trained = JSON.parse(readFileSync(join(DATA, 'manifest.json'), 'utf8')).nets.map(
  ({ name, validation }) => ({
    name,
    path: join(DATA, name),
    validation: join(DATA, validation),
  }),
);
const all = [...(await shapesNets()).map(({ name, path }) => ({ name, path })), ...trained];
const rows = [];
for (const { name, path, validation } of all) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const every = await everyExchange(path, {
    ...(validation === undefined ? {} : { validation }),
    folder: OUT,
    duels: !options['no-duels'],
    told: (done, of) => tell(name, done, of),
  });
  rows.push({ name, ...every });
  print(name, every);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 1)}\n`);
}

/** How far it is: in place on a terminal, else every tenth part in a line of its own, for it takes long. */
function tell(name, done, of) {
  const { isTTY } = process.stderr;
  if (isTTY) process.stderr.write(`\r${name} ${done} of ${of} `);
  else if (done % Math.ceil(of / 10) === 0) process.stderr.write(`${name} ${done} of ${of}\n`);
}

function print(name, { found, alarms, least }) {
  const count = (by) => found.filter((each) => each.by === by).length;
  const open = least === undefined ? '' : `, least fit of what is open ${least.toFixed(1)}`;
  console.log(
    `${name}: ${found.length - count('nothing')} of ${found.length} named: ${count('weights')} by the weights, ` +
      `${count('layers')} by what layers are given, ${count('duel')} by a duel; as it is ${alarms.length} named${open}`,
  );
  for (const alarm of alarms) console.log(`  as it is: ${alarm}`);
  for (const { kind, places, by, margin, fits, harmless, named } of found) {
    if (by === 'weights') continue;
    const figures = [
      `weights ${margin.toFixed(1)}`,
      ...(fits === undefined ? [] : [`layers ${fits.toFixed(1)}`]),
      ...(harmless === undefined ? [] : [harmless ? 'makes no difference' : 'makes a difference']),
      ...(named === undefined ? [] : [`named: ${named}`]),
    ];
    console.log(`  ${by}: ${kind} ${places.join(' and ')} (${figures.join(', ')})`);
  }
}
