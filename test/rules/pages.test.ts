import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ruleIndex, rulePage } from '../../src/report/rule-page.ts';
import { rules } from '../../src/rules/index.ts';

const FOLDER = new URL('../../docs/rules/', import.meta.url);

// `npm run docs` brings them up to date
test('every rule has a page, and no page is without a rule', () => {
  const pages = readdirSync(FOLDER).sort();
  expect(pages).toEqual([...rules.map(({ id }) => `${id}.md`), 'README.md'].sort());
});

test.each(rules)('the page of $id is what the rule says', (rule) => {
  expect(readFileSync(new URL(`${rule.id}.md`, FOLDER), 'utf8')).toBe(rulePage(rule));
});

test('the index is what the rules say', () => {
  expect(readFileSync(new URL('README.md', FOLDER), 'utf8')).toBe(ruleIndex(rules));
});
