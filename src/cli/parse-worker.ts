/**
 * The process that parses: it opens no file and no connection, but asks its parent for bytes. Whatever a file does to a
 * parser it does to this process, which can be ended at any time.
 */
import { type ByteSource, type ByteTree, ReadError, type TreeEntry } from '../bytes/source.ts';
import { openCheckpoint } from '../formats/index.ts';
import {
  type Answer,
  type Ask,
  errorOf,
  type FromParser,
  type Handle,
  type ParseOptions,
  refusalOf,
  type ToParser,
} from './parse-messages.ts';
import { watchParent } from './watch-parent.ts';

interface Waiting {
  readonly resolve: (value: Answer) => void;
  readonly reject: (error: Error) => void;
}

const waiting = new Map<number, Waiting>();
let calls = 0;

function tell(message: FromParser): void {
  process.send?.(message);
}

function ask(what: Ask): Promise<Answer> {
  calls += 1;
  const call = calls;
  tell({ kind: 'ask', call, ask: what });
  return new Promise((resolve, reject) => waiting.set(call, { resolve, reject }));
}

function sourceOf({ id, name, size = 0 }: Handle): ByteSource {
  return {
    name,
    size,
    read: async (offset, length) => (await ask({ kind: 'read', of: id, offset, length })) as Uint8Array,
    close: async () => void (await ask({ kind: 'close', of: id })),
  };
}

function treeOf({ id, name }: Handle): ByteTree {
  return {
    name,
    list: async (path) => (await ask({ kind: 'list', of: id, path })) as readonly TreeEntry[],
    open: async (path) => sourceOf((await ask({ kind: 'open', of: id, path })) as Handle),
  };
}

async function parse(target: Handle, { index, beside, judge }: ParseOptions): Promise<void> {
  try {
    const bytes = target.size === undefined ? treeOf(target) : sourceOf(target);
    const checkpoint = await openCheckpoint(bytes, {
      ...(index === undefined ? {} : { index }),
      ...(beside ? { beside: async () => treeOf((await ask({ kind: 'beside' })) as Handle) } : {}),
    });
    // the rules are loaded by the first that wants them
    const result =
      judge === undefined ? checkpoint : (await (await import('./judge.ts')).judge(checkpoint, judge)).judged;
    tell({ kind: 'parsed', result });
  } catch (error) {
    if (error instanceof ReadError) return tell({ kind: 'refused', error: refusalOf(error) });
    const message = error instanceof Error ? error.message : String(error);
    tell({ kind: 'bug', message, stack: error instanceof Error ? (error.stack ?? message) : message });
  }
}

process.once('disconnect', () => process.exit());
let watched = false;
process.on('message', (message: ToParser) => {
  if (message.kind === 'parse') {
    // what is parsed may never let this thread hear anything again
    if (!watched) watchParent();
    watched = true;
    return void parse(message.target, message.options);
  }
  const { resolve, reject } = waiting.get(message.call) as Waiting;
  waiting.delete(message.call);
  if (message.kind === 'answer') resolve(message.value);
  else reject(errorOf(message.error));
});
