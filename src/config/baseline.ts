/** Known findings. Ajv comes with this module, so it is imported only where there is a baseline. */
import schema from '../../schemas/baseline.schema.json' with { type: 'json' };
import type { ConfigIssue } from '../components/config-report.ts';
import { schemaCheck } from '../components/schema-issues.ts';
import { isJsonArray, isJsonObject, type JsonValue } from '../formats/json.ts';
import { fingerprints } from '../report/fingerprint.ts';
import { toJsonText } from '../report/json.ts';
import type { FileReport, Suppressed } from '../report/report.ts';
import type { Finding } from '../rules/rule.ts';

/** A finding that is known, by what stays the same from run to run. */
export interface KnownFinding {
  readonly rule: string;
  readonly fingerprint: string;
}

/** The known findings of each file, by its path relative to the baseline. */
export type Baseline = ReadonlyMap<string, readonly KnownFinding[]>;

const check = schemaCheck(schema, (pointer) => pointer);

/** The baseline of a document, or everything in it that cannot be, each with what would be right. */
export function readBaseline(
  value: JsonValue,
): { readonly baseline: Baseline } | { readonly issues: readonly ConfigIssue[] } {
  const issues = check(value);
  const files = isJsonObject(value) ? value.get('files') : undefined;
  if (issues.length > 0 || !isJsonArray(files)) return { issues };
  const baseline = new Map<string, KnownFinding[]>();
  for (const file of files.filter(isJsonObject)) {
    const path = String(file.get('path'));
    const known = file.get('findings');
    const own = (isJsonArray(known) ? known : []).filter(isJsonObject).map((one) => ({
      rule: String(one.get('rule')),
      fingerprint: String(one.get('fingerprint')),
    }));
    baseline.set(path, [...(baseline.get(path) ?? []), ...own]);
  }
  return { baseline };
}

/** The text of a baseline: files sorted by path, those without a finding left out. */
export function baselineText(baseline: Baseline): string {
  const files = [...baseline]
    .filter(([, findings]) => findings.length > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, findings]) => ({
      path,
      findings: findings.map(({ rule, fingerprint }) => ({ rule, fingerprint })),
    }));
  return toJsonText({ format: 'ungarble/baseline@1', files });
}

/** What a baseline makes of one file. */
interface AgainstBaseline {
  readonly file: FileReport;
  /** What the baseline of this file would be now. */
  readonly now: readonly KnownFinding[];
  /** Entries that no finding has any more. */
  readonly stale: readonly KnownFinding[];
}

/**
 * The report with the known findings set aside. An entry is stale where its file was wholly checked and its rule run.
 * @param ran whether the rule of an entry had what it needs: values, or a run
 */
export function againstBaseline(
  file: FileReport,
  known: readonly KnownFinding[],
  ran: (rule: string) => boolean,
): AgainstBaseline {
  const keys = new Set(known.map(keyOf));
  const found = fingerprints(file.findings).map((fingerprint, index) => {
    const finding = file.findings[index] as Finding;
    return { finding, rule: finding.rule as string, fingerprint };
  });
  const left = found.filter((one) => !keys.has(keyOf(one))).map(({ finding }) => finding);
  const set: readonly Suppressed[] = found
    .filter((one) => keys.has(keyOf(one)))
    .map(({ finding }) => ({ finding, by: 'baseline' }));
  const here = new Set(found.map(keyOf));
  const absent = known.filter((one) => !here.has(keyOf(one)));
  const whole = file.failure === undefined && file.unchecked.length === 0;
  const stale = absent.filter(({ rule }) => whole && ran(rule));
  const suppressed = [...(file.suppressed ?? []), ...set];
  return {
    file: { ...file, findings: left, ...(suppressed.length === 0 ? {} : { suppressed }) },
    now: [
      ...found.map(({ rule, fingerprint }) => ({ rule, fingerprint })),
      ...absent.filter((one) => !stale.includes(one)),
    ],
    stale,
  };
}

function keyOf({ rule, fingerprint }: KnownFinding): string {
  return `${rule} ${fingerprint}`;
}
