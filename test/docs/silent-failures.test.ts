import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rules } from '../../src/rules/index.ts';
import { CATALOGUE } from '../cli/catalogue.ts';

const PAGE = new URL('../../docs/silent-failures.md', import.meta.url);

/** Rows of the table: number, kinds and the last column. */
const rows = readFileSync(PAGE, 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, number]) => /^\d+$/.test(number ?? ''))
  .map(([, number, , , kinds = '', said = '']) => ({ number: Number(number), kinds, said }));

test('there are all 47 rows, in order', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 47 }, (_, index) => index + 1));
});

test.each(rows)('row $number names rules that there are, or says why there is none', ({ said }) => {
  const named: readonly string[] = said.match(/[A-Z]{2,5}\d{3}/g) ?? [];
  const ids = new Set<string>(rules.map(({ id }) => id));
  expect(named.filter((id) => !ids.has(id))).toEqual([]);
  expect(named.length > 0 || /^none( yet)?: .{25,}/.test(said)).toBe(true);
});

test('each row that header or config tell has an example', () => {
  const told = rows.filter(({ kinds, said }) => /[HC]/.test(kinds) && !said.startsWith('none'));
  expect([...new Set(CATALOGUE.map(({ row }) => row))].sort((a, b) => a - b)).toEqual(
    told.map(({ number }) => number),
  );
});

test.each(CATALOGUE)('row $row: the example is of a rule that the page names ($rule)', ({ row, rule }) => {
  expect(rows.find(({ number }) => number === row)?.said).toContain(rule);
});

test('each rule of header and config that a row names has an example', () => {
  const examples = new Set(CATALOGUE.map(({ row, rule }) => `${row} ${rule}`));
  const named = rows
    .filter(({ said }) => !said.startsWith('none'))
    .flatMap(({ number, said }) => (said.match(/[A-Z]{2,5}\d{3}/g) ?? []).map((id) => `${number} ${id}`));
  // values are read off weights, which the examples do not have
  expect(named.filter((each) => !each.includes(' VAL') && !examples.has(each))).toEqual([]);
});
