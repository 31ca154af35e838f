import { describe, expect, expectTypeOf, it } from 'vitest';
import { MAX_FAULTS_PER_KIND } from '../../src/bytes/limits.ts';
import { memorySource } from '../../src/bytes/memory.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import type { FindingKind } from '../../src/rules/support/fault-rule.ts';
import { fmtRules } from '../../src/rules/fmt.ts';
import { safeFaultRules } from '../../src/rules/safe.ts';
import type { Rule } from '../../src/rules/rule.ts';
import { assemble, buildDefect, DEFECT_NAMES, entry } from '../build/safetensors.ts';
import { fmtFixtures } from './fixtures/fmt.ts';

const rules: readonly Rule[] = fmtRules;

describe('the FMT rules', () => {
  it('cover every kind of fault that is a finding', () => {
    type Covered = (typeof fmtRules | typeof safeFaultRules)[number]['kinds'][number];
    expectTypeOf<Exclude<FindingKind, Covered>>().toEqualTypeOf<never>();
  });

  it('cover each kind once', () => {
    const kinds = [...fmtRules, ...safeFaultRules].flatMap((rule): readonly string[] => rule.kinds);
    expect(kinds.length).toBe(new Set(kinds).size);
  });

  it('have ids in order, and a fixture each', () => {
    const ids = rules.map((rule) => rule.id);
    expect(ids).toEqual([...ids].sort());
    expect(Object.keys(fmtFixtures)).toEqual(ids);
  });

  it.each(rules.map((rule) => [rule.id, rule] as const))(
    '%s fires on its failing fixture only',
    async (id, rule) => {
      const fixture = fmtFixtures[id];
      if (fixture === undefined) throw new Error(`no fixture for ${id}`);
      const drafts = [...rule.check(await fixture.fails())];
      expect(drafts.length).toBeGreaterThan(0);
      for (const draft of drafts) {
        const words = rule.words(draft.args);
        expect(words.what).toMatch(/^\S.*[^.\s]$/);
        expect(draft.place.file).toBeTruthy();
      }
      const passing = await fixture.passes();
      expect(rules.flatMap((other) => [...other.check(passing)])).toEqual([]);
      expect(passing.checkpoint.unchecked).toEqual([]);
    },
  );

  it.each(DEFECT_NAMES)('say something about %s, or list it as unchecked', async (defect) => {
    const checkpoint = await openCheckpoint(memorySource('m.safetensors', buildDefect(defect)));
    const drafts = rules.flatMap((rule) =>
      [...rule.check({ checkpoint, components: [], configs: [] })].map((draft) => ({ rule, draft })),
    );
    expect(drafts.length + checkpoint.unchecked.length).toBeGreaterThan(0);
    for (const { rule, draft } of drafts) expect(rule.words(draft.args).what).not.toContain('undefined');
  });

  it('report what was counted and not kept under the rule of its kind', async () => {
    const entries = Array.from({ length: 100 }, (_, i) => entry(`t${i}`, 'U8', [8], 0, 8));
    const bytes = assemble(`{${entries.join(',')}}`, new Uint8Array(8));
    const checkpoint = await openCheckpoint(memorySource('m.safetensors', bytes));
    const rule = rules.find((one) => one.name === 'tensor-overlap');
    const drafts = [...(rule?.check({ checkpoint, components: [], configs: [] }) ?? [])];
    expect(drafts.length).toBe(MAX_FAULTS_PER_KIND + 1);
    expect(rule?.words(drafts.at(-1)?.args ?? {}).what).toBe('49 more of these in the file');
  });

  it('put a finding into words', async () => {
    const worded: string[] = [];
    for (const rule of rules) {
      const [draft] = rule.check(
        (await fmtFixtures[rule.id]?.fails()) ?? { checkpoint: never(), components: [], configs: [] },
      );
      const { what, found, expected, evidence } = rule.words(draft?.args ?? {});
      worded.push([rule.id, what, found ?? '-', expected ?? '-', evidence ?? '-'].join(' | '));
    }
    expect(worded).toMatchSnapshot();
  });
});

function never(): never {
  throw new Error('a rule without a fixture');
}
