import type { Component } from '../components/component.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import type { RunEvidence } from '../rules/run-evidence.ts';
import { folderSetup, trainedSetup } from '../setup/trained.ts';
import type { Skip } from '../topology/net.ts';
import type { DrawnNet, DrawnRow, DrawnSkip, DrawnU, FileDetails, RunDetails } from './details.ts';
import { fedRows } from './inspect-sections.ts';
import type { InspectedNet, RuntimeReport } from './report.ts';
import { runtimeRow } from './runtime-table.ts';
import { type Scale, unlikeSizes } from './scale.ts';
import { isSkipSound, layOutU, type U, type URow } from './u-rows.ts';

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
    runtimes: readings.map((reading) => runtimeRow(reading, differences)),
  };
}

/** What a run of the net found, as far as a page shows it: words, none of its figures. */
export function runDetails({ assessment, evidence, witnesses }: RunEvidence): RunDetails {
  return {
    verdict: assessment.verdict,
    evidence: evidence.map(({ evidence: { probe, says }, words }) => ({ probe, says, words })),
    unjudged: assessment.unjudged.map(({ probe, reason }) => ({ probe, reason })),
    witnesses: witnesses.map(({ about, value, known, from }) => ({ about, value, known, from })),
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
    u: drawnU(layOutU(component, net, scale)),
    skips: net.skips.map((skip) => drawnSkip(skip, scale)),
    ...(scale === undefined ? {} : { scale: { resolution: scale.resolution, asked: scale.asked } }),
  };
}

function drawnU({ rows, ...rest }: U): DrawnU {
  return { ...rest, rows: rows.map(drawnRow) };
}

/** The fields that are drawn, by name: the skips of a level are those of the net. */
function drawnRow(row: URow): DrawnRow {
  const { divisor, size, channels, entry, entryBlock, encoder, decoder, exit, exitBlock } = row;
  return {
    divisor,
    ...(size === undefined ? {} : { size }),
    channels,
    entry,
    ...(entryBlock === undefined ? {} : { entryBlock }),
    ...(encoder === undefined ? {} : { encoder }),
    ...(decoder === undefined ? {} : { decoder }),
    exit,
    ...(exitBlock === undefined ? {} : { exitBlock }),
  };
}

function drawnSkip(skip: Skip, scale: Scale | undefined): DrawnSkip {
  const sizes = scale && unlikeSizes(skip, scale);
  return { ...skip, sound: isSkipSound(skip, scale), ...(sizes === undefined ? {} : { sizes }) };
}
