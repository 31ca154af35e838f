import type { Component } from '../components/component.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { folderSetup, trainedSetup } from '../setup/trained.ts';
import type { Skip } from '../topology/net.ts';
import type { DrawnNet, DrawnSkip, FileDetails } from './details.ts';
import { fedRows } from './inspect-sections.ts';
import type { InspectedNet, RuntimeReport } from './report.ts';
import { fitsAt, type Scale } from './scale.ts';
import { isSkipSound, layOutU } from './u-rows.ts';

/** The details of a checkpoint whose nets were laid out. */
export function detailsOf(
  checkpoint: Checkpoint,
  components: readonly Component[],
  nets: readonly InspectedNet[],
  { readings, differences }: RuntimeReport,
): FileDetails {
  const [main] = nets;
  const folder = folderSetup(checkpoint, components);
  return {
    nets: nets.map(drawnNet),
    setups: [
      ...(main === undefined ? [] : [trainedSetup(checkpoint, main.net)]),
      ...(folder === undefined ? [] : [folder]),
    ],
    runtimes: {
      readings: readings.map(({ runtime: { id, title, version, repository, checked }, decision }) => ({
        runtime: { id, title, version, repository, checked },
        decision,
      })),
      differences,
    },
  };
}

function drawnNet({ component, net, scale }: InspectedNet): DrawnNet {
  const { kind, part, prefix } = component;
  return {
    kind,
    part,
    prefix,
    family: net.family,
    dialect: net.dialect,
    parameters: net.parameters,
    fed: fedRows(net),
    u: layOutU(component, net, scale),
    skips: net.skips.map((skip) => drawnSkip(skip, scale)),
    ...(scale === undefined ? {} : { scale: { resolution: scale.resolution, asked: scale.asked } }),
  };
}

function drawnSkip(skip: Skip, scale: Scale | undefined): DrawnSkip {
  const sound = isSkipSound(skip, scale);
  if (scale === undefined || fitsAt(skip, scale)) return { ...skip, sound };
  const below = scale.sizes.get(skip.consumer);
  const kept = scale.sizes.get(skip.producer);
  return { ...skip, sound, ...(below === undefined || kept === undefined ? {} : { sizes: { below, kept } }) };
}
