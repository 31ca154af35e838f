import { Worker } from 'node:worker_threads';

/** How often the thread looks. */
const LOOK_MS = 500;

/**
 * The thread, as it is run. A process whose parent has ended is given to another one on Linux and macOS; on Windows the
 * number stays, and nobody answers to it.
 */
const THREAD = `
const { workerData: parent } = require('node:worker_threads');
function lives() {
  if (process.ppid !== parent) return false;
  try {
    process.kill(parent, 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}
setInterval(() => {
  if (!lives()) process.kill(process.pid, 'SIGKILL');
}, ${LOOK_MS});
`;

/** What the thread may take: it holds nothing. */
const MEMORY = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 };

/**
 * Ends this process when its parent has ended, also from within a loop, where it hears nothing of that: a parent that is
 * killed ends nobody.
 */
export function watchParent(): void {
  // told from here: the parent may be gone before the thread runs
  new Worker(THREAD, { eval: true, workerData: process.ppid, resourceLimits: MEMORY }).unref();
}
