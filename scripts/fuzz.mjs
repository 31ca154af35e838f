/**
 * Gives damaged files to every parser, and looks for what must never be: a crash, more than 2 s, more than 256 MB.
 *
 *   npm run fuzz -- [--inputs 1000000] [--seed 1] [--area pickle] [--report-one-in 16] [--jobs 1]
 *   npm run fuzz -- --seed 1 --only 123456 [--save input.bin]
 *
 * Every input is drawn from the seed and its number alone: `--only` repeats one. The process that takes the inputs is
 * replaced every few thousand, and when it dies or says nothing for 3 minutes (a busy machine may keep it waiting); which
 * input it was at is then found one by one. Ends with 1 when anything was found.
 */
import { fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.mjs';

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    area: { type: 'string' },
    only: { type: 'string' },
    save: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    'report-one-in': { type: 'string', default: '16' },
  },
});

// of its own: another run may be going on
const OUT = join(import.meta.dirname, '..', 'test', 'fuzz', 'out', String(process.pid));
const MAIN = join(OUT, 'main.js');
/** Inputs that one process takes. */
const TURN = 20_000;
const SILENT_MS = 180_000;

await bundle({ main: 'test/fuzz/main.ts' }, OUT);

const seed = Number(values.seed);
const only = values.only === undefined ? undefined : Number(values.only);
const first = only ?? 0;
const last = only === undefined ? Number(values.inputs) : only + 1;
const started = Date.now();
const sums = { inputs: {}, slowest: 0, largest: 0 };
const troubles = [];
let next = first;
let finished = 0;

await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
rmSync(OUT, { recursive: true, force: true });

const total = Object.values(sums.inputs).reduce((sum, count) => sum + count, 0);
const minutes = (Date.now() - started) / 60_000;
console.log(
  `\n${total} inputs of seed ${seed} in ${minutes.toFixed(1)} min, ${(total / minutes / 60).toFixed(0)} a second`,
);
for (const [area, count] of Object.entries(sums.inputs).sort()) console.log(`  ${area.padEnd(12)} ${count}`);
console.log(
  `slowest ${sums.slowest.toFixed(0)} ms, most memory ${(sums.largest / 2 ** 20).toFixed(0)} MB above that of the start`,
);
console.log(troubles.length === 0 ? 'no crash, no hang, no growth' : `${troubles.length} found`);
process.exitCode = troubles.length === 0 ? 0 : 1;

async function worker() {
  while (next < last) {
    const from = next;
    next = Math.min(last, from + TURN);
    await span(from, next);
  }
}

/** Has the inputs taken; where a process ends early, finds the one at which it did and goes on behind it. */
async function span(from, to) {
  const ended = await take(from, to);
  if (ended.done) return;
  const { at, how } = ended;
  // it said last where a stretch began: within that, one by one
  const end = Math.min(to, at + 64);
  for (let index = at; index < end; index += 1) {
    const alone = await take(index, index + 1);
    if (!alone.done)
      found({ kind: alone.how.startsWith('silent') ? 'hang' : 'death', index, what: '', detail: alone.how });
  }
  if (!troubles.some(({ index }) => index >= at && index < end))
    found({ kind: 'death', index: at, what: 'not repeated', detail: how });
  if (end < to) await span(end, to);
}

function take(from, to) {
  return new Promise((resolve) => {
    const child = fork(MAIN, [], { execArgv: ['--max-semi-space-size=64'] });
    let at = from;
    let done = false;
    let how;
    let timer;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        how = `silent for ${SILENT_MS / 1000} s`;
        child.kill('SIGKILL');
      }, SILENT_MS);
    };
    alive();
    child.on('message', (told) => {
      alive();
      if (told.kind === 'at') at = told.index;
      else if (told.kind === 'trouble') found(told.trouble);
      else {
        done = true;
        for (const [area, count] of Object.entries(told.inputs))
          sums.inputs[area] = (sums.inputs[area] ?? 0) + count;
        sums.slowest = Math.max(sums.slowest, told.slowest);
        sums.largest = Math.max(sums.largest, told.largest);
        finished += to - from;
        if (process.stderr.isTTY) process.stderr.write(`\r${finished} of ${last - first}`);
      }
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ done, at, how: how ?? `ended by ${signal ?? code}` });
    });
    const order = { seed, from, to, reportOneIn: only === undefined ? Number(values['report-one-in']) : 1 };
    if (values.area !== undefined) order.area = values.area;
    if (values.save !== undefined) order.save = values.save;
    child.send(order);
  });
}

function found(trouble) {
  troubles.push(trouble);
  const { kind, index, what, detail } = trouble;
  console.log(
    `${kind} at --seed ${seed} --only ${index}${values.area === undefined ? '' : ` --area ${values.area}`}  ${what}\n  ${detail}`,
  );
}
