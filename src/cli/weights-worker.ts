/** The thread that reads the weights while the net is loaded and run: it takes one request, tells what it finds, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { ReadError } from '../bytes/source.ts';
import { refusalOf } from './parse-messages.ts';
import { readWeightsHere, type WeightsAnswer, type WeightsRequest } from './weights-reading.ts';

// nothing is handed over: what is told is copied
const tell = (answer: WeightsAnswer): void => parentPort?.postMessage(answer, []);
const { wiring, numbers, close } = readWeightsHere(workerData as WeightsRequest);
try {
  tell({ kind: 'wiring', reading: await wiring });
  tell({ kind: 'numbers', reading: await numbers });
} catch (error) {
  if (!(error instanceof ReadError)) throw error;
  tell({ kind: 'refused', error: refusalOf(error) });
} finally {
  await close();
}
