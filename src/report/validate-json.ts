import { fingerprints } from './fingerprint.ts';
import {
  checkpointJson,
  componentJson,
  findingJson,
  incompleteJson,
  type Json,
  toJsonLine,
  toJsonText,
} from './json.ts';
import { pickleJson } from './pickle-json.ts';
import type { FileReport, Report, ReportShard, Suppressed } from './report.ts';
import type { Setup } from '../setup/setup.ts';
import { wordFindings } from './words.ts';

/** The outcome of a run as JSON, held to `schemas/validate.schema.json`. */
export function validateJson(report: Report): string {
  return toJsonText({ ...head(report), files: report.files.map((file) => fileJson(file, report)) });
}

/** The same in one line, with the details of each file: what a page for people is made of, many times the size of the rest. */
export function validateDetailedJson(report: Report): string {
  const files = report.files.map((file) => ({ ...fileJson(file, report), details: detailsJson(file) }));
  return toJsonLine({ ...head(report), files });
}

/**
 * The same in lines, for what reads as it comes: each file with `"format": "ungarble/validate-file@1"`, the run last.
 */
export function validateJsonLines(report: Report): string {
  const lines = report.files.map((file) =>
    toJsonLine({ format: 'ungarble/validate-file@1', ...fileJson(file, report) }),
  );
  return [...lines, toJsonLine({ ...head(report), format: 'ungarble/validate-run@1' })].join('');
}

function head({ tool, failOn, exitCode, totals, against, ...run }: Report): { readonly [key: string]: Json } {
  return {
    format: 'ungarble/validate@1',
    against: against?.map(setupJson),
    tool: { name: tool.name, version: tool.version },
    failOn,
    exitCode,
    config: run.config,
    excluded: run.excluded,
    shard: run.shard && shardJson(run.shard),
    unusedIgnores: run.unusedIgnores?.map(({ rule, reason }) => ({ rule, reason })),
    stale: run.stale?.map(({ path, rule, fingerprint }) => ({ path, rule, fingerprint })),
    totals: {
      files: totals.files,
      sound: totals.sound,
      faulty: totals.faulty,
      incomplete: totals.incomplete,
      errors: totals.errors,
      warnings: totals.warnings,
      notes: totals.notes,
      suppressed: totals.suppressed,
    },
  };
}

function fileJson(file: FileReport, { rules }: Report): { readonly [key: string]: Json } {
  const prints = fingerprints(file.findings);
  const { suppressed = [] } = file;
  const known = wordFindings(
    suppressed.map(({ finding }) => finding),
    rules,
  );
  return {
    path: file.path,
    checkpoint: file.checkpoint && checkpointJson(file.checkpoint),
    components: file.components.map(componentJson),
    findings: wordFindings(file.findings, rules).map((worded, index) =>
      findingJson(worded, { fingerprint: prints[index] }),
    ),
    suppressed:
      known.length === 0
        ? undefined
        : known.map((worded, index) => {
            const { by, reason } = suppressed[index] as Suppressed;
            return findingJson(worded, { by, reason });
          }),
    against: file.against,
    ...incompleteJson(file),
  };
}

/** What is shown of a file beside its findings; nothing where none of it is there. */
function detailsJson({ details, checkpoint, transfer }: FileReport): Json {
  if (details === undefined && checkpoint?.pickles === undefined && transfer === undefined) return undefined;
  return {
    // plain data, as the schema has it
    ...(details as unknown as { readonly [key: string]: Json } | undefined),
    pickles: checkpoint?.pickles?.map(pickleJson),
    transfer: transfer && { requests: transfer.requests, bytes: transfer.bytes },
  };
}

function shardJson({ index, count, files, list, asked }: ReportShard): Json {
  return { index, count, files, list, asked };
}

function setupJson({ name, program, fields, notes }: Setup): Json {
  return { name, program, fields: fields as unknown as Json, notes };
}
