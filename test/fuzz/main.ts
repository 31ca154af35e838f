/**
 * The process that takes inputs: told by its parent from which to which number, it tells what it is at, and what did
 * not hold. It may die or hang at any of them: the parent knows at which, and starts another behind it.
 */
import { writeFileSync } from 'node:fs';
import { type Area, drawInput, type Input } from './input.ts';
import { feed, report } from './feed.ts';
import { readSeeds } from './seeds.ts';

/** What the parent asks for. */
interface Order {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly area?: Area;
  /** Of so many inputs one goes on to the rules and reports. */
  readonly reportOneIn: number;
  /** Where to write the first input to. */
  readonly save?: string;
}

interface Trouble {
  readonly kind: 'crash' | 'slow' | 'growth';
  readonly index: number;
  readonly what: string;
  readonly detail: string;
}

type Told =
  | { readonly kind: 'at'; readonly index: number }
  | { readonly kind: 'trouble'; readonly trouble: Trouble }
  | {
      readonly kind: 'done';
      readonly inputs: Readonly<Record<string, number>>;
      readonly slowest: number;
      readonly largest: number;
    };

const SLOW_MS = 2000;
const GROWTH_BYTES = 256 * 1024 * 1024;
/** Inputs between two words to the parent. */
const SILENCE = 64;
/** What takes less cannot have filled so much memory. */
const QUICK_MS = 50;

// to write down where each refusal came from takes longer than to refuse
Error.stackTraceLimit = 5;

const tell = (told: Told) => process.send?.(told);

/** Gives it to the parsers. */
async function timed(input: Input, reports: boolean): Promise<{ took: number; crash?: string }> {
  const start = performance.now();
  try {
    const checkpoint = await feed(input);
    if (reports) await report(checkpoint);
    return { took: performance.now() - start };
  } catch (error) {
    const crash = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { took: performance.now() - start, crash };
  }
}

async function run({ seed, from, to, area, reportOneIn, save }: Order): Promise<void> {
  const seeds = readSeeds();
  const inputs: Record<string, number> = {};
  let slowest = 0;
  let largest = 0;
  const usual = process.memoryUsage.rss();
  let reported = 0;
  for (let index = from; index < to; index += 1) {
    if (index % SILENCE === 0) tell({ kind: 'at', index });
    const input = drawInput(seeds, seed, index, area);
    if (save !== undefined) writeFileSync(save, input.bytes);
    const what = `${input.area}: ${input.what}`;
    inputs[input.area] = (inputs[input.area] ?? 0) + 1;
    const reports = index % reportOneIn === 0;
    const first = await timed(input, reports);
    let { took } = first;
    // on a busy machine anything may take long: then what counts is how long it computes
    if (took > SLOW_MS) {
      const before = process.cpuUsage();
      await timed(input, reports);
      const { user, system } = process.cpuUsage(before);
      took = (user + system) / 1000;
    }
    if (first.crash !== undefined) {
      tell({ kind: 'trouble', trouble: { kind: 'crash', index, what, detail: first.crash } });
    }
    slowest = Math.max(slowest, took);
    if (took > SLOW_MS) {
      tell({ kind: 'trouble', trouble: { kind: 'slow', index, what, detail: `${took.toFixed(0)} ms` } });
    }
    // to ask costs more than most inputs do
    if (took < QUICK_MS && index % SILENCE !== SILENCE - 1) continue;
    const peak = process.resourceUsage().maxRSS * 1024;
    // the most that there ever was: what grew and went again shows too
    const grown = peak - usual;
    largest = Math.max(largest, grown - reported);
    if (grown - reported > GROWTH_BYTES) {
      reported = grown;
      const detail = `${(grown / 2 ** 20).toFixed(0)} MB, at this input or one of the quick ones before it`;
      tell({ kind: 'trouble', trouble: { kind: 'growth', index, what, detail } });
    }
  }
  tell({ kind: 'done', inputs, slowest, largest });
}

process.once('message', (order: Order) => {
  void run(order).then(() => process.disconnect());
});
