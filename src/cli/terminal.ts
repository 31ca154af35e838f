import picocolors from 'picocolors';
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

function wantsColor({ env, stdout }: Io, when: ColorWhen): boolean {
  if (when !== 'auto') return when === 'always';
  if (env['NO_COLOR']) return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return stdout.isTTY && env['TERM'] !== 'dumb';
}

/** True where the locale says that letters beyond ASCII cannot be shown. No locale at all says nothing. */
export function isAsciiLocale({ env }: Io): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return locale !== '' && !/utf-?8/i.test(locale);
}
