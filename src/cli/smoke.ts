import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { escapeText, truncateMiddle } from '../report/escape.ts';
import { smokeJson } from '../report/smoke-json.ts';
import type { DrawnPicture, SmokeReport } from '../report/smoke-report.ts';
import { verdictText } from '../report/verdict-text.ts';
import { seconds, smokePlanText, smokeResultText } from '../report/smoke-text.ts';
import type { View } from '../report/view.ts';
import { EXIT, UsageError } from './exit.ts';
import type { Io } from './io.ts';
import type { ColorWhen, Resolution } from './options.ts';
import { writeWhole, WriteError } from './output.ts';
import { runToEnd } from './run-to-end.ts';
import type { SmokeEvent, SmokeFailure, SmokeRequest } from './smoke-job.ts';
import { colorDepthOf, isAsciiLocale, paletteFor, PIPE_WIDTH } from './terminal.ts';
import { TOOL } from './version.ts';

export interface SmokeFlags {
  readonly out?: string;
  readonly force?: true;
  readonly export?: string;
  readonly prompt?: string;
  readonly negative?: string;
  readonly tokenizer?: string;
  readonly steps?: number;
  readonly guidance?: number;
  readonly seed?: number;
  readonly resolution?: Resolution;
  readonly sampler?: string;
  readonly predictionType?: 'epsilon' | 'v_prediction' | 'sample';
  readonly vaeScale?: number;
  readonly device: SmokeRequest['device'];
  readonly threads?: number;
  readonly json?: true;
  /** Absent where it was not said; false: none even on a terminal. */
  readonly picture?: boolean;
  readonly verdict: boolean;
  readonly thorough?: true;
  readonly color: ColorWhen;
}

/** `ungarble smoke`: denoises with a checkpoint and shows the picture. */
export async function smoke(path: string, flags: SmokeFlags, io: Io): Promise<number> {
  for (const file of [flags.out, flags.export]) {
    if (file !== undefined && flags.force !== true) await checkFree(resolve(io.cwd, file), file);
  }
  const view: View = {
    // lines for a log are left whole
    width: io.stdout.columns ?? Number.POSITIVE_INFINITY,
    palette: paletteFor(io, flags.color),
    ascii: isAsciiLocale(io),
  };
  const progress = new Progress(io);
  let printing: Promise<void> = Promise.resolve();
  const last = await runToEnd(requestOf(path, flags, io), io, (event) => {
    progress.tell(event);
    if (event.kind === 'plan' && flags.json !== true) {
      const text = smokePlanText(event.plan, view);
      printing = printing.then(() => progress.aside(() => io.stdout.write(text)));
    }
    if (event.kind === 'verdict' && flags.json !== true) {
      const text = verdictText(event.verdict, view);
      printing = printing.then(() => progress.aside(() => io.stdout.write(text)));
    }
  });
  await printing;
  await progress.end();
  if (last?.kind === 'failed') return failed(last, io);
  if (last?.kind === 'exported') return exported(last, flags, io);
  if (last?.kind !== 'done') throw new Error('a run ended without a word');
  return finished(last.report, flags, view, io);
}

/** Before minutes of work, not after them. */
async function checkFree(path: string, name: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there !== undefined) throw new UsageError(`${name} is there already; --force writes over it`);
}

function requestOf(path: string, flags: SmokeFlags, io: Io): SmokeRequest {
  const { prompt, negative, steps, guidance, seed, resolution, sampler, predictionType, vaeScale } = flags;
  const run = {
    prompt,
    negative,
    steps,
    guidance,
    seed,
    size: resolution,
    sampler,
    prediction_type: predictionType,
    vaeScale,
  };
  const given = Object.entries(run).filter(([, value]) => value !== undefined);
  return {
    path,
    cwd: io.cwd,
    // what is not given is absent, which the types of the request ask for
    run: Object.fromEntries(given) as SmokeRequest['run'],
    device: flags.device,
    ...(flags.threads === undefined ? {} : { threads: flags.threads }),
    ...(flags.tokenizer === undefined ? {} : { tokenizer: flags.tokenizer }),
    force: flags.force === true,
    probes: flags.verdict && (flags.export === undefined || flags.out !== undefined),
    thorough: flags.thorough === true,
    draws: wantsPicture(flags),
    ...(flags.export === undefined ? {} : { export: flags.export }),
  };
}

/** A picture takes minutes where a verdict takes seconds: it is drawn for those who ask for it, or for what only it has. */
function wantsPicture({ out, export: graph, picture, verdict, ...flags }: SmokeFlags): boolean {
  if (out !== undefined || picture === true) return true;
  if (graph !== undefined) return false;
  const { prompt, negative, steps, guidance, seed, resolution } = flags;
  const asked = [prompt, negative, steps, guidance, seed, resolution].some((flag) => flag !== undefined);
  return asked || !verdict;
}

async function finished(report: SmokeReport, flags: SmokeFlags, view: View, io: Io): Promise<number> {
  const { drawn } = report;
  try {
    if (flags.out !== undefined && drawn !== undefined) {
      await writePicture(resolve(io.cwd, flags.out), report, drawn, flags.force === true);
    }
  } catch (error) {
    if (!(error instanceof WriteError)) throw error;
    await io.stderr.write(`ungarble: ${escapeText(error.message)}\n`);
    return EXIT.incomplete;
  }
  const code = exitCodeOf(report, flags);
  if (flags.json === true) {
    await io.stdout.write(smokeJson(TOOL, report));
    return code;
  }
  const shows = drawn !== undefined && flags.picture !== false;
  const picture = shows ? await drawnLines(drawn, flags, view, io) : [];
  await io.stdout.write(smokeResultText(report, picture, view));
  for (const file of [drawn === undefined ? undefined : flags.out, flags.export]) {
    if (file !== undefined) await io.stdout.write(`  wrote ${escapeText(file)}\n`);
  }
  return code;
}

/** A picture that was asked for and could not be drawn is nothing that a verdict makes up for. */
function exitCodeOf({ verdict, drawn }: SmokeReport, flags: SmokeFlags): number {
  switch (verdict?.assessment.verdict) {
    case 'garbled':
      return EXIT.findings;
    case 'unjudged':
      return EXIT.incomplete;
    default:
      return flags.out !== undefined && drawn === undefined ? EXIT.incomplete : EXIT.ok;
  }
}

/** Where only the graph was wanted: what it reads and gives. */
async function exported(
  { inputs, outputs }: Extract<SmokeEvent, { readonly kind: 'exported' }>,
  flags: SmokeFlags,
  io: Io,
): Promise<number> {
  const lines = [...inputs.map((text) => `  reads  ${text}`), ...outputs.map((text) => `  gives  ${text}`)];
  await io.stdout.write(`wrote ${escapeText(flags.export ?? '')}\n${lines.join('\n')}\n`);
  return EXIT.ok;
}

async function writePicture(
  path: string,
  report: SmokeReport,
  { picture }: DrawnPicture,
  force: boolean,
): Promise<void> {
  const { encodePng } = await import('../report/png.ts');
  await writeWhole(path, encodePng(picture, textsOf(report, picture)), force);
}

async function failed({ why, reason, hint, stack }: SmokeFailure, io: Io): Promise<number> {
  const words = hint === undefined ? reason : `${reason}\n  ${hint}`;
  await io.stderr.write(`ungarble: ${escapeLines(words)}\n`);
  if (stack !== undefined && io.env['UNGARBLE_DEBUG']) await io.stderr.write(`${stack}\n`);
  return { garbled: EXIT.findings, request: EXIT.usage, cannot: EXIT.incomplete, internal: EXIT.internal }[
    why
  ];
}

function escapeLines(text: string): string {
  return text
    .split('\n')
    .map((line) => escapeText(line))
    .join('\n');
}

/** What the picture's file says of itself. */
function textsOf(report: SmokeReport, picture: DrawnPicture['picture']): ReadonlyMap<string, string> {
  const texts = new Map([
    ['Software', `${TOOL.name} ${TOOL.version}`],
    ['checkpoint', report.path],
    ['net', report.title],
    ['shows', picture.label],
  ]);
  const [text] = report.prompts;
  if (text !== undefined) texts.set('prompt', text.prompt).set('negative', text.negative);
  for (const { name, value } of report.facts) texts.set(name, String(value));
  return texts;
}

/** Lines of the terminal that a picture may take: the rest of the report is to stay in sight. */
const PICTURE_LINES = 24;

async function drawnLines(
  { picture }: DrawnPicture,
  flags: SmokeFlags,
  view: View,
  io: Io,
): Promise<readonly string[]> {
  // in a log or a file half blocks say nothing
  if (!io.stdout.isTTY) return [];
  const { drawPicture } = await import('../report/picture.ts');
  const text = drawPicture(picture, {
    columns: view.width - 4,
    rows: PICTURE_LINES,
    depth: colorDepthOf(io, flags.color),
    ascii: view.ascii,
  });
  return text.split('\n').slice(0, -1);
}

const CLEAR_LINE = '\r\u001b[K';

/** One line on a terminal: what is going on, how far it is and how long it will take; nothing anywhere else. */
class Progress {
  readonly #io: Io;
  #line = '';
  /** Milliseconds of each call: the first takes longer, so that what is left is told by the others. */
  readonly #took: number[] = [];

  constructor(io: Io) {
    this.#io = io;
  }

  tell(event: SmokeEvent): void {
    if (event.kind === 'stage') this.#show(event.text);
    if (event.kind !== 'step') return;
    this.#took.push(event.took);
    const known = this.#took.length > 1 ? this.#took.slice(1) : this.#took;
    const each = known.reduce((sum, took) => sum + took, 0) / known.length;
    const left = seconds(each * (event.calls - event.call));
    this.#show(`step ${event.call} of ${event.calls}  ${left} left`);
  }

  /** Prints something else, and the line below it again. */
  async aside(print: () => Promise<void>): Promise<void> {
    const line = this.#line;
    await this.end();
    await print();
    if (line !== '') this.#show(line);
  }

  async end(): Promise<void> {
    if (this.#line !== '') await this.#io.stderr.write(CLEAR_LINE);
    this.#line = '';
  }

  #show(text: string): void {
    if (!this.#io.stderr.isTTY) return;
    this.#line = text;
    const room = (this.#io.stderr.columns ?? PIPE_WIDTH) - 1;
    void this.#io.stderr.write(CLEAR_LINE + truncateMiddle(escapeText(text), room));
  }
}
