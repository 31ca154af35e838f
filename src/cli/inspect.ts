import { inspectJson } from '../report/inspect-json.ts';
import { inspectText } from '../report/inspect-text.ts';
import type { Inspection } from '../report/report.ts';
import { rules } from '../rules/index.ts';
import { check } from './check.ts';
import { EXIT, stackOf } from './exit.ts';
import { inspectedNets, runtimesIn } from './inspected.ts';
import type { Io } from './io.ts';
import type { ColorWhen, Resolution } from './options.ts';
import { singleTarget } from './targets.ts';
import { isAsciiLocale, paletteFor, PIPE_WIDTH } from './terminal.ts';
import { TOOL } from './version.ts';

export interface InspectFlags {
  readonly json?: true;
  readonly resolution?: Resolution;
  readonly skips?: true;
  readonly ascii?: true;
  readonly color: ColorWhen;
  readonly width?: number;
}

/** `ungarble inspect`: what a file or folder is, and the U inside it. */
export async function inspect(name: string, flags: InspectFlags, io: Io): Promise<number> {
  const target = await singleTarget(name, io.cwd, async () => (await import('./remote.ts')).openRemote(io));
  const { file, checkpoint, components, bug } = await check(target, {
    parse: io.parse,
    ...(flags.resolution === undefined ? {} : { resolution: flags.resolution }),
  });
  if (bug !== undefined && io.env['UNGARBLE_DEBUG']) await io.stderr.write(stackOf(bug));
  const inspection: Inspection = {
    tool: TOOL,
    rules,
    file,
    ...(checkpoint === undefined ? {} : { metadata: checkpoint.metadata }),
    nets: inspectedNets(components, flags.resolution),
    ...(checkpoint === undefined ? {} : { runtimes: runtimesIn(checkpoint, components) }),
  };
  const text = flags.json
    ? inspectJson(inspection)
    : inspectText(
        inspection,
        { skips: flags.skips === true },
        {
          width: flags.width ?? io.stdout.columns ?? PIPE_WIDTH,
          palette: paletteFor(io, flags.color),
          ascii: flags.ascii === true || isAsciiLocale(io),
        },
      );
  await io.stdout.write(text);
  if (file.failure?.kind === 'internal') return EXIT.internal;
  return file.failure !== undefined || file.checkpoint?.tensors === 0 ? EXIT.incomplete : EXIT.ok;
}
