/** Gives an input to everything that reads it, and says what must hold whatever stands in it. */
import { ReadError, type ByteSource } from '../../src/bytes/source.ts';
import type { Checkpoint, Tensor } from '../../src/formats/checkpoint.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { tensorPieces } from '../../src/formats/read-tensor.ts';
import { damagedRecords } from '../../src/formats/record-sums.ts';
import { inspectJson } from '../../src/report/inspect-json.ts';
import { inspectText } from '../../src/report/inspect-text.ts';
import { summariseCheckpoint, summariseComponent, type Inspection } from '../../src/report/report.ts';
import { PLAIN } from '../../src/report/view.ts';
import { rules } from '../../src/rules/index.ts';
import { validateCheckpoint } from '../../src/rules/validate.ts';
import type { Input } from './input.ts';

/** Faults kept of one file: fifty of each kind, and what is left over. */
const MOST_FAULTS = 50 * 100;
/** Bytes of a tensor that are read. */
const MOST_READ = 64 * 1024;

/** Opens the input. @throws where something does not hold. */
export async function feed({ target, beside }: Input): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(target, { beside: async () => beside });
  const { faults, files, parts, unchecked } = checkpoint;
  if (faults.length > MOST_FAULTS) throw new Error(`${faults.length} faults`);
  if (checkpoint.container === 'unknown' && faults.length + unchecked.length === 0) {
    throw new Error('nothing was read, and nothing says why');
  }
  const sound = faults.length === 0;
  for (const tensor of parts.flatMap(({ tensors }) => tensors)) {
    const file = files[tensor.file];
    if (file === undefined) throw new Error('a tensor of no file');
    holds(tensor, sound ? file.size : Number.POSITIVE_INFINITY);
  }
  if ('read' in target) {
    await readSome(target, checkpoint);
    await damagedRecords(checkpoint.sums ?? [], async () => target);
  }
  return checkpoint;
}

function holds({ name, shape, offset, byteLength, layout }: Tensor, size: number): void {
  const numbers = [...shape, offset, byteLength, ...(layout?.strides ?? []), layout?.extent ?? 0];
  if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) {
    throw new Error(`tensor ${JSON.stringify(name)} has numbers that are none`);
  }
  const end = offset + (layout?.extent ?? byteLength);
  if (end > size) throw new Error(`tensor ${JSON.stringify(name)} ends behind a file without faults`);
}

/** Reads the first tensors; what cannot be had must be said as such. */
async function readSome(source: ByteSource, { parts }: Checkpoint): Promise<void> {
  const here = parts.flatMap(({ tensors }) => tensors).filter(({ file }) => file === 0);
  for (const tensor of here.slice(0, 4)) {
    try {
      let had = 0;
      for await (const piece of tensorPieces(source, tensor, 4096)) {
        had += piece.length;
        if (had > MOST_READ) break;
      }
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
    }
  }
}

// what a terminal would take for a command
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** Goes on to components, rules and reports, as the command line does. @throws where something does not hold. */
export async function report(checkpoint: Checkpoint): Promise<void> {
  const { components, findings } = await validateCheckpoint(checkpoint);
  const inspection: Inspection = {
    tool: { name: 'ungarble', version: '0.0.0' },
    rules,
    file: {
      path: checkpoint.path,
      checkpoint: summariseCheckpoint(checkpoint, components),
      components: components.map(summariseComponent),
      findings,
      unchecked: checkpoint.unchecked,
    },
    metadata: checkpoint.metadata,
    nets: components.flatMap((component) =>
      component.net === undefined ? [] : [{ component, net: component.net }],
    ),
  };
  const text = inspectText(inspection, { skips: true }, { width: 80, palette: PLAIN, ascii: false });
  const control = CONTROL.exec(text);
  if (control !== null) throw new Error(`a control character in the text, at ${control.index}`);
  JSON.parse(inspectJson(inspection));
}
