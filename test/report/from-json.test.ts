/** What is written as JSON is read back whole: every reporter says the same of both. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { reportFromJson } from '../../src/report/from-json.ts';
import { reporters } from '../../src/report/index.ts';
import type { Report } from '../../src/report/report.ts';
import { validateDetailedJson, validateJson } from '../../src/report/validate-json.ts';
import { details, named, programs, runFound } from './details.ts';
import { makeNet, SD1, withBrokenSkip } from './nets.ts';
import { fileReport, finding, HOSTILE_NAME, hostileFinding, report, RULES, WIDE } from './reports.ts';

const SCHEMA = new URL('../../schemas/validate.schema.json', import.meta.url);
const isReport = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(SCHEMA, 'utf8')),
);

/** Holds every reporter to saying the same of a report and of what was read back of its JSON. */
async function expectSame(one: Report, write = validateJson): Promise<void> {
  const text = write(one);
  isReport(JSON.parse(text));
  expect(isReport.errors).toBe(null);
  const back = reportFromJson(text, one.rules);
  expect(write(back)).toBe(text);
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
      excluded: 2,
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

describe('with details', () => {
  const unfit = withBrokenSkip(makeNet(SD1), 4);
  const drawn = { ...details(unfit, [], 520, programs('SDXL')), run: runFound('What was measured.') };

  test.each([
    ['a net that was run', report([fileReport({ details: drawn })])],
    [
      'a net without a middle',
      report([fileReport({ details: details(makeNet({ ...SD1, withMiddle: false })) })]),
    ],
    ['files with and without', report([fileReport({ details: drawn }), fileReport({ path: 'b' })])],
    ['hostile names', named(HOSTILE_NAME)],
    ['markup', named('</script>]]>--><b>')],
  ])('%s: the page is the same', async (_, one) => {
    await expectSame(one, validateDetailedJson);
    // what is small stays small
    expect(
      reportFromJson(validateJson(one), one.rules).files.some((file) => file.details !== undefined),
    ).toBe(false);
  });

  const told = { value: [[[1]]], known: 'declared', from: '', file: '', pointer: '' };

  test.each<[what: string, path: string, value: unknown, words: string]>([
    ['a size that is none', 'nets/0/u/rows/0/size', { height: '9', width: 9 }, '/size/height'],
    ['a number below nothing', 'nets/0/u/rows/0/channels', -1, '/channels must be >= 0'],
    ['a part of a page', 'runtimes', undefined, 'must have propert'],
    ['a kind of block that there is not', 'nets/0/u/rows/0/entry', '<b>', '/entry'],
    ['a value as deep as one likes', 'setups/0/fields/steps', told, '/steps/value/0'],
    ['more than is written', 'script', 'x', 'must NOT have additional properties'],
  ])('%s is refused', (_, path, value, words) => {
    const one = JSON.parse(validateDetailedJson(report([fileReport({ details: drawn })])));
    const keys = path.split('/');
    const last = keys.pop() ?? '';
    let at = one.files[0].details;
    for (const key of keys) at = at[key];
    at[last] = value;
    expect(() => reportFromJson(JSON.stringify(one), RULES)).toThrow(words);
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
