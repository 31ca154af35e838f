import type { Component } from '../components/component.ts';
import { inspectJson } from '../report/inspect-json.ts';
import { inspectText } from '../report/inspect-text.ts';
import type { InspectedNet, Inspection } from '../report/report.ts';
import { rules } from '../rules/index.ts';
import { check } from './check.ts';
import { EXIT, stackOf } from './exit.ts';
import type { Io } from './io.ts';
import type { ColorWhen, Resolution } from './options.ts';
import { scaleOf } from './scale.ts';
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
    nets: drawn(components).map((one) => inspected(one, components, flags.resolution)),
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

/** The U-Nets to show: averaged weights have the same shape as the net they average, unless they stand alone. */
function drawn(components: readonly Component[]): readonly Component[] {
  const nets = components.filter(({ net }) => net !== undefined);
  const main = nets.filter(({ kind }) => kind !== 'ema');
  // of several variants of a component the first: the others have the same shapes, or a finding
  const seen = new Set<string>();
  return (main.length > 0 ? main : nets).filter(({ part, prefix }) => {
    const key = `${part}\n${prefix}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function inspected(
  component: Component,
  components: readonly Component[],
  resolution: Resolution | undefined,
): InspectedNet {
  const { net } = component;
  if (net === undefined) throw new Error('a component to be drawn has a net');
  const scale = scaleOf(net, components, resolution);
  return { component, net, ...(scale === undefined ? {} : { scale }) };
}
