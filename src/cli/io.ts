import type { JudgeOptions, Judged } from './judge.ts';
import type { Parse } from './parser.ts';
import type { SmokeEvent, SmokeRequest } from './smoke-job.ts';
import type { SmokeProcess } from './smoke-process.ts';
import type { Read } from './target.ts';

/** One end of a pipe or a terminal. */
export interface Sink {
  /** Resolves when the text is handed over, also when nobody reads any more. */
  write(text: string): Promise<void>;
  readonly isTTY: boolean;
  /** Columns of the terminal; absent for a pipe or a file. */
  readonly columns?: number;
}

/** Parses checkpoints and runs the rules on them, one at a time. */
export interface Judge {
  judge(options: JudgeOptions): Read<Judged>;
  /** Bytes of memory that it holds; 0 where the system does not tell. */
  memory(): Promise<number>;
  /** Gives all memory back; it may be used again. */
  close(): void;
}

/** Everything of the machine that a command may touch beside the files it is told to read. */
export interface Io {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Parses a checkpoint; in a process with limits of its own, except in tests. */
  readonly parse: Parse;
  /** One more that judges, to do so beside the others; each in a process with limits of its own, except in tests. */
  newJudge(): Judge;
  /** Starts the run of a net; in a process of its own, except in tests. */
  startSmoke(request: SmokeRequest, tell: (event: SmokeEvent) => void): Promise<SmokeProcess>;
  /**
   * Has something done when the user interrupts, before this process ends.
   * @returns takes it back
   */
  atInterrupt(action: () => Promise<void>): () => void;
}

/** A process stream as a sink. A reader that went away (`| head`) is no failure: the rest is dropped. */
export function sinkOf(stream: NodeJS.WriteStream): Sink {
  let gone = false;
  // without a listener Node ends the process with a stack trace
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    gone = true;
  });
  return {
    isTTY: stream.isTTY === true,
    ...(stream.isTTY === true ? { columns: stream.columns } : {}),
    write: (text) =>
      new Promise((resolve, reject) => {
        if (gone || text === '') return resolve();
        return stream.write(text, (error) => {
          if (error === null || error === undefined) return resolve();
          gone = true;
          return (error as NodeJS.ErrnoException).code === 'EPIPE' ? resolve() : reject(error);
        });
      }),
  };
}
