/**
 * Scans the same pickles as picklescan and fickling do, in one run: time of the whole process and of the scanning in it,
 * and what each says of the files that are known to be harmful or harmless.
 *
 *   npm run build && node bench/pickles.mjs --python /path/to/python [--runs 5] [--copies 10] [FOLDER …]
 *
 * Python has picklescan and fickling installed; nothing is loaded by anyone. FOLDERs default to the corpora that the
 * tests read (`../shared/data`), and `fixtures/pytorch`. Each file is scanned `--copies` times, so that the start of the
 * interpreters does not cover the rest. By their names `malicious*` are harmful, `benign*` harmless.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string' },
    runs: { type: 'string', default: '5' },
    copies: { type: 'string', default: '10' },
    list: { type: 'string' },
  },
});
/** What each tool says, sorted: to be loaded by nobody; or that it cannot tell, which no tool counts as harmless. */
const HARMFUL = /^(?:code-reaching|dangerous|overtly_malicious|likely_overtly_malicious|likely_unsafe)$/;
const UNSURE =
  /^(?:unknown-globals|malformed|not-checkable|data-only-unusual|unread|suspicious|possibly_unsafe|error|failed)/;

/** Our verdicts, the worst first. */
const RANK = [
  'code-reaching',
  'unknown-globals',
  'malformed',
  'not-checkable',
  'data-only-unusual',
  'data-only',
];

if (values.list !== undefined) await scan(values.list);
else if (values.python === undefined) throw new Error('--python: one that has picklescan and fickling');
else compare();

function compare() {
  const shared = ['untrusted-pickles', 'pytorch-files', 'real-unets', 'spike-nets'].map(
    (name) => `../shared/data/${name}`,
  );
  const folders = positionals.length > 0 ? positionals : [...shared, 'fixtures/pytorch'].filter(existsSync);
  const files = folders
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => statSync(path).isFile() && !/\.(?:md|json|onnx|py)$|LICENSE/.test(path));
  const folder = mkdtempSync(join(tmpdir(), 'ungarble-pickles-'));
  try {
    const list = join(folder, 'files');
    const once = join(folder, 'once');
    writeFileSync(once, files.join('\n'));
    writeFileSync(list, Array.from({ length: Number(values.copies) }, () => files.join('\n')).join('\n'));
    const peers = join(import.meta.dirname, 'pickles.py');
    const tools = {
      ungarble: (which) => [process.execPath, [import.meta.filename, '--list', which]],
      picklescan: (which) => [values.python, [peers, 'picklescan', which]],
      fickling: (which) => [values.python, [peers, 'fickling', which]],
    };
    console.log(`${files.length} files, each ${values.copies} times, ${values.runs} runs by turns, median`);
    const times = new Map(Object.keys(tools).map((tool) => [tool, []]));
    for (let turn = 0; turn < Number(values.runs); turn += 1) {
      for (const [tool, command] of Object.entries(tools)) times.get(tool).push(timed(...command(list)));
    }
    const median = (tool, key) =>
      times
        .get(tool)
        .map((one) => one[key])
        .toSorted((a, b) => a - b)[Math.floor(Number(values.runs) / 2)];
    for (const [tool, command] of Object.entries(tools)) {
      const { rows } = timed(...command(once));
      const [whole, inner] = [median(tool, 'whole'), median(tool, 'inner')];
      const ratio =
        tool === 'ungarble'
          ? ''
          : `  ungarble takes ${(median('ungarble', 'whole') / whole).toFixed(2)} and ${(median('ungarble', 'inner') / inner).toFixed(2)} of it`;
      console.log(
        `${tool.padEnd(12)}${whole.toFixed(0).padStart(7)} ms whole,${inner.toFixed(0).padStart(7)} ms scanning${ratio}`,
      );
      const said = (names, levels) =>
        rows.filter(([path, level]) => names.test(basename(path)) && levels.test(level)).length;
      const of = (names) => said(names, /./);
      console.log(
        `  harmful told as harmful ${said(/^malicious/, HARMFUL)} of ${of(/^malicious/)}, as unsure ${said(/^malicious/, UNSURE)};` +
          ` harmless told as harmful ${said(/^benign/, HARMFUL)}, as unsure ${said(/^benign/, UNSURE)} of ${of(/^benign/)}; failed on ${said(/./, /^failed/)}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function timed(command, args) {
  const start = process.hrtime.bigint();
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    maxBuffer: 1 << 28,
    encoding: 'utf8',
  });
  const whole = Number(process.hrtime.bigint() - start) / 1e6;
  if (error !== undefined || status !== 0) throw new Error(`${args.join(' ')}: ${error ?? stderr}`);
  const { rows, ms } = JSON.parse(stdout);
  return { whole, inner: ms, rows };
}

/** Our own side, in a process of its own: reads and judges each file, as `inspect` does, without its rules. */
async function scan(list) {
  const files = readFileSync(list, 'utf8').split('\n');
  const { openCheckpoint } = await import(join(import.meta.dirname, '../dist/index.js'));
  const started = performance.now();
  const rows = [];
  for (const path of files) {
    const before = performance.now();
    const { pickles = [], unchecked } = await openCheckpoint(path);
    const [worst] = pickles.map(({ verdict }) => verdict).sort((a, b) => RANK.indexOf(a) - RANK.indexOf(b));
    rows.push([path, worst ?? (unchecked.length > 0 ? 'unread' : 'no-pickle'), performance.now() - before]);
  }
  process.stdout.write(JSON.stringify({ rows, ms: performance.now() - started }));
}
