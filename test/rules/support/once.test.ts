import { expect, test } from 'vitest';
import type { RuleContext } from '../../../src/rules/rule.ts';
import { oncePerContext } from '../../../src/rules/support/once.ts';
import { checkpoint } from '../../build/checkpoint.ts';

test('what many rules ask of a context is computed once for each, also where it is nothing', () => {
  const context = (): RuleContext => ({
    checkpoint: checkpoint({ parts: [] }),
    components: [],
    configs: [],
  });
  const [one, other] = [context(), context()];
  const asked: RuleContext[] = [];
  const sidecarOf = oncePerContext((each) => {
    asked.push(each);
    return each.sidecar;
  });
  expect([one, other, one, other].map(sidecarOf)).toEqual([undefined, undefined, undefined, undefined]);
  expect(asked).toHaveLength(2);
  expect(asked[0]).toBe(one);
  expect(asked[1]).toBe(other);
});
