import type { Finding, Severity } from '../rules/rule.ts';
import type { FailOn } from './report.ts';

const RANK: Readonly<Record<Severity, number>> = { note: 0, warning: 1, error: 2 };

/** Whether a finding fails a run. */
export function fails({ severity }: Finding, failOn: FailOn): boolean {
  return failOn !== 'never' && RANK[severity] >= RANK[failOn];
}
