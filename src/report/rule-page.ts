import type { Rule } from '../rules/rule.ts';

const EVIDENCE = {
  header: 'the header: names, shapes, dtypes, metadata',
  config: 'the configuration beside the weights',
  values: 'the values of the tensors',
  run: 'a run of the net',
} as const;

const AREAS = {
  FMT: 'Container',
  SAFE: 'Safety',
  TOPO: 'Topology and skip connections',
  COMP: 'Components against each other',
  SCHED: 'Schedule and sampler',
  VAL: 'Values',
  RES: 'Resolution',
  RUN: 'Smoke test',
  READ: 'How a runtime would misread the file',
} as const;

/** A rule's page in Markdown: what `explain` prints and what `docs/rules/` holds. */
export function rulePage(rule: Rule): string {
  return `${[
    `# ${rule.id} ${rule.name}`,
    rule.title,
    [
      `- severity: ${rule.severity}, unless the finding says otherwise`,
      `- known by: ${EVIDENCE[rule.evidence]}`,
      `- since: ${rule.since}`,
    ].join('\n'),
    '## Why it matters',
    rule.why.trim(),
    '## How to mend it',
    rule.mend.trim(),
    ...(rule.sources.length === 0
      ? []
      : ['## Sources', rule.sources.map((source) => `- ${source}`).join('\n')]),
  ].join('\n\n')}\n`;
}

/** The index of all pages, by area. */
export function ruleIndex(rules: readonly Rule[]): string {
  const areas = Object.entries(AREAS).map(([area, title]) => ({
    title: `${title} (${area})`,
    rules: rules.filter(({ id }) => id.replace(/\d+$/, '') === area),
  }));
  const tables = areas
    .filter((area) => area.rules.length > 0)
    .map((area) =>
      [
        `## ${area.title}`,
        '',
        '| rule | name | severity | says |',
        '|---|---|---|---|',
        ...area.rules.map(
          ({ id, name, severity, title }) =>
            `| [${id}](${id}.md) | ${name} | ${severity} | ${title.replaceAll('|', String.raw`\|`)} |`,
        ),
      ].join('\n'),
    );
  return `${[
    '# Rules',
    'Each page is also printed by `ungarble explain <rule>`. Ids are stable and never used again for something else.',
    ...tables,
  ].join('\n\n')}\n`;
}
