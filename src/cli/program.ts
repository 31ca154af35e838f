import { Command, CommanderError, Option } from 'commander';
import { escapeText } from '../report/escape.ts';
import { reporters } from '../report/index.ts';
import { EXIT, stackOf, UsageError } from './exit.ts';
import type { ExplainFlags } from './explain.ts';
import {
  ABOUT,
  EXPLAIN_HELP,
  INSPECT_HELP,
  MAIN_HELP,
  MERGE_HELP,
  PIN_HELP,
  SMOKE_HELP,
  VALIDATE_HELP,
} from './help.ts';
import type { InspectFlags } from './inspect.ts';
import type { Io } from './io.ts';
import {
  COLOR_WHEN,
  DEVICES,
  FAIL_ON,
  parsePositive,
  parseResolution,
  parseWhole,
  parseWidth,
} from './options.ts';
import { addFormat, type OutputFlags } from './outputs.ts';
import type { ValidateFlags } from './settings.ts';
import { parseShard } from './shard.ts';
import type { PinFlags } from './pin.ts';
import { PREDICTION_TYPES } from '../schedule/prediction.ts';
import type { SmokeFlags } from './smoke.ts';
import { TOOL } from './version.ts';

const FORMATS = `${reporters.map(({ id, title }) => `${id}: ${title}`).join('; ')}; to a file after =; repeat for more`;

/** A command's outcome, asked for by the parser and carried out after it. */
type Task = () => Promise<number>;

/**
 * Runs one command line. Touches nothing of the process but what `io` gives.
 * @param argv the arguments after the program's name
 * @returns the exit code
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const printed: string[] = [];
  let task: Task | undefined;
  const program = commandLine(
    io,
    (text) => printed.push(text),
    (chosen) => (task = chosen),
  );
  try {
    program.parse([...argv], { from: 'user' });
    if (task === undefined) throw new UsageError('no command; ungarble --help lists them');
    return await task();
  } catch (error) {
    return await failed(error, printed, io);
  }
}

async function failed(error: unknown, printed: readonly string[], io: Io): Promise<number> {
  if (error instanceof CommanderError) {
    // help and version that were asked for are thrown, too
    if (error.exitCode === 0) {
      await io.stdout.write(printed.join(''));
      return EXIT.ok;
    }
    const noCommand = error.code === 'commander.help';
    await io.stderr.write(noCommand ? printed.join('') : `ungarble: ${escapeText(oneLine(error.message))}\n`);
    return EXIT.usage;
  }
  if (error instanceof UsageError) {
    await io.stderr.write(`ungarble: ${escapeText(error.message)}\n`);
    return EXIT.usage;
  }
  const message = error instanceof Error ? error.message : String(error);
  await io.stderr.write(
    `ungarble: failed, and the fault is its own: ${escapeText(message)}\n` +
      `  Please report it with the command line, the output of \`ungarble --version\`\n` +
      `  and what it prints with UNGARBLE_DEBUG=1.\n`,
  );
  if (io.env['UNGARBLE_DEBUG']) await io.stderr.write(stackOf(error));
  return EXIT.internal;
}

/** The parser's message without its label and line breaks. */
function oneLine(message: string): string {
  return message
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
}

/** The commands and their options. Exported so that tests can walk every help text. */
export function commandLine(io: Io, print: (text: string) => void, choose: (task: Task) => void): Command {
  const color = () => new Option('--color <when>', 'use colours').choices([...COLOR_WHEN]).default('auto');
  const resolution = () =>
    new Option('--resolution <WxH>', 'pixels to check sizes at, as in 512x768').argParser(parseResolution);

  const program = new Command('ungarble')
    .description(ABOUT)
    .version(TOOL.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', MAIN_HELP)
    .configureOutput({ writeOut: print, writeErr: print, outputError: () => {}, getOutHelpWidth: () => 80 })
    .exitOverride();

  program
    .command('inspect')
    .description('show what a checkpoint is and draw the U-Net inside it')
    .argument('<path>', 'a file, a folder that holds one model, or an address')
    .option('--json', 'print ungarble/inspect@1 instead, see schemas/inspect.schema.json')
    .addOption(resolution())
    .option('--skips', 'list every skip connection')
    .option('--ascii', 'draw in ASCII')
    .addOption(color())
    .addOption(new Option('--width <columns>', 'draw in that many columns').argParser(parseWidth))
    .addHelpText('after', INSPECT_HELP)
    .action((path: string, flags: InspectFlags) =>
      choose(async () => (await import('./inspect.ts')).inspect(path, flags, io)),
    );

  program
    .command('validate')
    .description('check models against every rule')
    .argument('[paths...]', 'files, folders, glob patterns, or addresses; else those of the config')
    .option('--format <format[=file]>', FORMATS, addFormat)
    .addOption(
      new Option('--fail-on <severity>', 'lowest severity that gives exit code 1 (error)').choices([
        ...FAIL_ON,
      ]),
    )
    .option('--config <file>', 'the config; else the nearest ungarble.config.yaml, .json, .ts, .mts or .mjs')
    .option('--no-config', 'go without a config')
    .option('--baseline <file>', 'known findings, which do not fail the run')
    .option('--update-baseline', 'write all that is found into the baseline, and drop what is gone')
    .addOption(
      new Option(
        '--shard <index/count>',
        'check one part of the files, as in 1/4; see ungarble merge',
      ).argParser(parseShard),
    )
    .addOption(
      new Option('--jobs <count>', 'files at once (as many as processors and memory allow)').argParser(
        parseWhole(1),
      ),
    )
    .option('--hash', "read all bytes for each file's SHA-256; --values does so too")
    .addOption(resolution())
    .option(
      '--against <setup>',
      'a setup or lock file that it must agree with; repeat for more',
      (name: string, before: readonly string[] = []) => [...before, name],
    )
    .option('--smoke', 'run each net too: what it predicts, its schedule, whether it denoises')
    .option('--values', 'read all weights too: NaN, damage, wiring; a minute for SDXL')
    .option('--all', 'show every finding and every file, fold nothing')
    .addOption(color())
    .addHelpText('after', VALIDATE_HELP)
    .action((paths: string[], flags: ValidateFlags) =>
      choose(async () => (await import('./validate.ts')).validate(paths, flags, io)),
    );

  program
    .command('merge')
    .description('make one report of several: of the shards of a run')
    .argument('<reports...>', 'reports that validate --format json or json-details has written')
    .option('--format <format[=file]>', FORMATS, addFormat)
    .option('--all', 'show every finding and every file, fold nothing')
    .addOption(color())
    .addHelpText('after', MERGE_HELP)
    .action((reports: string[], flags: OutputFlags) =>
      choose(async () => (await import('./merge.ts')).merge(reports, flags, io)),
    );

  program
    .command('pin')
    .description('write down what training and inference must agree on')
    .argument('<path>', 'a file, or a folder that holds one model')
    .option('--setup <setup>', 'the setup that it is run with, where the model does not say all')
    .option('-o, --out <file>', 'the lock file', 'ungarble.lock.json')
    .option('--force', 'write over a file that is there already')
    .addOption(color())
    .addHelpText('after', PIN_HELP)
    .action((path: string, flags: PinFlags) =>
      choose(async () => (await import('./pin.ts')).pin(path, flags, io)),
    );

  program
    .command('smoke')
    .description('run a checkpoint: is it sound, and what was it trained for?')
    .argument('<path>', 'a checkpoint, or a folder that holds one model')
    .option('-o, --out <file.png>', 'write the picture')
    .option('--export <file.onnx>', 'write the U-Net as an ONNX graph; run it only with --out')
    .option('--force', 'write over files that are there already')
    .option('-p, --prompt <text>', 'what to draw; without a tokenizer a built-in prompt')
    .option('--negative <text>', 'what guidance is to push away from')
    .option('--tokenizer <folder>', 'vocab.json and merges.txt for a file that has none beside it')
    .addOption(new Option('--steps <count>', 'steps of the sampler (20)').argParser(parseWhole(1)))
    .addOption(
      new Option('--guidance <scale>', 'how strongly the prompt is followed').argParser(parsePositive),
    )
    .addOption(new Option('--seed <number>', 'seed of the noise (0)').argParser(parseWhole(0)))
    .addOption(
      new Option('--resolution <WxH>', 'pixels of the picture, as in 512x768').argParser(parseResolution),
    )
    .option('--sampler <id>', 'another than the model names: ddim, euler, dpmpp_2m …')
    .addOption(
      new Option('--prediction-type <type>', 'what the net predicts, where the model says wrong').choices([
        ...PREDICTION_TYPES,
      ]),
    )
    .addOption(
      new Option('--vae-scale <factor>', 'factor of the latent, where the model does not say').argParser(
        parsePositive,
      ),
    )
    .addOption(new Option('--device <device>', 'where to run').choices([...DEVICES]).default('auto'))
    .addOption(
      new Option('--threads <count>', 'processor cores to compute on (all)').argParser(parseWhole(1)),
    )
    .option('--json', 'print ungarble/smoke@1 instead, see schemas/smoke.schema.json')
    .option('--picture', 'draw a picture too, though it is not written')
    .option('--no-picture', 'do not draw the picture in the terminal')
    .option('--no-verdict', 'only draw a picture: no probes')
    .option('--thorough', 'all probes, however large the net: minutes, on a large one hours without a GPU')
    .addOption(color())
    .addHelpText('after', SMOKE_HELP)
    .action((path: string, flags: SmokeFlags) =>
      choose(async () => (await import('./smoke.ts')).smoke(path, flags, io)),
    );

  program
    .command('explain')
    .description('print the page of a rule, or list all rules')
    .argument('[rule]', 'id or name of a rule')
    .addOption(color())
    .addHelpText('after', EXPLAIN_HELP)
    .action((rule: string | undefined, flags: ExplainFlags) =>
      choose(async () => (await import('./explain.ts')).explain(rule, flags, io)),
    );

  return program;
}
