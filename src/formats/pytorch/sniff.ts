/** Tells pickles by what stands in them. Protocols 0 and 1 have no signature. */
import { mayBePickle } from './first-opcodes.ts';
import { PickleLog } from './pickle-log.ts';
import { runPickle } from './pickle-machine.ts';
import { NEWEST_PROTOCOL, OP } from './pickle-opcodes.ts';

/** Bytes of a pickle without signature that must run before text is taken for one. */
const ENOUGH = 40;

/** Whether bytes that begin like this are a pickle; `head` may be cut off. */
export function looksLikePickle(head: Uint8Array): boolean {
  const [first, second] = head;
  if (first === undefined || second === undefined) return false;
  if (!mayBePickle(head)) return false;
  if (first === OP.PROTO) return second >= 1 && second <= NEWEST_PROTOCOL;
  const log = new PickleLog();
  const { broken, end } = runPickle(head, log);
  // one that names something in its first lines is one, however it goes on
  if (broken === undefined || log.globals.some(({ module, name }) => isName(module) && isName(name))) {
    return end > 2;
  }
  return broken.kind !== 'malformed' && end >= ENOUGH;
}

function isName(text: string): boolean {
  return /^[A-Za-z_][\w.]*$/.test(text);
}
