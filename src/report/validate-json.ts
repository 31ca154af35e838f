import { checkpointJson, componentJson, findingJson, incompleteJson, toJsonText } from './json.ts';
import type { Report } from './report.ts';
import { wordFindings } from './words.ts';

/** The outcome of a run as JSON, held to `schemas/validate.schema.json`. */
export function validateJson(report: Report): string {
  const { tool, failOn, exitCode, totals } = report;
  return toJsonText({
    format: 'ungarble/validate@1',
    tool: { name: tool.name, version: tool.version },
    failOn,
    exitCode,
    totals: {
      files: totals.files,
      sound: totals.sound,
      faulty: totals.faulty,
      incomplete: totals.incomplete,
      errors: totals.errors,
      warnings: totals.warnings,
      notes: totals.notes,
    },
    files: report.files.map((file) => ({
      path: file.path,
      checkpoint: file.checkpoint && checkpointJson(file.checkpoint),
      components: file.components.map(componentJson),
      findings: wordFindings(file.findings, report.rules).map(findingJson),
      ...incompleteJson(file),
    })),
  });
}
