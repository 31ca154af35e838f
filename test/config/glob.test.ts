import { expect, test } from 'vitest';
import { globMatcher } from '../../src/config/glob.ts';

test.each([
  ['models/*.safetensors', ['models/a.safetensors'], ['models/b/a.safetensors', 'models/a.safetensorsx']],
  ['models/**', ['models/a', 'models/b/a'], ['models', 'other/models/a']],
  ['models/', ['models/a', 'models/b/a'], ['models']],
  ['**/a.ckpt', ['a.ckpt', 'x/y/a.ckpt'], ['xa.ckpt']],
  ['**', ['a', 'a/b'], []],
  ['a/**/b', ['a/b', 'a/x/y/b'], ['a/xb', 'ab']],
  ['a**b', ['ab', 'axxb'], ['a/b']],
  ['m?.pt', ['m1.pt'], ['m.pt', 'm/.pt']],
  ['*.{ckpt,pt}', ['a.ckpt', 'a.pt'], ['a.pth']],
  ['[ab]1', ['a1', 'b1'], ['c1']],
  ['[!ab]1', ['c1'], ['a1']],
  ['./a', ['a', './a'], ['b']],
  ['a+(b).c^$|', ['a+(b).c^$|'], ['aab.c']],
  ['a}b]c', ['a}b]c'], []],
  ['up_blocks.1.*', ['up_blocks.1.resnets.0'], ['up_blocks.10.resnets']],
])('%s', (pattern, matching, others) => {
  const matches = globMatcher(pattern);
  expect(matching.filter((path) => !matches(path))).toEqual([]);
  expect(others.filter(matches)).toEqual([]);
});

test.each(['a[b', 'a{b', '[]'])('%s is no pattern', (pattern) => {
  expect(() => globMatcher(pattern)).toThrow(SyntaxError);
});
