import { fails } from './fails.ts';
import { escapeText } from './escape.ts';
import { placeParts } from './places.ts';
import type { FileReport, Report } from './report.ts';
import { saidOf, wordFindings } from './words.ts';

/** One test case: what it is called, and the element that says how it went. */
interface Case {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'error';
  readonly body: string;
}

/**
 * The outcome of a run as JUnit XML: a suite a file, a case a finding. Findings that fail the run are failures, others
 * pass with their text; what could not be checked is an error. A file without any of these has one case that passes.
 */
export function junit(report: Report): string {
  const suites = report.files.map((file) => ({ file, cases: casesOf(file, report) }));
  const all = suites.flatMap(({ cases }) => cases);
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${attribute(report.tool.name)}" ${counts(all)}>`,
    ...suites.map(({ file, cases }) => suiteXml(file, cases)),
    '</testsuites>',
  ].join('\n')}\n`;
}

function casesOf(file: FileReport, report: Report): Case[] {
  const cases: Case[] = [];
  if (file.failure !== undefined) {
    const { reason, hint } = file.failure;
    cases.push(failed('error', 'can be read', reason, [reason, ...(hint === undefined ? [] : [hint])]));
  }
  for (const { path, reason } of file.unchecked) {
    cases.push(failed('error', `${path} is checked`, reason, [reason]));
  }
  for (const { finding, name, words } of wordFindings(file.findings, report.rules)) {
    const place = placeParts(finding.place, file).join(', ');
    const title = `${finding.rule} ${name}${place === '' ? '' : `: ${place}`}`;
    const text = [saidOf(words), `To mend it: ${words.fix}`];
    cases.push(
      fails(finding, report.failOn)
        ? failed('failed', title, words.what, text, finding.severity)
        : { name: title, outcome: 'passed', body: `<system-out>${content(text)}</system-out>` },
    );
  }
  return cases.length > 0 ? cases : [{ name: 'all rules', outcome: 'passed', body: '' }];
}

function failed(
  outcome: 'failed' | 'error',
  name: string,
  message: string,
  text: readonly string[],
  type: string = 'unchecked',
): Case {
  const element = outcome === 'failed' ? 'failure' : 'error';
  const body = `<${element} type="${type}" message="${attribute(message)}">${content(text)}</${element}>`;
  return { name, outcome, body };
}

function suiteXml(file: FileReport, cases: readonly Case[]): string {
  return [
    `  <testsuite name="${attribute(file.path)}" ${counts(cases)} skipped="0">`,
    ...cases.map((one) => caseXml(file, one)),
    '  </testsuite>',
  ].join('\n');
}

function caseXml({ path }: FileReport, { name, body }: Case): string {
  const open = `    <testcase classname="${attribute(path)}" name="${attribute(name)}"`;
  return body === '' ? `${open}/>` : `${open}>${body}</testcase>`;
}

function counts(cases: readonly Case[]): string {
  const of = (outcome: Case['outcome']) => cases.filter((one) => one.outcome === outcome).length;
  return `tests="${cases.length}" failures="${of('failed')}" errors="${of('error')}"`;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
]);

/** What XML 1.0 cannot hold is in a visible form after escaping. */
function attribute(raw: string): string {
  return escapeText(raw).replace(/[&<>"]/g, (character) => ENTITIES.get(character) ?? '');
}

function content(lines: readonly string[]): string {
  return lines.map(attribute).join('\n');
}
