/**
 * Damaged and sound models, what the damage really costs, and what the program says of each.
 *
 *   node bench/garble.mjs [--net NAME,…] [--kinds ID,…] [--half choose|measure] [--truth] [--keep truth|probes|all] [--json FILE]
 *                         [--strengths all|one] [--unclear] [--shard 1/2] [--table] [--thorough] [--threads 1]
 *
 * Runs every healthy variant and every kind of damage on every net, and prints how many truly garbling cases are found,
 * by kind and by evidence, false alarms, misses and cost. `--half` takes kinds and nets of one half: `choose` may set
 * thresholds, `measure` is what the result is read from. `--strengths one` does each kind once to a net, at a strength
 * drawn from the net's name; `--unclear` does none of them, but every exchange that the net's weights leave unclear.
 * `--truth` measures only what the damage costs; `--thorough` has every net probed in all ways, as `ungarble smoke --thorough` does. Rows are kept in bench/out/garble/rows, so that a run that was ended goes on; a row is made anew when its net, the damage or the program changed, unless `--keep`
 * takes what an older version found: `truth` what the damage costs, `probes` what the running net showed too, so that only
 * the weights are read anew, `all` whole verdicts. `--shard 1/2` makes only every second row, for two processes side by
 * side; `--table` makes none and prints those that there are. The sources are bundled to bench/out/garble. A net that others
 * trained is among them where bench/garble/third/mnist_ddpm.py made it.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from '../scripts/bundle.mjs';

const { values: options } = parseArgs({
  options: {
    net: { type: 'string' },
    kinds: { type: 'string' },
    half: { type: 'string' },
    truth: { type: 'boolean', default: false },
    keep: { type: 'string', default: 'none' },
    json: { type: 'string' },
    strengths: { type: 'string', default: 'all' },
    unclear: { type: 'boolean', default: false },
    shard: { type: 'string', default: '1/1' },
    table: { type: 'boolean', default: false },
    thorough: { type: 'boolean', default: false },
    threads: { type: 'string', default: '1' },
  },
});
const HOME = join(import.meta.dirname, 'out', 'garble');
const [at, of] = options.shard.split('/').map(Number);
// a place of its own for each shard: one must not build over what another has loaded
const OUT = join(HOME, `built-${at}-${of}${options.truth ? '-truth' : ''}`);
await bundle(
  {
    run: 'bench/garble/run.ts',
    cases: 'bench/garble/cases.ts',
    nets: 'bench/garble/nets.ts',
    table: 'bench/garble/table.ts',
    unclear: 'bench/garble/unclear.ts',
    ...(options.truth ? {} : { evidence: 'bench/garble/evidence.ts' }),
  },
  OUT,
);
const load = (name) => import(join(OUT, `${name}.js`));
const { runNet } = await load('run');
const { casesOf } = await load('cases');
const { allNets } = await load('nets');
const { tableOf } = await load('table');
const { unclearCases } = await load('unclear');
const judge = options.truth ? undefined : (await load('evidence')).judge;

const names = options.net?.split(',');
const kinds = options.kinds?.split(',');
const told = (line) => process.stderr.write(`${line}\n`);
const nets = (await allNets(told)).filter(
  ({ name, half }) => (names?.includes(name) ?? true) && half === (options.half ?? half),
);
const rows = [];
for (const net of nets) {
  const cases = options.unclear ? await unclearCases(net.path) : casesOf(net.name, options.strengths);
  const made = await runNet(net, cases, {
    cache: join(HOME, 'rows'),
    ...(judge === undefined ? {} : { judge }),
    keep: options.keep,
    shard: { at: options.table ? -1 : at - 1, of },
    thorough: options.thorough,
    threads: Number(options.threads),
    wanted: ({ kind, half }) =>
      (kinds?.includes(kind) ?? true) && (half ?? options.half) === (options.half ?? half),
    told,
  });
  rows.push(...made);
}
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(rows, null, 1)}\n`);
console.log(tableOf(rows));
