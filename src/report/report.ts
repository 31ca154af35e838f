import type { Transfer } from '../bytes/http-client.ts';
import type { Checkpoint, Unchecked } from '../formats/checkpoint.ts';
import type { PickleReport } from '../formats/pytorch/pickle-report.ts';
import type { Component, ComponentKind } from '../components/component.ts';
import type { Fact, Net } from '../topology/net.ts';
import type { Finding, Rule, Severity } from '../rules/rule.ts';
import type { Setup } from '../setup/setup.ts';
import type { FileDetails } from './details.ts';
import type { Scale } from './scale.ts';
import type { Difference } from '../runtimes/differences.ts';
import type { RuntimeReading } from '../runtimes/index.ts';

export interface Tool {
  readonly name: string;
  readonly version: string;
}

/** One file of a checkpoint. */
interface CheckedFile {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** Of its bytes, in hexadecimal digits; absent where they were not all read. */
  readonly sha256?: string;
}

/** What a record of pickles would do, without why it was stopped. */
export type PickleSummary = Omit<PickleReport, 'broken'> & {
  readonly broken?: Omit<NonNullable<PickleReport['broken']>, 'kind'>;
};

/** What a file or folder is, in few numbers. */
export interface CheckpointSummary {
  readonly container: Checkpoint['container'];
  /** Bytes of all files together. */
  readonly size: number;
  readonly files: readonly CheckedFile[];
  readonly tensors: number;
  readonly parameters: number;
  /** Tensors of each dtype. */
  readonly dtypes: ReadonlyMap<string, number>;
  /** What the pickles in it would do; absent where there are none. */
  readonly pickles?: readonly PickleSummary[];
}

/** A component without its tensors, so that a run over thousands of files stays small. */
export interface ComponentSummary {
  readonly kind: ComponentKind;
  readonly id: string;
  readonly title: string;
  readonly part: string;
  readonly variant?: string;
  readonly prefix: string;
  readonly tensors: number;
  readonly parameters: number;
  readonly dtypes: ReadonlyMap<string, number>;
  readonly facts: ReadonlyMap<string, Fact<number | string>>;
  /** The names its net uses; absent where no net was rebuilt. */
  readonly dialect?: string;
}

/** Why a file has no result. `unreadable` is the file's or the machine's fault, `internal` is ours. */
interface FileFailure {
  readonly kind: 'unreadable' | 'internal';
  readonly reason: string;
  readonly hint?: string;
}

/** A finding that was known and is not counted any more. */
export interface Suppressed {
  readonly finding: Finding;
  /** Where it stands that it is to be passed over. */
  readonly by: 'baseline' | 'config';
  readonly reason?: string;
}

/** What came of one target: a file, or a folder that is one model. */
export interface FileReport {
  /** As the user named it, or as it was found below what they named. Raw. */
  readonly path: string;
  /** Absent where it could not be read. */
  readonly checkpoint?: CheckpointSummary;
  readonly components: readonly ComponentSummary[];
  readonly findings: readonly Finding[];
  /** Findings that are known and not counted. */
  readonly suppressed?: readonly Suppressed[];
  readonly unchecked: readonly Unchecked[];
  readonly failure?: FileFailure;
  /** What was read over the network for it; absent for files of this machine. */
  readonly transfer?: Transfer;
  /** Setups and locks that this file was held against, and not every one. */
  readonly against?: readonly string[];
  /** What a page for people shows beside; absent unless one was asked for. */
  readonly details?: FileDetails;
}

/** An entry of a baseline that no finding has any more. */
export interface StaleEntry {
  /** As the baseline names the file. */
  readonly path: string;
  readonly rule: string;
  readonly fingerprint: string;
}

/** Which part of a run a report is, and what the other parts are known by. */
export interface ReportShard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
  /** Files of all shards together. */
  readonly files: number;
  /** Digest of the paths of all of them. */
  readonly list: string;
  /** Digest of all that was asked of them. */
  readonly asked: string;
}

export interface Totals {
  readonly files: number;
  /** Wholly checked, and neither error nor warning. */
  readonly sound: number;
  /** Files with an error or a warning. */
  readonly faulty: number;
  /** Files of which something could not be read or checked. */
  readonly incomplete: number;
  readonly errors: number;
  readonly warnings: number;
  readonly notes: number;
  /** Findings that are known and not counted. */
  readonly suppressed: number;
}

/** The severity from which findings fail a run. */
export type FailOn = Severity | 'never';

/** The outcome of a run: the one thing that reporters read. */
export interface Report {
  readonly tool: Tool;
  /** The rules that were run: where findings take their words from. */
  readonly rules: readonly Rule[];
  readonly files: readonly FileReport[];
  readonly totals: Totals;
  readonly failOn: FailOn;
  readonly exitCode: number;
  /** Setups that every model was held against; absent where none was named. */
  readonly against?: readonly Setup[];
  /** The config that the run went by, as it was named. */
  readonly config?: string;
  /** Files and folders that the config left out; absent where there were none. */
  readonly excluded?: number;
  /** Ignores of the config that no finding needed; absent where that cannot be known. */
  readonly unusedIgnores?: readonly { readonly rule: string; readonly reason: string }[];
  /** Entries of the baseline that no finding has any more; absent where there is no baseline. */
  readonly stale?: readonly StaleEntry[];
  /** Absent for a whole run. */
  readonly shard?: ReportShard;
}

/** One net at one size. */
export interface InspectedNet {
  readonly component: Component;
  readonly net: Net;
  readonly scale?: Scale;
}

/** What programs make of a checkpoint, and what they would get wrong. */
export interface RuntimeReport {
  readonly readings: readonly RuntimeReading[];
  readonly differences: readonly Difference[];
}

/** Everything `inspect` shows of one file or folder. */
export interface Inspection {
  readonly tool: Tool;
  readonly rules: readonly Rule[];
  readonly file: FileReport;
  /** Absent where nothing could be read. */
  readonly metadata?: ReadonlyMap<string, string>;
  readonly nets: readonly InspectedNet[];
  /** How programs would read it; absent where there is no U-Net in it. */
  readonly runtimes?: RuntimeReport;
}

/** The few numbers of a checkpoint. */
export function summariseCheckpoint(
  checkpoint: Checkpoint,
  components: readonly Component[],
): CheckpointSummary {
  const tensors = checkpoint.parts.flatMap((part) => part.tensors);
  return {
    container: checkpoint.container,
    size: checkpoint.files.reduce((sum, file) => sum + file.size, 0),
    files: checkpoint.files.map(({ path, size }) => ({ path, size })),
    tensors: tensors.length,
    parameters: components.reduce((sum, component) => sum + component.parameters, 0),
    dtypes: dtypesOf(tensors),
    ...(checkpoint.pickles === undefined ? {} : { pickles: checkpoint.pickles }),
  };
}

/** A component without its tensors. */
export function summariseComponent(component: Component): ComponentSummary {
  const { kind, id, title, part, variant, prefix, parameters, facts, net } = component;
  const dtypes = dtypesOf(component.tensors.map(({ tensor }) => tensor));
  return {
    kind,
    id,
    title,
    part,
    ...(variant === undefined ? {} : { variant }),
    prefix,
    tensors: component.tensors.length,
    parameters,
    dtypes,
    facts,
    ...(net === undefined ? {} : { dialect: net.dialect }),
  };
}

function dtypesOf(tensors: readonly { readonly dtype: string }[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { dtype } of tensors) counts.set(dtype, (counts.get(dtype) ?? 0) + 1);
  return counts;
}

/** True when something of the file was not read or not checked. */
function isIncomplete(file: FileReport): boolean {
  return file.failure !== undefined || file.unchecked.length > 0;
}

/** True when everything of the file was checked, and nothing worse than a note was found. */
export function isSound(file: FileReport): boolean {
  return !isIncomplete(file) && !isFaulty(file);
}

function isFaulty(file: FileReport): boolean {
  return file.findings.some(({ severity }) => severity !== 'note');
}

/** Findings of one severity. */
export function countOf(findings: readonly Finding[], severity: Severity): number {
  return findings.filter((finding) => finding.severity === severity).length;
}

/** The order of files in a report. */
export function byPath(a: FileReport, b: FileReport): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** Counts over all files. */
export function totalsOf(files: readonly FileReport[]): Totals {
  const findings = files.flatMap((file) => file.findings);
  return {
    files: files.length,
    sound: files.filter(isSound).length,
    faulty: files.filter(isFaulty).length,
    incomplete: files.filter(isIncomplete).length,
    errors: countOf(findings, 'error'),
    warnings: countOf(findings, 'warning'),
    notes: countOf(findings, 'note'),
    suppressed: files.reduce((sum, file) => sum + (file.suppressed?.length ?? 0), 0),
  };
}
