import type { Component } from '../components/component.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import type { RunEvidence } from '../rules/run-evidence.ts';
import type { RuntimeReading } from '../runtimes/index.ts';
import type { Difference, DifferenceKind } from '../runtimes/differences.ts';
import { folderSetup, trainedSetup } from '../setup/trained.ts';
import type { Skip } from '../topology/net.ts';
import type {
  DrawnNet,
  DrawnRow,
  DrawnSkip,
  DrawnU,
  FileDetails,
  RunDetails,
  RuntimeRow,
  Taken,
} from './details.ts';
import { fedRows } from './inspect-sections.ts';
import type { InspectedNet, RuntimeReport } from './report.ts';
import { refusalOf, remarkOf, scheduleWords, words } from './runtime-table.ts';
import { fitsAt, type Scale } from './scale.ts';
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

function runtimeRow({ runtime, decision }: RuntimeReading, differences: readonly Difference[]): RuntimeRow {
  const { title: program, version } = runtime;
  if (decision.kind === 'refused') return { program, version, refused: refusalOf(decision) };
  const wrong = new Set(differences.filter((each) => each.program === program).map(({ about }) => about));
  const taken = (value: string, ...about: readonly DifferenceKind[]): Taken => ({
    value,
    wrong: about.some((one) => wrong.has(one)),
  });
  const { assumes } = decision;
  return {
    program,
    version,
    as: taken(decision.kind === 'told' ? 'what its user says' : decision.as, 'family'),
    prediction: taken(words(assumes.prediction_type), 'prediction_type'),
    schedule: taken(scheduleWords(assumes), 'schedule', 'zero_terminal_snr'),
    scale: taken(words(assumes.vae_scale), 'vae_scale'),
    remark: remarkOf(decision, differences, program),
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
  const sound = isSkipSound(skip, scale);
  if (scale === undefined || fitsAt(skip, scale)) return { ...skip, sound };
  const below = scale.sizes.get(skip.consumer);
  const kept = scale.sizes.get(skip.producer);
  return { ...skip, sound, ...(below === undefined || kept === undefined ? {} : { sizes: { below, kept } }) };
}
