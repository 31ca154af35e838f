import type { Evidence, FindingPlace, Rule, RuleId } from '../rules/rule.ts';
import { escapeText } from './escape.ts';
import { fingerprints } from './fingerprint.ts';
import { type Json, toJsonText } from './json.ts';
import { pathOf } from './places.ts';
import type { FileReport, Report, Suppressed } from './report.ts';
import { rulePage } from './rule-page.ts';
import { uriOf } from './uri.ts';
import { sentencesOf, wordFindings } from './words.ts';

/**
 * The outcome of a run as SARIF 2.1.0 (OASIS), for code scanning: one run, the rules that found something, each finding
 * with its bytes, tensor and block, and a fingerprint by which it is known again in the next run.
 */
export function sarif(report: Report): string {
  const found = report.files.flatMap(({ findings, suppressed = [] }) => [
    ...findings,
    ...suppressed.map(({ finding }) => finding),
  ]);
  const ids = new Set(found.map(({ rule }) => rule));
  const rules = report.rules.filter(({ id }) => ids.has(id));
  const indexOf = new Map(rules.map(({ id }, index) => [id, index]));
  const { name, version } = report.tool;
  return toJsonText({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name, version, semanticVersion: version, rules: rules.map(ruleJson) } },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: !report.files.some(({ failure }) => failure !== undefined),
            exitCode: report.exitCode,
            toolExecutionNotifications: report.files.flatMap(notifications),
          },
        ],
        artifacts: report.files.flatMap(artifacts),
        results: report.files.flatMap((file) => results(file, report, indexOf)),
      },
    ],
  });
}

const HOW: Readonly<Record<Evidence, string>> = {
  header: 'reads-header',
  config: 'reads-config',
  values: 'reads-values',
  run: 'runs-net',
};

function ruleJson(rule: Rule): Json {
  const plain = (markdown: string) => markdown.trim().replaceAll(/\s*\n\s*/g, ' ');
  return {
    id: rule.id,
    name: rule.name,
    shortDescription: { text: rule.title },
    fullDescription: { text: plain(rule.why) },
    help: { text: plain(rule.mend), markdown: rulePage(rule) },
    defaultConfiguration: { level: rule.severity },
    properties: {
      tags: [rule.id.replace(/\d+$/, ''), HOW[rule.evidence]],
      'problem.severity': rule.severity === 'note' ? 'recommendation' : rule.severity,
    },
  };
}

/** What could not be read or checked is no finding, and is told all the same. */
function notifications({ path, failure, unchecked }: FileReport): Json[] {
  const notification = (level: string, text: string, where: string): Json => ({
    level,
    message: { text: escapeText(text) },
    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(where) } } }],
  });
  return [
    ...(failure === undefined
      ? []
      : [notification('error', [failure.reason, failure.hint ?? ''].join(' ').trim(), path)]),
    ...unchecked.map((one) => notification('warning', `not checked: ${one.path}: ${one.reason}`, path)),
  ];
}

function artifacts(file: FileReport): Json[] {
  return (file.checkpoint?.files ?? []).map(({ path, size, sha256 }) => ({
    location: { uri: uriOf(pathOf({ file: path }, file)) },
    length: size,
    roles: ['analysisTarget'],
    hashes: sha256 === undefined ? undefined : { 'sha-256': sha256 },
  }));
}

function results(file: FileReport, { rules }: Report, indexOf: ReadonlyMap<RuleId, number>): Json[] {
  const suppressed = file.suppressed ?? [];
  const all = [...file.findings, ...suppressed.map(({ finding }) => finding)];
  const prints = fingerprints(all);
  return wordFindings(all, rules).map((worded, index) => ({
    ruleId: worded.finding.rule,
    ruleIndex: indexOf.get(worded.finding.rule),
    level: worded.finding.severity,
    message: { text: escapeText(sentencesOf(worded)) },
    locations: [location(worded.finding.place, file)],
    relatedLocations: worded.finding.related.map((place, id) => ({ id, ...location(place, file) })),
    partialFingerprints: { 'ungarble/v1': prints[index] },
    suppressions: suppression(suppressed[index - file.findings.length]),
  }));
}

function suppression(one: Suppressed | undefined): Json {
  return one && [{ kind: 'external', justification: one.reason ?? `in the ${one.by}` }];
}

function location(place: FindingPlace, file: FileReport): { readonly [key: string]: Json } {
  const { bytes, tensor, block, component } = place;
  const logical = [
    [tensor, 'member'],
    [block, 'module'],
    [component, 'namespace'],
  ] as const;
  return {
    physicalLocation: {
      artifactLocation: { uri: uriOf(pathOf(place, file)) },
      // code scanning wants a line, and a model file has none
      region: { startLine: 1, byteOffset: bytes?.offset, byteLength: bytes?.length },
    },
    logicalLocations: logical.flatMap(([name, kind]) =>
      name === undefined ? [] : [{ fullyQualifiedName: escapeText(name), kind }],
    ),
  };
}
