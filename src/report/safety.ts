import type { PickleVerdict } from '../formats/pytorch/pickle-report.ts';
import { reachesCode } from '../formats/pytorch/reaches-code.ts';
import { counted } from './numbers.ts';
import type { PickleSummary } from './report.ts';
import { shown, type Paint, type View } from './view.ts';
import { wrap } from './wrap.ts';

/** The worst first. */
const ORDER: readonly PickleVerdict[] = [
  'code-reaching',
  'malformed',
  'unknown-globals',
  'not-checkable',
  'data-only-unusual',
  'data-only',
];

/** Names given before `+ n more`. */
const NAMES = 4;

/** The verdict on all pickles of a file, which is that of the worst; and what torch would do with the one it loads. */
export function safetyLines(pickles: readonly PickleSummary[], view: View): string[] {
  const [worst] = [...pickles].sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));
  if (worst === undefined) return [];
  const { mark, text, paint } = verdictIn(worst, pickles.length, view);
  const lines = wrap(`${mark} ${text}`, view.width, '  ').map(paint);
  const asked = pickles.find(({ weightsOnly }) => weightsOnly !== undefined)?.weightsOnly;
  if (asked === undefined) return lines;
  const taken = worst.verdict === 'code-reaching' ? 'takes it, and does not come to that' : 'takes it';
  const answer = asked.takes ? taken : `refuses it: ${shown(asked.reason, view, 120)}`;
  return [...lines, ...wrap(`torch.load(…, weights_only=True) ${answer}`, view.width, '  ')];
}

interface Worded {
  readonly mark: string;
  readonly text: string;
  readonly paint: Paint;
}

function verdictIn(worst: PickleSummary, count: number, view: View): Worded {
  const { palette } = view;
  const { verdict, globals, broken } = worst;
  const named = worst.entry === undefined ? 'the pickle' : shown(worst.entry, view, 60);
  switch (verdict) {
    case 'data-only': {
      const all = count === 1 ? 'its pickle imports' : `its ${counted(count, 'pickle')} import`;
      return {
        mark: '✔',
        text: `data only: ${all} nothing but tensors and plain values`,
        paint: palette.good,
      };
    }
    case 'data-only-unusual': {
      const text = `data only, and unusual: ${named} does what torch.save does not write`;
      return { mark: '!', text, paint: palette.warn };
    }
    case 'code-reaching': {
      const names = namesOf(globals.filter(reachesCode), view);
      const how = names === '' ? 'a pickle made by hand' : names;
      return { mark: '✘', text: `loading it would run code: ${how}`, paint: palette.bad };
    }
    case 'unknown-globals': {
      const names = namesOf(
        globals.filter(({ judged }) => judged === 'unknown'),
        view,
      );
      return { mark: '!', text: `loading it would import what is not known: ${names}`, paint: palette.warn };
    }
    case 'malformed':
      return {
        mark: '✘',
        text: `${named} is broken: ${shown(broken?.reason ?? '', view)}`,
        paint: palette.bad,
      };
    case 'not-checkable': {
      const why = worst.unread ?? 'not looked into to its end';
      return { mark: '!', text: `${named} could not be checked: ${why}`, paint: palette.warn };
    }
  }
}

function namesOf(globals: PickleSummary['globals'], view: View): string {
  const names = globals.slice(0, NAMES).map(({ module, name }) => shown(`${module}.${name}`, view, 60));
  const more = globals.length - names.length;
  return names.join(', ') + (more > 0 ? ` + ${more} more` : '');
}
