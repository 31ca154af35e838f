/** What is written as JSON is read back whole: every reporter says the same of both. */
import { describe, expect, test } from 'vitest';
import { reportFromJson } from '../../src/report/from-json.ts';
import { reporters } from '../../src/report/index.ts';
import type { Report } from '../../src/report/report.ts';
import { validateJson } from '../../src/report/validate-json.ts';
import { fileReport, finding, HOSTILE_NAME, hostileFinding, report, RULES, WIDE } from './reports.ts';

/** Holds every reporter to saying the same of a report and of what was read back of its JSON. */
async function expectSame(one: Report): Promise<void> {
  const back = reportFromJson(validateJson(one), one.rules);
  expect(validateJson(back)).toBe(validateJson(one));
  for (const { load } of reporters) {
    const render = await load();
    const of = (which: Report) => render(which, { all: true, view: WIDE });
    expect(of(back)).toBe(of(one));
  }
}

describe.each<[string, Report]>([
  ['nothing', report([])],
  ['hostile names', report([fileReport({ path: HOSTILE_NAME, findings: [hostileFinding] })])],
  [
    'what could not be checked',
    report(
      [
        fileReport({ unchecked: [{ path: 'vae', reason: 'why' }] }),
        fileReport({ path: 'b', failure: { kind: 'unreadable', reason: 'gone', hint: 'Look.' } }),
      ],
      'error',
      3,
    ),
  ],
  [
    'known findings',
    report([
      fileReport({
        suppressed: [
          { finding: hostileFinding, by: 'baseline' },
          { finding: finding({}), by: 'config', reason: 'meant so' },
        ],
        against: ['flow.json'],
      }),
    ]),
  ],
  [
    'a shard with all that can be said of a run',
    {
      ...report([fileReport({})]),
      config: 'ungarble.config.yaml',
      shard: { index: 1, count: 2, files: 2, list: '0123456789abcdef', asked: '0123456789abcdef' },
      stale: [{ path: HOSTILE_NAME, rule: 'TOPO001', fingerprint: '0123456789abcdef' }],
      unusedIgnores: [{ rule: 'TOPO', reason: HOSTILE_NAME }],
    },
  ],
])('%s', (_, one) => {
  test('is the same to every reporter', () => expectSame(one));

  test('lets no name act on a terminal', async () => {
    for (const { load } of reporters) {
      const render = await load();
      expect(render(one, { all: true, view: WIDE })).not.toMatch(/[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    }
  });
});

test('names of prototypes are names', () => {
  const facts = new Map([['__proto__', { value: 1, known: 'measured' as const, from: 'a' }]]);
  const [component] = fileReport({}).components;
  if (component === undefined) throw new Error('no component');
  const one = report([fileReport({ components: [{ ...component, facts }] })]);
  expect(reportFromJson(validateJson(one), RULES).files[0]?.components[0]?.facts).toEqual(facts);
});

test.each([
  ['[', 'it is no JSON'],
  ['[]', 'it is no report of ungarble validate --format json: its root must be object'],
  ['{"format":"ungarble/validate@2"}', 'it is no report'],
])('%s is no report', (text, words) => {
  expect(() => reportFromJson(text, RULES)).toThrow(words);
});

test('a finding of a rule that there is not, or with other arguments, is refused', () => {
  const text = validateJson(report([fileReport({ findings: [finding({})] })]));
  expect(() => reportFromJson(text, [])).toThrow('/files/0/findings/0: there is no rule "TOPO900"');
  const words = () => {
    throw new TypeError('of undefined');
  };
  const strict = RULES.map((rule) => Object.assign({}, rule, { words }));
  expect(() => reportFromJson(text, strict)).toThrow(
    'they are not those of TOPO900; was the report changed by hand?',
  );
});
