import * as fc from '../build/properties.ts';
import { describe, expect, test } from 'vitest';
import type { Sink } from '../../src/cli/io.ts';
import { colorDepthOf } from '../../src/cli/terminal.ts';
import { type Canvas, drawPicture } from '../../src/report/picture.ts';
import type { Picture } from '../../src/smoke/preview.ts';

type Rgb = readonly [number, number, number];

function filled(width: number, height: number, of: (x: number, y: number) => Rgb): Picture {
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const pixel = Math.floor(at / 3);
    return of(pixel % width, Math.floor(pixel / width))[at % 3] as number;
  });
  return { width, height, rgb };
}

const WIDE: Canvas = { columns: 80, rows: 24, depth: 'true', ascii: false };

/** The colours of each pixel that a terminal would show, by the half blocks of true colour. */
function shown(text: string): readonly (readonly Rgb[])[] {
  const pixels: Rgb[][] = [];
  for (const line of text.trimEnd().split('\n')) {
    const [above, below]: [Rgb[], Rgb[]] = [[], []];
    let [over, under]: [Rgb | undefined, Rgb | undefined] = [undefined, undefined];
    for (const [whole, codes] of line.matchAll(/\x1b\[([\d;]*)m|▀/g)) {
      if (whole === '▀') {
        if (over !== undefined) above.push(over);
        if (under !== undefined) below.push(under);
        continue;
      }
      for (const [, layer, red, green, blue] of (codes ?? '').matchAll(/([34])8;2;(\d+);(\d+);(\d+)/g)) {
        const color: Rgb = [Number(red), Number(green), Number(blue)];
        if (layer === '3') over = color;
        else under = color;
      }
    }
    pixels.push(above);
    if (below.length > 0) pixels.push(below);
  }
  return pixels;
}

const widthOf = (line: string) => line.replaceAll(/\x1b\[[\d;]*m/g, '').length;

describe('true colour', () => {
  test('a small picture is drawn pixel by pixel, never larger', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(),
        (width, height, seed) => {
          const picture = filled(width, height, (x, y) => [
            (x * 31 + seed) % 256,
            (y * 17 + seed) % 256,
            ((x * y + seed) * 7) % 256,
          ]);
          const pixels = shown(drawPicture(picture, WIDE));
          expect(pixels.flat(2)).toEqual(Array.from(picture.rgb));
        },
      ),
    );
  });

  test('a colour that stays is not named again, and each line ends plain', () => {
    const text = drawPicture(
      filled(4, 2, () => [1, 2, 3]),
      WIDE,
    );
    expect(text).toBe('\x1b[38;2;1;2;3;48;2;1;2;3m▀▀▀▀\x1b[0m\n');
  });

  test('an odd last row has nothing below it', () => {
    expect(
      drawPicture(
        filled(2, 1, () => [9, 9, 9]),
        WIDE,
      ),
    ).toBe('\x1b[38;2;9;9;9m▀▀\x1b[0m\n');
  });

  test('scaled down by the mean of light: black and white make 188, not 128', () => {
    const board = filled(160, 96, (x, y) => ((x + y) % 2 === 0 ? [255, 255, 255] : [0, 0, 0]));
    const pixels = shown(drawPicture(board, WIDE)).flat();
    expect(pixels).toHaveLength(80 * 48);
    expect(new Set(pixels.flat())).toEqual(new Set([188]));
  });

  test('a size that does not divide keeps the light of the whole', () => {
    const half = filled(101, 67, (x) => (x < 50.5 ? [255, 0, 0] : [0, 0, 255]));
    const pixels = shown(drawPicture(half, { ...WIDE, columns: 30 }));
    expect(pixels[0]).toHaveLength(30);
    expect(pixels[0]?.[0]).toEqual([255, 0, 0]);
    expect(pixels.at(-1)?.at(-1)).toEqual([0, 0, 255]);
  });
});

test('whatever the sizes, it stays in its canvas and keeps its aspect', () => {
  const size = fc.integer({ min: 1, max: 200 });
  fc.assert(
    fc.property(
      size,
      size,
      fc.integer({ min: 1, max: 120 }),
      fc.integer({ min: 1, max: 60 }),
      (width, height, columns, rows) => {
        const picture = { width, height, rgb: new Uint8Array(width * height * 3).fill(200) };
        for (const depth of ['true', '256', 'none'] as const) {
          const text = drawPicture(picture, { columns, rows, depth, ascii: false });
          const lines = text.split('\n').slice(0, -1);
          const drawnWidth = Math.max(...lines.map(widthOf));
          expect(lines.length).toBeLessThanOrEqual(rows);
          expect(drawnWidth).toBeLessThanOrEqual(Math.min(columns, width));
          const scale = Math.min(1, columns / width, (rows * 2) / height);
          expect(Math.abs(drawnWidth - Math.max(1, width * scale))).toBeLessThanOrEqual(0.5);
          expect(Math.abs(lines.length - Math.max(1, height * scale) / 2)).toBeLessThanOrEqual(1);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('no room, no picture', () => {
  for (const canvas of [{ columns: 0 }, { rows: 0 }, { columns: -3 }, { columns: Number.NaN }]) {
    expect(
      drawPicture(
        filled(4, 4, () => [0, 0, 0]),
        { ...WIDE, ...canvas },
      ),
    ).toBe('');
  }
});

test('256 colours: the nearest of the cube and the greys', () => {
  const colors: readonly (readonly [Rgb, number])[] = [
    [[0, 0, 0], 16],
    [[255, 255, 255], 231],
    [[255, 0, 0], 196],
    [[0, 0, 95], 17],
    [[8, 8, 8], 232],
    [[128, 128, 128], 244],
    [[238, 238, 238], 255],
    [[135, 175, 215], 110],
  ];
  for (const [color, index] of colors) {
    const text = drawPicture(
      filled(1, 1, () => color),
      { ...WIDE, depth: '256' },
    );
    expect(text).toBe(`\x1b[38;5;${index}m▀\x1b[0m\n`);
  }
});

describe('greys', () => {
  const ramp = filled(10, 2, (x) => {
    const level = Math.round((x * 255) / 9);
    return [level, level, level];
  });

  test('without colours and in ASCII: characters from dark to bright', () => {
    expect(drawPicture(ramp, { ...WIDE, depth: 'none' })).toBe(' .:-=+*#%@\n');
    expect(drawPicture(ramp, { ...WIDE, ascii: true })).toBe(' .:-=+*#%@\n');
  });

  test('nothing but printable ASCII, and no blanks at line ends', () => {
    const text = drawPicture(
      filled(50, 40, (x, y) => [(x * 5) % 256, (y * 6) % 256, 0]),
      { ...WIDE, ascii: true },
    );
    expect(text).toMatch(/^[\x20-\x7e\n]+$/);
    expect(text).not.toMatch(/ \n/);
  });
});

describe('colours of a terminal', () => {
  const io = (env: Record<string, string>, isTTY = true) => {
    const stdout: Sink = { isTTY, write: () => Promise.resolve() };
    return { env, stdout };
  };

  test.each([
    ['COLORTERM says all', { TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 'true'],
    ['COLORTERM in its other word', { COLORTERM: '24bit' }, 'true'],
    ['a terminal known by TERM', { TERM: 'xterm-kitty' }, 'true'],
    ['a terminal known by name', { TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app' }, 'true'],
    ['Windows Terminal', { WT_SESSION: 'x' }, 'true'],
    ['a level forced', { FORCE_COLOR: '3' }, 'true'],
    ['a lower level forced', { FORCE_COLOR: '2', COLORTERM: 'truecolor' }, '256'],
    ['nothing said', { TERM: 'xterm' }, '256'],
    ['tmux', { TERM: 'tmux-256color' }, '256'],
    ['GNU screen inside one that says all', { COLORTERM: 'truecolor', STY: '1.tty' }, '256'],
    ['NO_COLOR', { NO_COLOR: '1', COLORTERM: 'truecolor' }, 'none'],
    ['a dumb terminal', { TERM: 'dumb', COLORTERM: 'truecolor' }, 'none'],
  ] as const)('%s', (_, env, depth) => {
    expect(colorDepthOf(io(env), 'auto')).toBe(depth);
  });

  test('--color wins, and a pipe has none', () => {
    const pipe = io({ COLORTERM: 'truecolor' }, false);
    expect(colorDepthOf(pipe, 'auto')).toBe('none');
    expect(colorDepthOf(pipe, 'always')).toBe('true');
    expect(colorDepthOf(io({ COLORTERM: 'truecolor' }), 'never')).toBe('none');
  });
});
