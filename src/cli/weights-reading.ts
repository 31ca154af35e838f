/** What the weights say without a run, read in a thread of its own: the runtime blocks the one that it loads and runs in. */
import { Worker } from 'node:worker_threads';
import { openFile } from '../bytes/file.ts';
import type { ByteSource } from '../bytes/source.ts';
import { blocksOf, type Net } from '../topology/net.ts';
import type { NumbersReading, WiringReading } from '../values/index.ts';
import { errorOf, type Refusal } from './parse-messages.ts';

/** What is asked for: plain data. */
export interface WeightsRequest {
  readonly net: Net;
  /** Paths of the checkpoint's files, in its order. */
  readonly files: readonly string[];
}

/** What is told, the wiring first. A refusal is the last word. */
export type WeightsAnswer =
  | { readonly kind: 'wiring'; readonly reading: WiringReading }
  | { readonly kind: 'numbers'; readonly reading: NumbersReading }
  | { readonly kind: 'refused'; readonly error: Refusal };

/** Readings under way. */
export interface WeightsReading {
  readonly wiring: Promise<WiringReading>;
  readonly numbers: Promise<NumbersReading>;
  /** Ends what is not done yet. */
  close(): Promise<void>;
}

export type ReadWeights = (request: WeightsRequest) => WeightsReading;

/** Wide layers are looked at through so many of their channels: a minute has to do for all. */
const WIRING_CHANNELS = 64;

/** Reads in the thread that it is called from. The numbers come last: by then what they look at lies in memory. */
export const readWeightsHere: ReadWeights = ({ net, files }) => {
  const sources = new Map<number, Promise<ByteSource>>();
  const open = (file: number): Promise<ByteSource> => {
    const source = sources.get(file) ?? openFile(files[file] as string);
    sources.set(file, source);
    return source;
  };
  const values = import('../values/index.ts');
  const reader = values.then(({ tensorReader }) => tensorReader(open));
  const wiring = values.then(async ({ readWiring }) =>
    readWiring(net, await reader, { channels: WIRING_CHANNELS }),
  );
  const tensors = blocksOf(net).flatMap((block) => block.tensors);
  const numbers = wiring.then(async () => (await values).readNumbers(tensors, await reader));
  return {
    wiring,
    numbers,
    close: async () => {
      await Promise.allSettled([wiring, numbers]);
      for (const opened of await Promise.allSettled(sources.values())) {
        if (opened.status === 'fulfilled') await opened.value.close();
      }
    },
  };
};

/**
 * Reads in a thread of its own.
 * @param script the thread, as it was built
 * @throws {ReadError} both readings, when bytes cannot be had.
 */
export const readWeightsAside =
  (script: URL): ReadWeights =>
  (request) => {
    const worker = new Worker(script, { workerData: request });
    const heard = <K extends WeightsAnswer['kind']>(kind: K) =>
      new Promise<Extract<WeightsAnswer, { readonly kind: K }>>((resolve, reject) => {
        worker.on('message', (answer: WeightsAnswer) => {
          if (answer.kind === kind) resolve(answer as Extract<WeightsAnswer, { readonly kind: K }>);
          if (answer.kind === 'refused') reject(errorOf(answer.error));
        });
        worker.on('error', reject);
        worker.on('exit', () => reject(new Error('the thread that reads the weights ended without a word')));
      });
    return {
      wiring: heard('wiring').then(({ reading }) => reading),
      numbers: heard('numbers').then(({ reading }) => reading),
      close: async () => void (await worker.terminate()),
    };
  };
