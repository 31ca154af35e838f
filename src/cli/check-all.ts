/** Many files at once, each in a process of its own, within a budget of memory. */
import { availableParallelism, totalmem } from 'node:os';
import { type Checked, checkBy, type Demands } from './check.ts';
import type { Io, Judge } from './io.ts';
import type { JudgeLimits } from './judge.ts';
import type { Target } from './targets.ts';

/** What one process takes with the rules loaded and an SDXL checkpoint in it, measured: 150 to 200 MB. */
const PROCESS_BYTES = 200 * 2 ** 20;

/** What a run over many files may take. */
export interface Budgets {
  /** Files at once. */
  readonly files?: number;
  /** Bytes of memory of all processes together. */
  readonly memory?: number;
  /** Time that one file may compute. */
  readonly seconds?: number;
}

/** How many files at once, and within how many bytes. */
interface Room {
  readonly files: number;
  readonly memory: number;
}

/**
 * As many files at once as there are processors, or as were asked for, where memory holds the processes for them. Without
 * a budget half of the memory that this process may have.
 */
export function roomFor(count: number, { files, memory }: Budgets): Room {
  // without bound it is undefined, 0 or more than there is
  const allowed = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const bytes = memory ?? Math.min(totalmem(), allowed) / 2;
  const held = Math.floor(bytes / PROCESS_BYTES);
  return { files: Math.max(1, Math.min(files ?? availableParallelism(), held, count)), memory: bytes };
}

/**
 * Checks targets, several at once. A file is begun when the processes together hold less than the budget, or none is busy;
 * a process that holds more than its share is replaced by a fresh one. Which is told first is left to chance.
 * @param begin is told of each before it is opened
 * @returns in the order of the targets
 */
export async function checkAll(
  targets: readonly Target[],
  demandsOf: (target: Target) => Demands,
  budgets: Budgets,
  io: Pick<Io, 'newJudge'>,
  begin: (target: Target) => Promise<void>,
): Promise<readonly Pick<Checked, 'file' | 'bug'>[]> {
  const room = roomFor(targets.length, budgets);
  const judges = Array.from({ length: room.files }, () => io.newJudge());
  const gate = new MemoryGate(room.memory, judges);
  const limits: JudgeLimits = {
    ...(budgets.seconds === undefined ? {} : { seconds: budgets.seconds }),
    ...(budgets.memory === undefined ? {} : { memoryMb: Math.ceil(budgets.memory / 2 ** 20) }),
  };
  const checked = Array.from<Pick<Checked, 'file' | 'bug'>>({ length: targets.length });
  const queue = targets.entries();
  await Promise.all(
    judges.map(async (judge) => {
      for (const [index, target] of queue) {
        await gate.enter();
        try {
          await begin(target);
          checked[index] = await checkBy(judge, target, demandsOf(target), limits);
        } finally {
          gate.leave();
        }
        if ((await judge.memory()) > room.memory / judges.length) judge.close();
      }
      judge.close();
    }),
  );
  return checked;
}

/** Lets a file in while there is memory for it, and one where there is none. */
class MemoryGate {
  private inside = 0;
  private waiting: (() => void)[] = [];
  private readonly bytes: number;
  private readonly judges: readonly Judge[];

  constructor(bytes: number, judges: readonly Judge[]) {
    this.bytes = bytes;
    this.judges = judges;
  }

  async enter(): Promise<void> {
    while (this.inside > 0 && (await this.used()) > this.bytes) {
      // the last one inside may have left while memory was looked at
      if (this.inside > 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.inside += 1;
  }

  leave(): void {
    this.inside -= 1;
    const woken = this.waiting;
    this.waiting = [];
    for (const wake of woken) wake();
  }

  private async used(): Promise<number> {
    const held = await Promise.all(this.judges.map((judge) => judge.memory()));
    return held.reduce((sum, bytes) => sum + bytes, process.memoryUsage.rss());
  }
}
