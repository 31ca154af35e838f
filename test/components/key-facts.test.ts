import * as fc from '../build/properties.ts';
import { describe, expect, it } from 'vitest';
import { KeyFacts } from '../../src/components/key-facts.ts';

const facts = (...names: readonly string[]) =>
  new KeyFacts(names.map((name) => ({ name, shape: [name.length, 2] })));

describe('the names of a file', () => {
  it('counts numbers up to the first gap', () => {
    const keys = facts('in.0.weight', 'in.1.weight', 'in.3.weight', 'in.10.weight');
    expect(keys.run('in.', '.')).toBe(2);
    // without an end to the number, 10 begins as 1 does
    expect(facts('in.0.weight', 'in.10.weight').run('in.')).toBe(2);
  });

  it('gives sides from either end', () => {
    const keys = facts('weight');
    expect([keys.side('weight', 0), keys.side('weight', -1), keys.side('weight', 5)]).toEqual([
      6,
      2,
      undefined,
    ]);
    expect(keys.side('bias', 0)).toBeUndefined();
  });

  it('cuts, puts and exchanges prefixes', () => {
    const keys = facts('net.a', 'net.b', 'vae.a');
    expect(keys.under('net.').has('b')).toBe(true);
    expect(keys.under('net.').has('vae.a')).toBe(false);
    expect(keys.behind('model.').has('model.vae.a')).toBe(true);
    expect(keys.renamed('vae.', 'first.').has('first.a')).toBe(true);
    expect(facts('a').with(facts('b')).has('b')).toBe(true);
  });

  it('finds by prefix what a look at every name finds', () => {
    const name = fc.stringMatching(/^[ab.é]{0,6}$/);
    fc.assert(
      fc.property(fc.array(name, { maxLength: 30 }), name, (names, prefix) => {
        const keys = facts(...names);
        const found = new Set(names.filter((each) => each.startsWith(prefix)));
        expect(keys.count(prefix)).toBe(found.size);
        expect(keys.begins(prefix)).toBe(found.size > 0);
        expect(keys.contains(prefix)).toBe(names.some((each) => each.includes(prefix)));
      }),
    );
  });
});
