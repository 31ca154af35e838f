/** What is shown of a checkpoint's nets, for `inspect` and for the pages of `validate`. */
import type { Component } from '../components/component.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import type { InspectedNet, RuntimeReport } from '../report/report.ts';
import { differencesOf } from '../runtimes/differences.ts';
import { runtimesOf } from '../runtimes/index.ts';
import type { CheckpointValues } from '../values/read-values.ts';
import type { Resolution } from './options.ts';
import { scaleOf } from './scale.ts';

/**
 * How programs read it, and what they get wrong of the net that they would run.
 * @param values the numbers of its tensors, where they were read
 */
export function runtimesIn(
  checkpoint: Checkpoint,
  components: readonly Component[],
  values?: Pick<CheckpointValues, 'scans'>,
): RuntimeReport {
  const readings = runtimesOf(checkpoint, components, values);
  const live = components.find(({ kind, net }) => kind === 'unet' && net !== undefined);
  const differences =
    live?.net === undefined
      ? []
      : differencesOf(checkpoint, components, { component: live, net: live.net }, readings);
  return { readings, differences };
}

/** The nets to show, each at its size. @param resolution the one asked for; that of the family where absent */
export function inspectedNets(
  components: readonly Component[],
  resolution: Resolution | undefined,
): readonly InspectedNet[] {
  return drawn(components).map((component) => {
    const { net } = component;
    if (net === undefined) throw new Error('a component to be drawn has a net');
    const scale = scaleOf(net, components, resolution);
    return scale === undefined ? { component, net } : { component, net, scale };
  });
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
