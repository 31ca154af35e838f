import picocolors from 'picocolors';
import type { ColorDepth } from '../report/picture.ts';
import { PLAIN, type Palette } from '../report/view.ts';
import type { Io } from './io.ts';
import type { ColorWhen } from './options.ts';

/** Columns of a picture that goes to a file or a pipe. */
export const PIPE_WIDTH = 80;

/** Colours for stdout: `--color` first, then NO_COLOR and FORCE_COLOR, then whether it is a terminal. */
export function paletteFor(io: Io, when: ColorWhen): Palette {
  if (!wantsColor(io, when)) return PLAIN;
  const { bold, dim, green, red, yellow, cyan } = picocolors.createColors(true);
  return {
    strong: bold,
    faint: dim,
    good: green,
    bad: red,
    warn: yellow,
    accent: cyan,
  };
}

function wantsColor({ env, stdout }: Pick<Io, 'env' | 'stdout'>, when: ColorWhen): boolean {
  if (when !== 'auto') return when === 'always';
  if (env['NO_COLOR']) return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return stdout.isTTY && env['TERM'] !== 'dumb';
}

/** Terminals that show all colours and do not all set COLORTERM. */
const ALL_COLORS = /^(?:iTerm\.app|WezTerm|ghostty|vscode|rio)$/i;
const ALL_COLORS_TERM = /(?:-direct|-truecolor|kitty|ghostty|alacritty|foot|wezterm)/;

/**
 * Colours that a picture on stdout may use, by what the terminal says of itself; the 256 of xterm where it says
 * nothing. FORCE_COLOR may be a level: 3 is all colours, 2 is 256.
 */
export function colorDepthOf(io: Pick<Io, 'env' | 'stdout'>, when: ColorWhen): ColorDepth {
  if (!wantsColor(io, when)) return 'none';
  const { env } = io;
  if (env['FORCE_COLOR'] === '3') return 'true';
  // GNU screen hands COLORTERM on, and mangles what it promises
  if (env['FORCE_COLOR'] === '2' || env['STY']) return '256';
  const all =
    /^(?:truecolor|24bit)$/i.test(env['COLORTERM'] ?? '') ||
    ALL_COLORS.test(env['TERM_PROGRAM'] ?? '') ||
    ALL_COLORS_TERM.test(env['TERM'] ?? '') ||
    Boolean(env['WT_SESSION']);
  return all ? 'true' : '256';
}

/** True where the locale says that letters beyond ASCII cannot be shown. No locale at all says nothing. */
export function isAsciiLocale({ env }: Io): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return locale !== '' && !/utf-?8/i.test(locale);
}
