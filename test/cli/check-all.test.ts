/** Many files at once: the order of the reports, the budget of memory, and what becomes of processes that grow. */
import { expect, test } from 'vitest';
import { memorySource } from '../../src/bytes/memory.ts';
import { checkAll, roomFor } from '../../src/cli/check-all.ts';
import type { Judge } from '../../src/cli/io.ts';
import type { JudgeOptions } from '../../src/cli/judge.ts';
import type { Target } from '../../src/cli/target.ts';

const GB = 2 ** 30;

test.each([
  ['as many as were asked for', 100, { files: 4, memory: 8 * GB }, 4],
  ['no more than files', 2, { files: 4, memory: 8 * GB }, 2],
  ['no more than memory holds', 100, { files: 64, memory: GB }, 5],
  ['one at least', 100, { files: 4, memory: 1 }, 1],
] as const)('%s', (_, count, budgets, files) => {
  expect(roomFor(count, budgets).files).toBe(files);
});

/** Judges that take a turn of the event loop for each file, and say how much they hold. */
function judging(bytes: () => number) {
  const seen = { now: 0, most: 0, closed: 0, limits: [] as JudgeOptions['limits'][] };
  const newJudge = (): Judge => ({
    judge: ({ limits }) => {
      seen.limits.push(limits);
      return async () => {
        seen.now += 1;
        seen.most = Math.max(seen.most, seen.now);
        await new Promise((resolve) => setTimeout(resolve, 2));
        seen.now -= 1;
        const checkpoint = {
          container: 'unknown' as const,
          size: 0,
          files: [],
          tensors: 0,
          parameters: 0,
          dtypes: new Map(),
        };
        return { checkpoint, components: [], findings: [], unchecked: [] };
      };
    },
    memory: async () => bytes(),
    close: () => void (seen.closed += 1),
  });
  return { seen, newJudge };
}

const targets = Array.from(
  { length: 20 },
  (_, index): Target => ({
    path: `${index}`,
    root: '.',
    open: (read) => read(memorySource(`${index}`, new Uint8Array(1))),
  }),
);

const all = (io: Parameters<typeof checkAll>[3], memory: number) =>
  checkAll(
    targets,
    () => ({}),
    { files: 4, memory, seconds: 7 },
    io,
    async () => {},
  );

test('reports are in the order of the targets, as many at once as there is room', async () => {
  const { seen, newJudge } = judging(() => 0);
  const checked = await all({ newJudge }, 64 * GB);
  expect(checked.map(({ file }) => file.path)).toEqual(targets.map(({ path }) => path));
  expect(seen.most).toBe(4);
  expect(seen.limits[0]).toEqual({ seconds: 7, memoryMb: 64 * 1024 });
});

test('where all memory is taken one is under way at a time, and all are checked', async () => {
  const { seen, newJudge } = judging(() => 64 * GB);
  expect(await all({ newJudge }, 8 * GB)).toHaveLength(targets.length);
  expect(seen.most).toBe(1);
  // each was over its share after each file, and is closed once more at the end
  expect(seen.closed).toBe(targets.length + 4);
});
