import { displayWidth } from './escape.ts';

const LEAST_ROOM = 16;

/**
 * Breaks escaped text at spaces into lines of at most `width` columns, the first after `lead`, the others
 * after as many spaces. A word longer than a line is cut after one of `./_-`, where names have their joints.
 */
export function wrap(text: string, width: number, lead = ''): string[] {
  const hang = ' '.repeat(displayWidth(lead));
  // a lead that leaves no room for the text gets a line of its own
  if (hang.length > 4 && width - hang.length < LEAST_ROOM)
    return [lead.trimEnd(), ...wrap(text, width, '    ')];
  const room = Math.max(1, width - hang.length);
  const lines: string[] = [];
  let line = '';
  for (const whole of text.split(' ')) {
    let word = whole;
    const joined = line === '' ? word : `${line} ${word}`;
    if (displayWidth(joined) <= room) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    while (displayWidth(word) > room) {
      const cut = joint(word, room);
      lines.push(word.slice(0, cut));
      word = word.slice(cut);
    }
    line = word;
  }
  lines.push(line);
  return lines.map((one, index) => (index === 0 ? lead : hang) + one);
}

function joint(word: string, room: number): number {
  let hard = 0;
  let soft = 0;
  let width = 0;
  for (const character of word) {
    width += displayWidth(character);
    if (width > room) break;
    hard += character.length;
    if ('./_-'.includes(character)) soft = hard;
  }
  return Math.max(1, soft > hard / 2 ? soft : hard);
}
