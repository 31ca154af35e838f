import { fork } from 'node:child_process';
import { removeAbandoned } from '../bytes/workspace.ts';
import type { SmokeEvent, SmokeFailure, SmokeRequest } from './smoke-job.ts';

/** A run in a process of its own. */
export interface SmokeProcess {
  /** Resolves when the process has ended; then nothing of it is left on the disk. */
  readonly ended: Promise<void>;
  stop(): void;
}

/**
 * Starts a run beside this process, so that this one can be interrupted at any time, and outlives a runtime that the
 * system kills. The last event is always `done`, `exported` or `failed`.
 */
export function startSmoke(request: SmokeRequest, tell: (event: SmokeEvent) => void): SmokeProcess {
  const child = fork(new URL('./smoke-worker.js', import.meta.url), [], {
    // pixels and graphs cross as they are, not as JSON
    serialization: 'advanced',
    // the runtime writes its own log there, which nobody here could read
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let last: SmokeEvent | undefined;
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  child.on('message', (event: SmokeEvent) => {
    last = event;
    tell(event);
  });
  const ended = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      tell({ kind: 'failed', why: 'internal', reason: `the run could not be started: ${error.message}` });
      resolve();
    });
    child.on('close', (code, signal) => {
      if (!ENDS.has(last?.kind ?? '')) tell(deathOf(code, signal, said));
      void removeAbandoned().then(resolve);
    });
  });
  child.send(request);
  return { ended, stop: () => void child.kill('SIGKILL') };
}

/** Events after which a process may end. */
const ENDS: ReadonlySet<string> = new Set<SmokeEvent['kind']>(['done', 'failed', 'exported']);

/** A process that ended without a word. */
function deathOf(code: number | null, signal: NodeJS.Signals | null, said: string): SmokeFailure {
  const how = signal ?? `exit code ${code}`;
  const failed = (reason: string, hint: string): SmokeFailure => ({
    kind: 'failed',
    why: 'cannot',
    reason,
    hint,
    ...(said === '' ? {} : { stack: said }),
  });
  if (signal === 'SIGBUS') {
    const hint = 'it was cut or replaced: wait until that is done and run again';
    return failed(
      `the run was ended by the system (${how}): a file with weights changed while it was in use`,
      hint,
    );
  }
  if (signal === 'SIGKILL' || signal === 'SIGABRT' || /bad_alloc|out of memory|heap limit/i.test(said)) {
    const hint = 'close other programs, or ask for a smaller picture with --resolution';
    return failed(`the run was ended by the system (${how}): most likely there was not enough memory`, hint);
  }
  const hint = 'the fault may be the runtime’s or the graphics driver’s; try --device cpu';
  return failed(`the run ended unexpectedly (${how})`, hint);
}
