/** What holds for every pickle and every zip, whatever stands in it. */
import * as fc from '../../build/properties.ts';
import { describe, expect, it } from 'vitest';
import { FaultCollector } from '../../../src/formats/collector.ts';
import { memorySource } from '../../../src/bytes/memory.ts';
import { PickleLog } from '../../../src/formats/pytorch/pickle-log.ts';
import { runPickle } from '../../../src/formats/pytorch/pickle-machine.ts';
import { OP } from '../../../src/formats/pytorch/pickle-opcodes.ts';
import { runPickles } from '../../../src/formats/pytorch/pickle-report.ts';
import type { PickleValue } from '../../../src/formats/pytorch/pickle-value.ts';
import { readZip } from '../../../src/formats/pytorch/zip.ts';
import { readEntry } from '../../../src/formats/pytorch/zip-contents.ts';
import { concat } from '../../build/bytes.ts';
import { pickle, raw, type Pickled } from '../../build/pickle.ts';
import { buildZip } from '../../build/zip.ts';
import { open } from './open.ts';

/** Values that pickles can hold, and what the machine makes of them. */
const { value } = fc.letrec<{ value: Pickled }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }).filter((number) => !Number.isInteger(number)),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.string({ maxLength: 4 }), tie('value')), { maxLength: 4 })
      .map((pairs) => new Map(pairs)),
  ),
}));

function plain(made: PickleValue | undefined): Pickled {
  if (made === null || typeof made !== 'object') return made ?? null;
  if (made.kind === 'list') return made.items.map(plain);
  if (made.kind === 'dict') return new Map([...made.entries].map(([key, one]) => [plain(key), plain(one)]));
  throw new Error(`a ${made.kind}`);
}

const opcodes = Object.values(OP);
/** Opcodes with and without arguments that make sense. */
const program = fc
  .array(
    fc.oneof(
      fc.constantFrom(...opcodes).map((code) => raw(code)),
      fc.uint8Array({ maxLength: 6 }),
    ),
    {
      maxLength: 60,
    },
  )
  .map((parts) => concat(...parts));

describe('a pickle', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(value, (one) => {
        const log = new PickleLog();
        const { value: made, broken } = runPickle(pickle(one), log);
        expect([broken, log.globals, log.tricks, log.oddities]).toEqual([undefined, [], [], []]);
        expect(plain(made)).toEqual(one);
        expect(log.weightsOnly.refusal).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('of any opcodes ends with a value or a reason, within its bytes', () => {
    fc.assert(
      fc.property(program, fc.nat(1_000_000), (bytes, base) => {
        const log = new PickleLog();
        const { end, broken, value: made } = runPickle(bytes, log, base);
        expect(end).toBeLessThanOrEqual(bytes.length);
        expect(broken === undefined).toBe(made !== undefined);
        expect(broken?.offset ?? 0).toBeLessThanOrEqual(bytes.length);
        for (const { offset } of [...log.globals, ...log.tricks, ...log.oddities]) {
          expect(offset).toBeGreaterThanOrEqual(base);
          expect(offset).toBeLessThan(base + bytes.length);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('that names something is never without that name, whatever stands around it', () => {
    const named = raw(OP.GLOBAL, 'posix\nsystem\n');
    const dropped = [raw(OP.POP), raw(OP.EMPTY_TUPLE, OP.REDUCE, OP.POP), raw(OP.BINPUT, 9, OP.POP)];
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 3 }),
        fc.nat(),
        program,
        (values, at, behind) => {
          // before, between or behind pickles that are sound, and what comes then may be anything
          const pickles = values.map((one) => pickle(one));
          const drop = dropped[at % dropped.length] as Uint8Array;
          const place = at % pickles.length;
          const one = pickles[place] as Uint8Array;
          pickles[place] = concat(one.slice(0, 2), named, drop, one.slice(2));
          const log = new PickleLog();
          runPickles(concat(...pickles, behind), log, 0);
          expect(log.globals[0]).toMatchObject({ module: 'posix', name: 'system', judged: 'code' });
        },
      ),
      { numRuns: 300 },
    );
  });
});

const entry = fc.record({
  name: fc.stringMatching(/^[a-z]{1,8}(?:\/[a-z0-9]{1,8})?$/),
  data: fc.uint8Array({ maxLength: 90 }),
});
const entries = fc.uniqueArray(entry, { selector: ({ name }) => name, minLength: 1, maxLength: 6 });
const form = fc.record({ narrow: fc.boolean(), plain: fc.boolean() });

describe('a zip', () => {
  it('is read back as it was written, without a fault', async () => {
    await fc.assert(
      fc.asyncProperty(entries, form, async (written, options) => {
        const source = memorySource('m.zip', buildZip(written, options));
        const faults = new FaultCollector('m.zip');
        const archive = await readZip(source, faults);
        expect(faults.list()).toEqual([]);
        expect(archive?.entries.map(({ name }) => name)).toEqual(written.map(({ name }) => name));
        for (const [at, one] of (archive?.entries ?? []).entries()) {
          expect((await readEntry(source, one, faults))?.bytes).toEqual(written[at]?.data);
        }
        expect(faults.list()).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('with any bytes changed is opened without an exception, and its entries stay within the file', async () => {
    const change = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(entries, form, change, async (written, options, changes) => {
        const bytes = buildZip(written, options);
        for (const [at, to] of changes) bytes[at % bytes.length] = to;
        const faults = new FaultCollector('m.zip');
        const archive = await readZip(memorySource('m.zip', bytes), faults);
        expect(archive !== undefined || faults.list().length > 0).toBe(true);
        for (const { data = 0, packed } of archive?.entries.filter((one) => one.data !== undefined) ?? []) {
          expect(data + packed).toBeLessThanOrEqual(bytes.length);
        }
        const { faults: all, unchecked, pickles } = await open(bytes, 'm.pt');
        expect(all.length + unchecked.length + (pickles?.length ?? 0)).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});
