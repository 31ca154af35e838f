import * as fc from '../build/properties.ts';
import { describe, expect, test } from 'vitest';
import {
  displayWidth,
  escapeText,
  padEnd,
  padStart,
  showText,
  truncateMiddle,
} from '../../src/report/escape.ts';

// what no shown text may hold: controls, format characters, surrogates, separators, spaces but one
const ACTS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

describe('escapeText', () => {
  test.each([
    ['plain.name_0', 'plain.name_0'],
    ['\u001b[31mred', String.raw`\x1b[31mred`],
    ['a\nb\tc\r', String.raw`a\x0ab\x09c\x0d`],
    ['\u009b2J\u007f', String.raw`\x9b2J\x7f`],
    ['bidi\u202egnp', String.raw`bidi\u202egnp`],
    ['\u2066iso\u2069', String.raw`\u2066iso\u2069`],
    ['zero\u200bwidth\ufeff', String.raw`zero\u200bwidth\ufeff`],
    ['lone \ud800', String.raw`lone \ud800`],
    ['tag \u{e0041}', String.raw`tag \u{e0041}`],
    ['no-break\u00a0space', String.raw`no-break\xa0space`],
    ['\u0301leads', String.raw`\u0301leads`],
    ['日本語 é ü', '日本語 é ü'],
    [String.raw`a \x1b b`, String.raw`a \x5cx1b b`],
    [String.raw`C:\models\unet`, String.raw`C:\models\unet`],
    ['a##vso[task.setvariable variable=b]c', String.raw`a\x23#vso[task.setvariable variable=b]c`],
    ['a###[add-mask]b', String.raw`a#\x23#[add-mask]b`],
    ['::stop-commands::a', String.raw`\x3a:stop-commands::a`],
    [' ::error::a', String.raw` \x3a:error::a`],
    ['std::vector #1 ##', 'std::vector #1 ##'],
  ])('%j', (raw, shown) => expect(escapeText(raw)).toBe(shown));

  test('in ASCII, all else is escaped', () => {
    expect(escapeText('日é', true)).toBe(String.raw`\u65e5\xe9`);
  });

  test('no text can act on a terminal, and no two texts look alike', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, fc.boolean(), (raw, ascii) => {
        const shown = escapeText(raw, ascii);
        expect(shown).not.toMatch(ACTS);
        expect(ascii && /[^\x20-\x7e]/.test(shown)).toBe(false);
      }),
    );
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(escapeText(a) === escapeText(b)).toBe(a === b);
      }),
    );
  });
});

describe('truncateMiddle', () => {
  test('keeps both ends', () => {
    expect(truncateMiddle('abcdefghij', 10)).toBe('abcdefghij');
    expect(truncateMiddle('abcdefghij', 7)).toBe('abc…hij');
    expect(truncateMiddle('abcdefghij', 1)).toBe('…');
    expect(truncateMiddle('abcdefghij', 0)).toBe('');
  });

  test('never cuts an escape in two', () => {
    expect(truncateMiddle(String.raw`\x1b\x1b\x1b\x1b`, 12)).toBe(String.raw`\x1b…\x1b`);
  });

  test('fits, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(60), (raw, width) => {
        expect(displayWidth(showText(raw, width))).toBeLessThanOrEqual(Math.max(width, 0));
      }),
    );
  });

  test('a text of megabytes costs no more than what is shown of it', () => {
    expect(showText('x'.repeat(50_000_000), 20)).toHaveLength(20);
  });
});

test('padding counts columns', () => {
  expect(padEnd('ab', 4)).toBe('ab  ');
  expect(padStart('日', 4)).toBe('  日');
  expect(padEnd('abcd', 2)).toBe('abcd');
});
