import { resolve } from 'node:path';
import { ReadError } from '../bytes/source.ts';
import { predictionDeclarations } from '../components/declared.ts';
import { identifyComponents } from '../components/index.ts';
import { escapeText } from '../report/escape.ts';
import { setupTable } from '../report/setup-text.ts';
import { finish, type View } from '../report/view.ts';
import { wrap } from '../report/wrap.ts';
import { type LockData, lockData } from '../setup/lock.ts';
import type { Setup } from '../setup/setup.ts';
import { readAllAgainst } from './against.ts';
import { EXIT, stackOf, UsageError } from './exit.ts';
import type { Io } from './io.ts';
import type { ColorWhen } from './options.ts';
import { WriteError, writeWhole } from './output.ts';
import { singleTarget } from './targets.ts';
import { isAsciiLocale, paletteFor, PIPE_WIDTH } from './terminal.ts';

export interface PinFlags {
  readonly out: string;
  readonly setup?: string;
  readonly force?: true;
  readonly color: ColorWhen;
}

/** `ungarble pin`: writes down what training and inference must agree on. */
export async function pin(name: string, flags: PinFlags, io: Io): Promise<number> {
  const setup = flags.setup === undefined ? undefined : await oneSetup(flags.setup, io.cwd);
  const target = await singleTarget(name, io.cwd);
  try {
    const checkpoint = await target.open(io.parse);
    const components = identifyComponents(checkpoint);
    const net = components.find(({ kind, net }) => kind === 'unet' && net !== undefined)?.net;
    if (net === undefined) {
      await io.stderr.write(
        `ungarble: ${escapeText(name)} has no U-Net that could be rebuilt: nothing to pin; ungarble validate says why\n`,
      );
      return EXIT.incomplete;
    }
    const data = await lockData(checkpoint, components, net, setup);
    const bytes = new TextEncoder().encode(`${JSON.stringify(data, undefined, 2)}\n`);
    await writeWhole(resolve(io.cwd, flags.out), bytes, flags.force === true);
    const view: View = {
      width: io.stdout.columns ?? PIPE_WIDTH,
      palette: paletteFor(io, flags.color),
      ascii: isAsciiLocale(io),
    };
    const said = setup?.fields.prediction_type !== undefined || predictionDeclarations(checkpoint).length > 0;
    await io.stdout.write(pinned(flags.out, data, said, view));
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof ReadError) && !(error instanceof WriteError)) throw error;
    await io.stderr.write(`ungarble: ${escapeText(error.message)}\n`);
    if (io.env['UNGARBLE_DEBUG']) await io.stderr.write(stackOf(error));
    return EXIT.incomplete;
  }
}

async function oneSetup(name: string, cwd: string): Promise<Setup> {
  const { setups, locks } = await readAllAgainst([name], cwd, '--setup');
  if (locks.length > 0) throw new UsageError(`--setup ${name}: it is a lock file, made of a setup`);
  const [first, ...more] = setups;
  if (first === undefined || more.length > 0) {
    const names = setups.slice(0, 4).map((setup) => setup.name);
    throw new UsageError(
      `--setup ${name}: it holds ${setups.length} setups (${names.join('; ')}), and a lock one`,
    );
  }
  return first;
}

function pinned(out: string, data: LockData, said: boolean, view: View): string {
  const hashes = [
    ...(data.schedule === undefined ? [] : [`betas      SHA-256 ${data.schedule.betas_sha256}`]),
    ...(data.identity.topology_sha256 === undefined
      ? []
      : [`topology   SHA-256 ${data.identity.topology_sha256}`]),
    ...data.identity.text_encoders.map(
      ({ id, header_sha256 }) => `${id.padEnd(10)} SHA-256 ${header_sha256} (header)`,
    ),
  ];
  const warning =
    'What the net predicts is an assumption about its family: nothing in the model says it. --setup names a setup that does.';
  return finish(
    [
      ...wrap(
        `${view.palette.strong(escapeText(data.model, view.ascii))} pinned to ${escapeText(out, view.ascii)}`,
        view.width,
      ),
      '',
      ...setupTable(data.setup, view),
      '',
      ...hashes.flatMap((line) => wrap(escapeText(line, view.ascii), view.width, '  ')),
      ...(said ? [] : ['', ...wrap(warning, view.width).map(view.palette.warn)]),
      '',
      ...wrap(
        `ungarble validate MODEL --against ${escapeText(out, view.ascii)} holds a model to it`,
        view.width,
      ),
    ],
    view,
  );
}
