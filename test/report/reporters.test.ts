import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { github } from '../../src/report/github.ts';
import { reporters } from '../../src/report/index.ts';
import { inspectJson } from '../../src/report/inspect-json.ts';
import { inspectText } from '../../src/report/inspect-text.ts';
import { isSound, type Inspection, type Report } from '../../src/report/report.ts';
import { ruleIndex, rulePage } from '../../src/report/rule-page.ts';
import { validateDetailedJson, validateJson } from '../../src/report/validate-json.ts';
import { validateText } from '../../src/report/validate-text.ts';
import { PLAIN } from '../../src/report/view.ts';
import { makeComponent, makeNet, makeScale, SD1 } from './nets.ts';
import { fileReport, finding, HOSTILE_NAME, hostileFinding, report, RULES, TOOL, WIDE } from './reports.ts';
import { REPORTS } from './samples.ts';

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
const schema = (name: string) =>
  ajv.compile(
    JSON.parse(readFileSync(new URL(`../../schemas/${name}.schema.json`, import.meta.url), 'utf8')),
  );
const isValidateJson = schema('validate');
const isInspectJson = schema('inspect');

describe.each(Object.entries(REPORTS))('%s', (name, one) => {
  test('as text', async () => {
    await expect(validateText(one, { all: false }, WIDE)).toMatchFileSnapshot(`reports/${name}.txt`);
  });

  test('as JSON, by its schema', async () => {
    const text = validateJson(one);
    const value = JSON.parse(text);
    isValidateJson(value);
    expect(isValidateJson.errors).toBe(null);
    await expect(text).toMatchFileSnapshot(`reports/${name}.json`);
  });

  test.each(['json-details', 'concise', 'sarif', 'junit', 'github', 'gitlab', 'markdown', 'jsonl', 'html'])(
    'as %s',
    async (id) => {
      const reporter = reporters.find((other) => other.id === id);
      const render = await reporter?.load();
      const text = render?.(one, { all: false, view: WIDE }) ?? '';
      await expect(text).toMatchFileSnapshot(`reports/${name}.${id}.txt`);
    },
  );

  test('as JSON with details, by its schema', () => {
    isValidateJson(JSON.parse(validateDetailedJson(one)));
    expect(isValidateJson.errors).toBe(null);
  });

  test('no reporter lets a name act on a terminal', async () => {
    for (const reporter of reporters) {
      const render = await reporter.load();
      const text = render(one, { all: true, view: WIDE });
      expect(text).not.toMatch(/[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      expect(text.endsWith('\n')).toBe(true);
    }
  });
});

test('JSON keeps names exactly', () => {
  const { files } = JSON.parse(validateJson(REPORTS['hostile'] as Report));
  expect(files[0].path).toBe(HOSTILE_NAME);
  expect(files[0].findings[0].args.name).toBe(HOSTILE_NAME);
});

test('many findings of one rule fold, and --all unfolds them', () => {
  const one = REPORTS['findings'] as Report;
  expect(validateText(one, { all: false }, WIDE)).toContain(
    '+ 37 more of TOPO900 (test-skip); --all shows them',
  );
  expect(validateText(one, { all: true }, WIDE)).toContain('block 44');
});

test('many sound files are counted, and --all lists them', () => {
  const files = Array.from({ length: 30 }, (_, index) => fileReport({ path: `${index}.safetensors` }));
  expect(validateText(report(files), { all: false }, WIDE)).toBe(
    '+ 30 sound files; --all lists them\n\n30 files: 30 sound; 0 could not be checked\n',
  );
  expect(validateText(report(files), { all: true }, WIDE)).toContain('29.safetensors');
});

test('the summary counts', () => {
  const lastLine = (one: Report) => validateText(one, { all: false }, WIDE).trimEnd().split('\n').at(-1);
  expect(lastLine(REPORTS['clean'] as Report)).toBe('2 files: 2 sound; 0 could not be checked');
  expect(lastLine(REPORTS['findings'] as Report)).toBe(
    '3 files: 2 sound, 1 with 45 errors, 1 warning, 1 note; 0 could not be checked',
  );
  expect(lastLine(REPORTS['unreadable'] as Report)).toBe('2 files: 0 sound; 2 could not be checked');
});

test('what was not wholly checked is not sound', () => {
  expect(isSound(fileReport({}))).toBe(true);
  expect(isSound(fileReport({ unchecked: [{ path: 'a', reason: 'b' }] }))).toBe(false);
});

test('an annotation for GitHub holds findings of one severity', () => {
  const both = [finding({}), finding({ severity: 'warning' })];
  const rendered = github(report([fileReport({ findings: both })]));
  expect(rendered.match(/^::\w+/gm)).toEqual(['::error', '::warning']);
});

describe('inspect', () => {
  const net = makeNet(SD1);
  const component = makeComponent(net);
  const inspection: Inspection = {
    tool: TOOL,
    rules: RULES,
    file: fileReport({ findings: [hostileFinding], unchecked: [{ path: HOSTILE_NAME, reason: 'PyTorch' }] }),
    metadata: new Map([
      ['ss_b', '2'],
      ['a', '3'],
      ['modelspec.title', 'x'.repeat(3000)],
      ['__proto__', HOSTILE_NAME],
      ...Array.from({ length: 20 }, (_, index) => [`k${index}`, ''] as const),
    ]),
    nets: [
      { component, net, scale: makeScale(net, 512) },
      { component, net },
    ],
  };

  test('as JSON, by its schema, whatever the names', () => {
    const value = JSON.parse(inspectJson(inspection));
    isInspectJson(value);
    expect(isInspectJson.errors).toBe(null);
    expect(Object.entries(value.metadata)).toContainEqual(['__proto__', HOSTILE_NAME]);
    expect(value.nets[0].skips).toHaveLength(12);
    expect(value.nets[0].skips[0]).toMatchObject({ holds: true, fits: true });
    expect(value.nets[1].skips[0]).not.toHaveProperty('fits');
  });

  test('as text, in any width', async () => {
    for (let width = 20; width <= 130; width += 1) {
      const text = inspectText(
        inspection,
        { skips: true },
        { width, palette: PLAIN, ascii: width % 2 === 0 },
      );
      expect(text.split('\n').filter((line) => line.length > width)).toEqual([]);
      expect(text).not.toMatch(/[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    }
    const text = inspectText(inspection, { skips: false }, { width: 80, palette: PLAIN, ascii: false });
    await expect(text).toMatchFileSnapshot('reports/inspect.txt');
  });

  test('a file that could not be read says why', () => {
    const failure = { kind: 'unreadable' as const, reason: 'permission denied', hint: 'Ask its owner.' };
    const file = { path: 'a', components: [], findings: [], unchecked: [], failure };
    const unread: Inspection = { tool: TOOL, rules: RULES, file, nets: [] };
    expect(inspectText(unread, { skips: false }, WIDE)).toBe(
      'a\n  could not be read: permission denied\n  Ask its owner.\n',
    );
    expect(isInspectJson(JSON.parse(inspectJson(unread)))).toBe(true);
  });
});

test('rule pages hold everything a rule says', () => {
  expect(RULES.map(rulePage).join('\n')).toMatchSnapshot('pages');
  expect(ruleIndex(RULES)).toMatchSnapshot('index');
});
