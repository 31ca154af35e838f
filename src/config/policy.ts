import type { FileReport, Suppressed } from '../report/report.ts';
import { worstFirst } from '../rules/index.ts';
import type { Finding } from '../rules/rule.ts';
import { areaOf, type Config, type Ignore } from './config.ts';
import { globMatcher } from './glob.ts';

interface Exception {
  readonly ignore: Ignore;
  readonly covers: (finding: Finding, place: string) => boolean;
  used: boolean;
}

/** What a config makes of findings: their levels, and which of them are no fault here. */
export class Policy {
  readonly #config: Pick<Config, 'rules' | 'ignores'>;
  readonly #exceptions: readonly Exception[];

  constructor(config: Pick<Config, 'rules' | 'ignores'>) {
    this.#config = config;
    this.#exceptions = config.ignores.map((ignore) => ({ ignore, covers: coverOf(ignore), used: false }));
  }

  /**
   * The report with the config's levels, and without what it passes over: that is kept as known findings.
   * @param place the file's path as patterns name it, relative to the config
   */
  apply(file: FileReport, place: string): FileReport {
    const findings: Finding[] = [];
    const suppressed: Suppressed[] = [...(file.suppressed ?? [])];
    const { rules } = this.#config;
    for (const found of file.findings) {
      const level = rules.get(found.rule) ?? rules.get(areaOf(found.rule));
      if (level === 'off') {
        suppressed.push({ finding: found, by: 'config', reason: `${found.rule} is off` });
        continue;
      }
      const finding = level === undefined ? found : { ...found, severity: level };
      const exceptions = this.#exceptions.filter(({ covers }) => covers(finding, place));
      for (const each of exceptions) each.used = true;
      const [first] = exceptions;
      if (first === undefined) findings.push(finding);
      else suppressed.push({ finding, by: 'config', reason: first.ignore.reason });
    }
    if (rules.size > 0) findings.sort(worstFirst);
    return { ...file, findings, ...(suppressed.length === 0 ? {} : { suppressed }) };
  }

  /** Ignores that no finding needed. */
  unused(): readonly Ignore[] {
    return this.#exceptions.filter(({ used }) => !used).map(({ ignore }) => ignore);
  }
}

function coverOf({ rule, files, tensor, block }: Ignore): Exception['covers'] {
  const anyOf = files?.map(globMatcher);
  const named = (pattern: string | undefined) => {
    if (pattern === undefined) return () => true;
    const matches = globMatcher(pattern);
    return (name: string | undefined) => name !== undefined && matches(name);
  };
  const [inTensor, inBlock] = [named(tensor), named(block)];
  return (finding, place) =>
    (finding.rule === rule || areaOf(finding.rule) === rule) &&
    (anyOf === undefined || anyOf.some((matches) => matches(place))) &&
    inTensor(finding.place.tensor) &&
    inBlock(finding.place.block);
}
