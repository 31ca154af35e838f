import type { Parse } from '../../src/cli/parser.ts';
import { run } from '../../src/cli/program.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import type { Io, Sink } from '../../src/cli/io.ts';
import { judge } from '../../src/cli/judge.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Terminal {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** In place of parsing in this thread. */
  readonly parse?: Parse;
}

/** Runs a command line in this process, in a folder, with nothing of the machine it runs on. */
export async function ungarble(
  argv: readonly string[],
  cwd: string,
  terminal: Terminal = {},
): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const { columns, env = {}, parse = openCheckpoint } = terminal;
  const sink = (texts: string[]): Sink => ({
    isTTY: columns !== undefined,
    ...(columns === undefined ? {} : { columns }),
    write: async (text) => void texts.push(text),
  });
  const io: Io = {
    cwd,
    env,
    stdout: sink(out),
    stderr: sink(err),
    parse,
    newJudge: () => ({
      judge: (options) => async (target, open) => (await judge(await parse(target, open), options)).judged,
      memory: async () => 0,
      close: () => {},
    }),
    // in this process: the other one is made of built files
    startSmoke: async (request, tell) => {
      const { smokeJob } = await import('../../src/cli/smoke-job.ts');
      return { ended: smokeJob(request, tell), stop: () => {} };
    },
    atInterrupt: () => () => {},
  };
  const code = await run(argv, io);
  return { code, stdout: out.join(''), stderr: err.join('') };
}

/** A run as a page of Markdown: what was typed, what was said, how it ended. */
export function transcript(argv: readonly string[], { code, stdout, stderr }: Outcome): string {
  const block = (title: string, text: string) => (text === '' ? [] : [title, `\`\`\`\n${text}\`\`\``]);
  const typed = ['ungarble', ...argv]
    .map((word) => (/^[\w./:=-]+$/.test(word) ? word : `'${word}'`))
    .join(' ');
  return `${[`\`$ ${typed}\``, ...block('stdout', stdout), ...block('stderr', stderr), `exit ${code}`].join('\n\n')}\n`;
}
