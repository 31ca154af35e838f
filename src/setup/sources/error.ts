import type { ConfigIssue } from '../../components/config-report.ts';

/** A setup could not be read. What is wrong, where, and what would be right. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
  readonly path: string;
  readonly issues: readonly ConfigIssue[];

  constructor(path: string, problem: string, issues: readonly ConfigIssue[] = []) {
    super(`${path}: ${problem}`);
    this.path = path;
    this.issues = issues;
  }
}
