/** How pickles begin: told before the machine that runs them is loaded. */
import { OP } from './pickle-opcodes.ts';

/** The first opcodes of pickles without signature: a container, a name, or a string on the stack. */
const FIRST: ReadonlySet<number> = new Set([
  OP.MARK,
  OP.GLOBAL,
  OP.EMPTY_DICT,
  OP.EMPTY_LIST,
  OP.EMPTY_TUPLE,
  OP.STRING,
  OP.UNICODE,
  OP.BINUNICODE,
  OP.SHORT_BINSTRING,
]);

/** Whether a file that begins like this may be a pickle at all. */
export function mayBePickle([first = 0]: Uint8Array): boolean {
  return first === OP.PROTO || FIRST.has(first);
}
