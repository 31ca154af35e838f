/**
 * Parses in a process with limits of memory and time, so that no file can take the command along. A thread would start
 * sooner, but where its memory ends in one large step the whole process ends.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import {
  MAX_PARSE_HEAP_MB,
  MAX_PARSE_MEMORY_MB,
  MAX_PARSE_READ,
  MAX_PARSE_SECONDS,
} from '../bytes/limits.ts';
import { type ByteSource, type ByteTree, ReadError } from '../bytes/source.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import type { OpenOptions } from '../formats/index.ts';
import {
  type Answer,
  type Ask,
  errorOf,
  type FromParser,
  refusalOf,
  type ToParser,
} from './parse-messages.ts';
import type { Judged, JudgeOptions } from './judge.ts';
import type { Read } from './target.ts';

/** Reads a checkpoint out of what is open: `openCheckpoint`, or the same in a process of its own. */
export type Parse = Read<Checkpoint>;

export interface ParserLimits {
  /** Of its heap, and of all its memory where the system tells it (Linux). */
  readonly heapMb: number;
  readonly memoryMb: number;
  /** Time that it computes; while it waits for bytes the clock stands. */
  readonly seconds: number;
}

const LIMITS: ParserLimits = {
  heapMb: MAX_PARSE_HEAP_MB,
  memoryMb: MAX_PARSE_MEMORY_MB,
  seconds: MAX_PARSE_SECONDS,
};

/** How often a process that computes is looked at. */
const LOOK_MS = 250;

/** The process, started when it is first needed or asked to be ready, and replaced when it had to be ended. */
export class Parser {
  readonly #script: URL;
  readonly #limits: ParserLimits;
  #child: ChildProcess | undefined;
  /** One file at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(script: URL, limits: ParserLimits = LIMITS) {
    this.#script = script;
    this.#limits = limits;
  }

  /** Starts the process, while there is other work to do. */
  start(): void {
    this.#ready();
  }

  /**
   * `openCheckpoint` in the process. Files are read here: it has but the bytes that it asks for.
   * @throws {ReadError} also when a parser fails, does not end or takes too much memory.
   */
  readonly parse: Parse = (target, options = {}) => this.#queue<Checkpoint>(target, options);

  /**
   * The same, and runs the rules there: what they found is all that comes back.
   * @throws {ReadError} as `parse`.
   */
  judge(judge: JudgeOptions): Read<Judged> {
    return (target, options = {}) => this.#queue<Judged>(target, options, judge);
  }

  /** Bytes of memory that the process holds; 0 where there is none, or where the system does not tell. */
  async memory(): Promise<number> {
    return this.#child === undefined ? 0 : (await usageOf(this.#child.pid)).bytes;
  }

  /** Ends the process. */
  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #queue<T extends Checkpoint | Judged>(
    target: ByteSource | ByteTree,
    options: OpenOptions,
    judge?: JudgeOptions,
  ): Promise<T> {
    const parsed = this.#last.then(() => this.#parse<T>(target, options, judge));
    this.#last = parsed.catch(() => {});
    return parsed;
  }

  async #parse<T extends Checkpoint | Judged>(
    target: ByteSource | ByteTree,
    options: OpenOptions,
    judge: JudgeOptions | undefined,
  ): Promise<T> {
    const child = this.#ready();
    // an idle one keeps this process from nothing
    child.ref();
    child.channel?.ref();
    const job = new Job(child, target, options, { ...this.#limits, ...judge?.limits });
    try {
      return await job.run<T>(judge);
    } finally {
      child.unref();
      child.channel?.unref();
      if (job.spoilt && this.#child === child) this.close();
    }
  }

  #ready(): ChildProcess {
    if (this.#child !== undefined) return this.#child;
    const { SystemRoot } = process.env;
    const child = fork(this.#script, [], {
      execArgv: [`--max-old-space-size=${this.#limits.heapMb}`],
      // nothing of the environment is for it, a token least of all; Windows starts no program without this
      env: SystemRoot === undefined ? {} : { SystemRoot },
      // big integers, maps and bytes cross as they are
      serialization: 'advanced',
      // what is written there is V8's last words
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.unref();
    child.channel?.unref();
    // it ends with this process, also from within a loop
    const end = () => child.kill('SIGKILL');
    process.once('exit', end);
    // one that ended while it had nothing to do is replaced when it is needed
    const lost = () => {
      process.off('exit', end);
      if (this.#child === child) this.#child = undefined;
    };
    child.once('error', lost).once('exit', lost);
    this.#child = child;
    return child;
  }
}

const BUG_HINT = 'this is a bug in ungarble, of which other files see nothing; UNGARBLE_DEBUG=1 shows where';
const RUNAWAY_HINT = 'no checkpoint takes that long or that much: take the file for hostile';

/** One checkpoint on its way through the process. */
class Job {
  readonly #child: ChildProcess;
  readonly #target: ByteSource | ByteTree;
  readonly #options: OpenOptions;
  readonly #limits: ParserLimits;
  readonly #open = new Map<number, ByteSource | ByteTree>();
  #handles = 0;
  /** Questions that the process waits for an answer to. */
  #waiting = 0;
  /** Milliseconds computed before `#since`, when the process last had all that it asked for. */
  #computed = 0;
  #since = performance.now();
  /** Seconds on processors when it was first looked at; 0 where the system does not tell. */
  #cpuBefore: number | undefined;
  /** The process cannot be used any more. */
  spoilt = false;

  constructor(
    child: ChildProcess,
    target: ByteSource | ByteTree,
    options: OpenOptions,
    limits: ParserLimits,
  ) {
    this.#child = child;
    this.#target = target;
    this.#options = options;
    this.#limits = limits;
  }

  /** @param judge the rules to be run too: their outcome is what comes back, else the checkpoint */
  async run<T extends Checkpoint | Judged>(judge?: JudgeOptions): Promise<T> {
    const child = this.#child;
    const { name } = this.#target;
    let stop = () => {};
    try {
      return await new Promise<T>((resolve, reject) => {
        const fail = (reason: string, hint: string) => {
          this.spoilt = true;
          reject(new ReadError(name, 'budget', reason, hint));
        };
        // it would go on asking, of whatever is parsed next
        const broke = (error: unknown) => {
          this.spoilt = true;
          reject(error);
        };
        const listen = (message: FromParser) => {
          if (message.kind === 'ask') return void this.#answer(message.call, message.ask).catch(broke);
          if (message.kind === 'parsed') return resolve(message.result as T);
          if (message.kind === 'refused') return reject(errorOf(message.error));
          const bug = new ReadError(name, 'budget', `its parser failed: ${message.message}`, BUG_HINT);
          // where, for whoever is to mend it
          bug.cause = message.stack;
          reject(bug);
        };
        const ended = (code: number | null, signal: NodeJS.Signals | null) => {
          // how V8 ends where its heap does
          const full = signal === 'SIGABRT' || signal === 'SIGTRAP' || signal === 'SIGILL' || code === 134;
          if (full) fail(`its parser took more than ${this.#limits.heapMb} MB of memory`, RUNAWAY_HINT);
          else fail(`its parser ended without a word (${signal ?? `exit code ${code}`})`, BUG_HINT);
        };
        const broken = (error: Error) => fail(`its parser could not be started: ${error.message}`, BUG_HINT);
        const timer = setInterval(() => void this.#look(fail), LOOK_MS);
        stop = () => {
          clearInterval(timer);
          child.off('message', listen).off('exit', ended).off('error', broken);
        };
        child.on('message', listen).on('exit', ended).on('error', broken);
        const { index, beside } = this.#options;
        const options = {
          beside: beside !== undefined,
          ...(index === undefined ? {} : { index }),
          ...(judge === undefined ? {} : { judge }),
        };
        this.#post({ kind: 'parse', target: this.#handle(this.#target), options });
      });
    } finally {
      stop();
      // what was opened for it, and not closed by it
      this.#open.delete(0);
      for (const left of this.#open.values()) if ('close' in left) await left.close();
    }
  }

  /** Ends the job when the process computes for too long, or grows too much. */
  async #look(fail: (reason: string, hint: string) => void): Promise<void> {
    const { seconds, memoryMb } = this.#limits;
    const { cpuSeconds, bytes } = await usageOf(this.#child.pid);
    if (bytes > memoryMb * 2 ** 20) {
      return fail(`its parser took more than ${memoryMb} MB of memory`, RUNAWAY_HINT);
    }
    this.#cpuBefore ??= Number.isFinite(cpuSeconds) ? cpuSeconds : 0;
    const now = this.#waiting > 0 ? 0 : performance.now() - this.#since;
    // on a busy machine a clock says little: where the system tells, what counts is the time on a processor
    const used = Math.min((this.#computed + now) / 1000, cpuSeconds - this.#cpuBefore);
    if (used > seconds) fail(`its parser did not end within ${seconds} s`, RUNAWAY_HINT);
  }

  #handle(target: ByteSource | ByteTree) {
    const id = this.#handles;
    this.#handles += 1;
    this.#open.set(id, target);
    return { id, name: target.name, ...('read' in target ? { size: target.size } : {}) };
  }

  #post(message: ToParser): void {
    // what is said to one that has ended is answered by its end
    this.#child.send(message, () => {});
  }

  async #answer(call: number, ask: Ask): Promise<void> {
    if (this.#waiting === 0) this.#computed += performance.now() - this.#since;
    this.#waiting += 1;
    try {
      this.#post({ kind: 'answer', call, value: await this.#do(ask) });
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
      this.#post({ kind: 'refusal', call, error: refusalOf(error) });
    } finally {
      this.#waiting -= 1;
      this.#since = performance.now();
    }
  }

  async #do(ask: Ask): Promise<Answer> {
    if (ask.kind === 'beside') {
      const { beside } = this.#options;
      if (beside === undefined) throw new Error('the parser asks for a folder that there is not');
      return this.#handle(await beside());
    }
    const target = this.#open.get(ask.of) as ByteSource & ByteTree;
    switch (ask.kind) {
      case 'read': {
        const { offset, length } = ask;
        if (length > MAX_PARSE_READ) {
          throw new ReadError(
            target.name,
            'budget',
            `${length} bytes would be read at once, ${MAX_PARSE_READ} are allowed`,
          );
        }
        return target.read(offset, length);
      }
      case 'list':
        return target.list(ask.path);
      case 'open':
        return this.#handle(await target.open(ask.path));
      case 'close':
        this.#open.delete(ask.of);
        // what was given stays open: whoever gave it closes it
        if (ask.of !== 0) await target.close();
        return undefined;
    }
  }
}

/** What a process has taken: its time on processors, without end where the system does not tell, and its memory. */
async function usageOf(pid = 0): Promise<{ readonly cpuSeconds: number; readonly bytes: number }> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (text === '') return { cpuSeconds: Number.POSITIVE_INFINITY, bytes: 0 };
  // behind its name, which may hold anything: user and system time in hundredths, and resident pages of 4 KiB or more
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, pages = 0] = [fields[11], fields[12], fields[21]];
  return { cpuSeconds: (user + system) / 100, bytes: pages * 4096 };
}
