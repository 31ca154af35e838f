import { describe, expect, test } from 'vitest';
import { rules } from '../../src/rules/index.ts';
import { compFixtures } from './fixtures/comp.ts';
import type { RuleFixture } from './fixtures/fixture.ts';
import { fmtFixtures } from './fixtures/fmt.ts';
import { readFixtures } from './fixtures/read.ts';
import { runFixtures } from './fixtures/run.ts';
import { safeFixtures } from './fixtures/safe.ts';
import { schedFixtures, setupFixtures } from './fixtures/sched.ts';
import { resFixtures, topoFixtures } from './fixtures/topo.ts';
import { valFixtures } from './fixtures/val.ts';

const fixtures = new Map<string, RuleFixture>(
  Object.entries({
    ...fmtFixtures,
    ...topoFixtures,
    ...compFixtures,
    ...resFixtures,
    ...safeFixtures,
    ...schedFixtures,
    ...setupFixtures,
    ...valFixtures,
    ...readFixtures,
    ...runFixtures,
  }),
);

function missing(id: string): never {
  throw new Error(`no fixture for ${id}`);
}

describe('the registry', () => {
  test('has each id and each name once', () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    expect(new Set(rules.map(({ name }) => name)).size).toBe(rules.length);
  });

  test('has a fixture for each rule, and no fixture without one', () => {
    expect([...fixtures.keys()].sort()).toEqual(rules.map(({ id }) => id).sort());
  });
});

describe.each(rules.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  test('fires on its failing fixture, and says so in words', async () => {
    const drafts = [...rule.check(await (fixtures.get(id)?.fails() ?? missing(id)))];
    expect(drafts.length).toBeGreaterThan(0);
    for (const draft of drafts) {
      const words = rule.words(draft.args);
      expect(words.what).not.toMatch(/undefined|NaN|\[object|\.$/);
      expect(words.what).not.toBe('');
      expect(Object.keys(draft.place).length).toBeGreaterThan(0);
      // reports in JSON are read back, and words are made of them again
      expect(JSON.parse(JSON.stringify(draft.args))).toEqual(draft.args);
    }
  });

  test('is silent on its passing fixture', async () => {
    const drafts = [...rule.check(await (fixtures.get(id)?.passes() ?? missing(id)))];
    expect(drafts).toEqual([]);
  });

  test('has a page worth reading', () => {
    expect(rule.title).toMatch(/^[A-Z]/);
    expect(rule.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(rule.why.length).toBeGreaterThan(80);
    expect(rule.mend.length).toBeGreaterThan(20);
    expect(rule.sources.length).toBeGreaterThan(0);
  });
});
