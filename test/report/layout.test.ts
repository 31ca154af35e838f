import * as fc from '../build/properties.ts';
import { describe, expect, test } from 'vitest';
import { displayWidth } from '../../src/report/escape.ts';
import { counted, formatBytes, formatCount, formatDtypes } from '../../src/report/numbers.ts';
import { table } from '../../src/report/table.ts';
import { finish, PLAIN } from '../../src/report/view.ts';
import { wrap } from '../../src/report/wrap.ts';

test('numbers are for people', () => {
  expect([0, 999, 1000, 12_345, 999_949, 999_950, 859_520_964, 2_567_463_684].map(formatCount)).toEqual([
    '0',
    '999',
    '1.0 k',
    '12.3 k',
    '999.9 k',
    '1.0 M',
    '859.5 M',
    '2.6 B',
  ]);
  expect([0, 1, 999, 1000, 4_265_380_512, 250_000_000].map(formatBytes)).toEqual([
    '0 bytes',
    '1 byte',
    '999 bytes',
    '1.00 kB',
    '4.27 GB',
    '250.0 MB',
  ]);
  expect([counted(1, 'file'), counted(2, 'file'), counted(0, 'box', 'boxes')]).toEqual([
    '1 file',
    '2 files',
    '0 boxes',
  ]);
  const dtypes = new Map([
    ['F32', 12],
    ['BF16', 3],
    ['F16', 12],
  ]);
  expect(formatDtypes(dtypes)).toBe('F16 12 · F32 12 · BF16 3');
});

describe('wrap', () => {
  test('hangs under what leads, and cuts long names at their joints', () => {
    expect(wrap('one two three four', 16, '  - ')).toEqual(['  - one two', '    three four']);
    expect(wrap('down_blocks.0.resnets.1.conv1.weight', 24)).toEqual([
      'down_blocks.0.resnets.1.',
      'conv1.weight',
    ]);
  });

  test('no line is too long, and nothing is lost', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z.]{1,40}$/)),
        fc.integer({ min: 20, max: 90 }),
        (words, width) => {
          const lines = wrap(words.join(' '), width, '  ');
          for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
          expect(lines.join('').replaceAll(' ', '')).toBe(words.join(''));
        },
      ),
    );
  });
});

describe('table', () => {
  const columns = [
    { title: 'name', shrinks: true },
    { title: 'count', align: 'right' as const },
  ];
  const rows = [
    { cells: [{ text: 'a' }, { text: '1' }] },
    { cells: [{ text: 'a.rather.long.name.of.a.tensor' }, { text: '12345' }], remark: 'a remark' },
  ];
  const at = (width: number) => table(columns, rows, { width, palette: PLAIN, ascii: false });

  test('aligns', () => {
    expect(at(80)).toEqual([
      '  name                            count',
      '  a                                   1',
      '  a.rather.long.name.of.a.tensor  12345',
      '    a remark',
    ]);
  });

  test('cuts what may be cut', () => {
    expect(at(30)[2]).toBe('  a.rather.l…f.a.tensor  12345');
  });

  test('becomes a list when nothing else helps', () => {
    expect(at(16)).toEqual(['  a', '    count 1', '  a.rathe…tensor', '    count 12345', '    a remark']);
  });
});

test('in ASCII every glyph keeps its column, and nothing else gets through', () => {
  const view = { width: 80, palette: PLAIN, ascii: true };
  expect(finish(['╰─ ■◆ ╌▶ ✘ 64×64 ', '日'], view)).toBe('\\- RT .> X 64x64\n\\u65e5\n');
});
