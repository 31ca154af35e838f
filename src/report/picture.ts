/** Pictures in a terminal. */
import type { Picture } from '../smoke/preview.ts';

/** Colours that a terminal shows: all, the 256 of xterm, or none that may be used. */
export type ColorDepth = 'true' | '256' | 'none';

/** What a picture is drawn in. */
export interface Canvas {
  /** Columns and lines that may be used. */
  readonly columns: number;
  readonly rows: number;
  readonly depth: ColorDepth;
  /** Only printable ASCII may be used: greys, whatever the depth. */
  readonly ascii: boolean;
}

type Rgb = readonly [red: number, green: number, blue: number];

const UPPER_HALF = '▀';
const RESET = '\x1b[0m';

/** From black to white on a dark ground, about evenly spaced by the ink of each. */
const RAMP = ' .:-=+*#%@';

/**
 * The picture as lines, each ended by a line break. Each character is two pixels, one above the other: half blocks in
 * colour, else a ramp of characters from dark to bright. A picture too large for the canvas is scaled down by whole
 * averages of light, with its aspect kept; a small one is never blown up.
 */
export function drawPicture(picture: Picture, canvas: Canvas): string {
  const { width, height } = fitted(picture, Math.floor(canvas.columns), Math.floor(canvas.rows) * 2);
  if (width < 1 || height < 1) return '';
  const light = scaledDown(picture, width, height);
  const line = canvas.ascii || canvas.depth === 'none' ? greyLine : colorLine(canvas.depth);
  let text = '';
  for (let y = 0; y < height; y += 2) text += `${line(light, width, y, y + 1 < height)}\n`;
  return text;
}

function fitted(
  { width, height }: Picture,
  columns: number,
  lines: number,
): { width: number; height: number } {
  const scale = Math.min(1, columns / width, lines / height);
  if (!(scale > 0)) return { width: 0, height: 0 };
  const fit = (size: number, most: number) => Math.min(most, Math.max(1, Math.round(size * scale)));
  return { width: fit(width, columns), height: fit(height, lines) };
}

/** Light of each byte, 0 to 1. Source: IEC 61966-2-1 (sRGB). */
const LIGHT = Float64Array.from({ length: 256 }, (_, byte) => {
  const share = byte / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
});

function byteOf(light: number): number {
  const share = light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
  return Math.round(Math.min(1, Math.max(0, share)) * 255);
}

/** Mean light under each new pixel, along one axis and then the other: [height, width, 3]. */
function scaledDown(picture: Picture, width: number, height: number): Float64Array {
  const narrow = new Float64Array(picture.height * width * 3);
  for (let y = 0; y < picture.height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      covered(picture.width, width, x, (from, share) => {
        for (let colour = 0; colour < 3; colour += 1) {
          const byte = picture.rgb[(y * picture.width + from) * 3 + colour] as number;
          const to = (y * width + x) * 3 + colour;
          narrow[to] = (narrow[to] as number) + share * (LIGHT[byte] as number);
        }
      });
    }
  }
  const small = new Float64Array(height * width * 3);
  for (let y = 0; y < height; y += 1) {
    covered(picture.height, height, y, (from, share) => {
      for (let at = 0; at < width * 3; at += 1) {
        const to = y * width * 3 + at;
        small[to] = (small[to] as number) + share * (narrow[from * width * 3 + at] as number);
      }
    });
  }
  return small;
}

/** Calls for each of `size` pixels that the pixel `at` of `count` covers, with its share of it; they add up to 1. */
function covered(size: number, count: number, at: number, take: (from: number, share: number) => void): void {
  const begin = (at * size) / count;
  const end = ((at + 1) * size) / count;
  for (let from = Math.floor(begin); from < Math.min(size, Math.ceil(end)); from += 1) {
    const share = (Math.min(end, from + 1) - Math.max(begin, from)) / (end - begin);
    if (share > 0) take(from, share);
  }
}

function rgbAt(light: Float64Array, width: number, x: number, y: number): Rgb {
  const at = (y * width + x) * 3;
  return [byteOf(light[at] as number), byteOf(light[at + 1] as number), byteOf(light[at + 2] as number)];
}

type Line = (light: Float64Array, width: number, y: number, second: boolean) => string;

/** A line of half blocks: the upper pixel is the letter's colour, the lower one the ground's. */
function colorLine(depth: 'true' | '256'): Line {
  const code =
    depth === 'true'
      ? ([red, green, blue]: Rgb) => `2;${red};${green};${blue}`
      : (color: Rgb) => `5;${nearestOf256(color)}`;
  return (light, width, y, second) => {
    let text = '';
    let [upper, lower] = ['', ''];
    for (let x = 0; x < width; x += 1) {
      const codes: string[] = [];
      const over = `38;${code(rgbAt(light, width, x, y))}`;
      if (over !== upper) codes.push(over);
      const under = second ? `48;${code(rgbAt(light, width, x, y + 1))}` : '';
      if (under !== lower) codes.push(under);
      text += codes.length === 0 ? UPPER_HALF : `\x1b[${codes.join(';')}m${UPPER_HALF}`;
      [upper, lower] = [over, under];
    }
    return text + RESET;
  };
}

const greyLine: Line = (light, width, y, second) => {
  let text = '';
  for (let x = 0; x < width; x += 1) {
    const upper = luminance(light, width, x, y);
    const mean = second ? (upper + luminance(light, width, x, y + 1)) / 2 : upper;
    text += RAMP[Math.round((byteOf(mean) / 255) * (RAMP.length - 1))];
  }
  return text.trimEnd();
};

/** Source: IEC 61966-2-1, the second row of its matrix. */
function luminance(light: Float64Array, width: number, x: number, y: number): number {
  const at = (y * width + x) * 3;
  return (
    0.2126 * (light[at] as number) + 0.7152 * (light[at + 1] as number) + 0.0722 * (light[at + 2] as number)
  );
}

/** Levels of the 6×6×6 cube that xterm's colours 16 to 231 are; 232 to 255 are greys from 8 on, 10 apart. */
const LEVELS = [0, 95, 135, 175, 215, 255] as const;

/** The nearest of xterm's colours 16 to 255; the first 16 are whatever the user's theme makes of them. */
function nearestOf256(color: Rgb): number {
  const steps = color.map((byte) => nearest(LEVELS, byte));
  const [red = 0, green = 0, blue = 0] = steps;
  const cube = steps.map((step) => LEVELS[step] as number);
  const mean = (color[0] + color[1] + color[2]) / 3;
  const grey = Math.min(23, Math.max(0, Math.round((mean - 8) / 10)));
  const level = 8 + grey * 10;
  return distance(color, [level, level, level]) < distance(color, cube)
    ? 232 + grey
    : 16 + 36 * red + 6 * green + blue;
}

function nearest(levels: readonly number[], byte: number): number {
  let best = 0;
  for (const [index, level] of levels.entries()) {
    if (Math.abs(level - byte) < Math.abs((levels[best] as number) - byte)) best = index;
  }
  return best;
}

function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + (value - (b[at] as number)) ** 2, 0);
}
