import { compRules } from './comp.ts';
import { fmtRules } from './fmt.ts';
import { readRules } from './read.ts';
import { resRules } from './res.ts';
import { safeRules } from './safe.ts';
import { schedRules } from './sched.ts';
import { runRules as probeRules } from './run.ts';
import type { Finding, Rule, RuleContext, RuleId, Severity } from './rule.ts';
import { topoRules } from './topo.ts';
import { valRules } from './val.ts';

/** Every rule, by id. */
export const rules: readonly Rule[] = [
  ...fmtRules,
  ...topoRules,
  ...compRules,
  ...resRules,
  ...safeRules,
  ...schedRules,
  ...valRules,
  ...probeRules,
  ...readRules,
].sort((a, b) => (a.id < b.id ? -1 : 1));

const BY_ID = new Map<RuleId, Rule>(rules.map((rule) => [rule.id, rule]));

/**
 * The rule with that id.
 * @throws {RangeError} when there is none: a finding can only come from a rule of the registry.
 */
export function ruleOf(id: RuleId): Rule {
  const rule = BY_ID.get(id);
  if (rule === undefined) throw new RangeError(`no rule ${id}`);
  return rule;
}

const RANK: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** Runs every rule. Findings come the worst first, then by rule, then in the order of the file. */
export function runRules(context: RuleContext): readonly Finding[] {
  const findings = rules.flatMap((rule) =>
    [...rule.check(context)].map(
      (draft): Finding => ({
        rule: rule.id,
        severity: draft.severity ?? rule.severity,
        args: draft.args,
        place: draft.place,
        related: draft.related ?? [],
      }),
    ),
  );
  return findings.sort(worstFirst);
}

/** The order of findings: by severity, then by rule. */
export function worstFirst(a: Finding, b: Finding): number {
  return RANK[a.severity] - RANK[b.severity] || (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0);
}
