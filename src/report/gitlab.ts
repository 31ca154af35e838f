import { escapeText } from './escape.ts';
import { fingerprints } from './fingerprint.ts';
import { type Json, toJsonText } from './json.ts';
import { pathOf } from './places.ts';
import type { FileReport, Report } from './report.ts';
import { sentencesOf, wordFindings } from './words.ts';

const SEVERITIES = { error: 'critical', warning: 'major', note: 'info' } as const;

/** The findings in the form of GitLab's code quality report (a subset of Code Climate's). */
export function gitlab(report: Report): string {
  return toJsonText(report.files.flatMap((file) => [...failures(file), ...issues(file, report)]));
}

function issues(file: FileReport, { rules }: Report): Json[] {
  const prints = fingerprints(file.findings);
  return wordFindings(file.findings, rules).map((worded, index) => {
    const { finding } = worded;
    return issue(
      sentencesOf(worded),
      finding.rule,
      // one name for a fault of two files would show it once
      `${prints[index]}:${pathOf(finding.place, file)}`,
      SEVERITIES[finding.severity],
      pathOf(finding.place, file),
    );
  });
}

/** There is no other place in the format for what could not be checked. */
function failures({ path, failure, unchecked }: FileReport): Json[] {
  const reasons = [
    ...(failure === undefined ? [] : [failure.reason]),
    ...unchecked.map((one) => `${one.path}: ${one.reason}`),
  ];
  return reasons.map((reason, index) =>
    issue(`could not be checked: ${reason}`, 'unchecked', `unchecked-${index}:${path}`, 'blocker', path),
  );
}

function issue(
  description: string,
  check: string,
  fingerprint: string,
  severity: string,
  path: string,
): Json {
  return {
    description: escapeText(description),
    check_name: check,
    fingerprint,
    severity,
    location: { path, lines: { begin: 1 } },
  };
}
