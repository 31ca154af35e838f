import type { Finding, Rule, Wording } from '../rules/rule.ts';

/** A finding with its words: the one place where they are derived. All texts are raw. */
export interface WordedFinding {
  readonly finding: Finding;
  readonly name: string;
  readonly words: Wording & { readonly fix: string };
}

/** Puts findings into words by the rules that made them. */
export function wordFindings(findings: readonly Finding[], rules: readonly Rule[]): readonly WordedFinding[] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  return findings.map((finding) => {
    const rule = byId.get(finding.rule);
    if (rule === undefined) throw new Error(`finding of a rule that is not registered: ${finding.rule}`);
    const words = rule.words(finding.args);
    // the page may have several lines, a finding has one
    const fix = words.fix ?? rule.mend.trim().replace(/\s+/g, ' ');
    return { finding, name: rule.name, words: { ...words, fix } };
  });
}
