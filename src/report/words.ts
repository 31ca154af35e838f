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

/** What is wrong, what was found and how to mend it, in a sentence each. Raw. */
export function sentencesOf({ words }: WordedFinding): string {
  return `${saidOf(words)} To mend it: ${words.fix}`;
}

/** What is wrong and what was found, in a sentence each. Raw. */
export function saidOf({ what, found, expected, evidence }: Wording): string {
  return [
    `${what}.`,
    ...(found === undefined ? [] : [`Found: ${found}.`]),
    ...(expected === undefined ? [] : [`Expected: ${expected}.`]),
    ...(evidence === undefined ? [] : [`Known by: ${evidence}.`]),
  ].join(' ');
}

/** The findings of one rule and severity together: they come sorted by both. */
export function groupsByRule(findings: readonly WordedFinding[]): WordedFinding[][] {
  const groups: WordedFinding[][] = [];
  for (const worded of findings) {
    const { rule, severity } = worded.finding;
    const last = groups.at(-1);
    const first = last?.[0]?.finding;
    if (first?.rule === rule && first.severity === severity) last?.push(worded);
    else groups.push([worded]);
  }
  return groups;
}
