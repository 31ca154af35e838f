/** Every defect is found: what is wrong with the file, and what its pickles would do. */
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../src/formats/index.ts';
import { memorySource } from '../../../src/bytes/memory.ts';
import { MAX_PICKLE_STACK } from '../../../src/bytes/limits.ts';
import { OP } from '../../../src/formats/pytorch/pickle-opcodes.ts';
import { PickleLog } from '../../../src/formats/pytorch/pickle-log.ts';
import { runPickle } from '../../../src/formats/pytorch/pickle-machine.ts';
import { safeRules } from '../../../src/rules/safe.ts';
import { concat, u32, u64 } from '../../build/bytes.ts';
import { raw } from '../../build/pickle.ts';
import { buildTorchZip } from '../../build/torch.ts';
import { counting } from '../../build/torch-tensor.ts';
import { TORCH_DEFECTS, torchDefect, type TorchDefect } from '../../build/torch-defects.ts';
import { open, tensorsOf } from './open.ts';

const EXPECTED: readonly (readonly [TorchDefect, verdicts: string, faults: string])[] = [
  ['cut-inside', '', 'zip-no-directory'],
  ['directory-count', 'data-only', 'zip-directory-invalid'],
  [
    'directory-elsewhere',
    '',
    'zip-hidden-bytes packed-archive zip-directory-invalid zip-directory-invalid zip-hidden-bytes',
  ],
  ['entry-outside', 'data-only', 'storage-missing zip-entry-outside'],
  ['entry-header-elsewhere', 'data-only', 'storage-missing zip-entry-outside'],
  ['deflate-corrupt', 'not-checkable', 'zip-entry-corrupt'],
  ['crc-wrong', 'data-only', 'zip-crc-mismatch'],
  ['method-zstd', 'data-only', 'zip-entry-method storage-deflated'],
  ['storage-missing', 'data-only', 'storage-missing'],
  ['storage-short', 'data-only', 'tensor-outside-storage storage-size-mismatch'],
  ['tensor-outside', 'data-only', 'tensor-outside-storage'],
  ['tensor-offset-outside', 'data-only', 'tensor-outside-storage'],
  ['tensor-negative', 'data-only', 'tensor-invalid'],
  ['tensor-ranks-differ', 'data-only', 'tensor-invalid'],
  ['tensor-huge', 'data-only', 'tensor-invalid'],
  ['byteorder-middle', 'data-only', 'byteorder-invalid'],
  ['name-twice', 'data-only', 'tensor-name-twice'],
  ['no-tensors', 'data-only', 'pickle-without-tensors'],
  ['data-deflated', 'data-only', 'storage-deflated'],
  ['quantised', 'data-only', 'tensor-not-read'],
  ['calls-code', 'code-reaching', 'pickle-without-tensors'],
  ['imports-code', 'code-reaching', ''],
  ['dotted-name', 'code-reaching', 'pickle-without-tensors'],
  ['popped-object', 'code-reaching', 'pickle-without-tensors'],
  ['string-name', 'code-reaching', 'pickle-without-tensors'],
  ['build-behind', 'code-reaching', 'pickle-without-tensors'],
  ['python2-name', 'code-reaching', 'pickle-without-tensors'],
  ['private-module', 'code-reaching', 'pickle-without-tensors'],
  ['pip-main', 'code-reaching', 'pickle-without-tensors'],
  ['second-pickle-behind', 'code-reaching', 'pickle-trailing-bytes pickle-without-tensors'],
  ['unknown-called', 'code-reaching', 'pickle-without-tensors'],
  ['unknown-imported', 'unknown-globals', ''],
  ['extension-code', 'unknown-globals', 'pickle-without-tensors'],
  ['pickle-cut', 'malformed', ''],
  ['no-opcode', 'malformed', ''],
  ['code-then-broken', 'code-reaching', ''],
  ['frame-in-frame', 'malformed', ''],
  ['frame-crossed', 'malformed', ''],
  ['local-name-differs', 'data-only', 'zip-entry-mismatch'],
  ['local-method-differs', 'data-only', 'zip-entry-mismatch'],
  ['unicode-name-differs', 'data-only', 'zip-entry-mismatch'],
  ['descriptor-differs', 'data-only', 'zip-hidden-bytes'],
  ['entry-twice', 'data-only', 'zip-duplicate-entry'],
  ['entry-twice-by-case', 'data-only code-reaching', 'zip-duplicate-entry second-pickle'],
  ['ends-twice', 'data-only', 'zip-hidden-bytes zip-second-directory'],
  ['entries-overlap', 'data-only', 'storage-size-mismatch zip-overlap'],
  ['flag-encrypted', 'data-only', 'zip-entry-flags'],
  ['path-up', 'data-only', 'zip-entry-name'],
  ['path-absolute', 'data-only', 'zip-entry-name'],
  ['tar-path-up', 'data-only', 'zip-entry-name'],
  ['tar-link', 'data-only', 'tar-invalid'],
  ['tar-short', 'data-only', 'pickle-without-tensors tar-invalid'],
  ['bytes-between', 'data-only', 'zip-hidden-bytes'],
  ['bytes-before-end', 'data-only', 'zip-hidden-bytes'],
  ['bytes-after', 'data-only', 'zip-hidden-bytes'],
  ['bomb', 'data-only', 'zip-bomb storage-deflated'],
  ['second-data-pkl', 'data-only data-only', 'second-pickle'],
  ['disguised-pickle', 'data-only code-reaching', 'disguised-pickle'],
  ['torchscript', 'data-only data-only', 'program-inside'],
  ['python-inside', 'data-only', 'program-inside'],
  ['legacy-cut', 'data-only', 'storage-missing pytorch-truncated'],
  ['legacy-cut-in-pickle', 'malformed', ''],
  ['legacy-too-long', 'data-only', 'pytorch-trailing-bytes'],
  ['legacy-and-zip', 'data-only', 'polyglot pytorch-trailing-bytes'],
  ['pickle-and-zip', 'data-only-unusual', 'polyglot unsupported-format pickle-trailing-bytes'],
  ['left-over', 'data-only-unusual', ''],
  ['asks-for-memory', 'data-only-unusual', ''],
  ['pickle-deflated', 'data-only-unusual', ''],
  ['tensor-expanded', 'data-only', 'tensor-expanded'],
  ['tensors-expanded', 'data-only', 'tensor-expanded'],
  ['tensor-negated', 'data-only', 'tensor-not-read'],
  ['bombs', 'data-only', 'zip-bombs storage-deflated'],
  ['nested-archive', 'data-only', 'nested-archive'],
  ['size-beyond-numbers', 'data-only', 'zip-entry-mismatch'],
  ['storage-changed', 'data-only', ''],
  ['byteorder-long', 'data-only', 'byteorder-invalid'],
];

describe('a file with one thing wrong', () => {
  it.each(EXPECTED)('%s: %s %s', async (defect, verdicts, faults) => {
    const checkpoint = await open(torchDefect(defect));
    expect((checkpoint.pickles ?? []).map(({ verdict }) => verdict).join(' ')).toBe(verdicts);
    expect(checkpoint.faults.map(({ kind }) => kind).join(' ')).toBe(faults);
  });

  it('is never passed over', () => {
    expect(EXPECTED.map(([defect]) => defect).sort()).toEqual([...TORCH_DEFECTS].sort());
  });

  it.each(TORCH_DEFECTS)('%s is put into words, or listed as unchecked', async (defect) => {
    const checkpoint = await open(torchDefect(defect));
    const context = { checkpoint, components: [], configs: [] };
    const worded = safeRules.flatMap((rule) => [...rule.check(context)].map(({ args }) => rule.words(args)));
    for (const { what } of worded) expect(what).not.toMatch(/undefined|NaN|\[object/);
    // sums of weights are looked at with their values
    const later = defect === 'storage-changed' ? (checkpoint.sums?.length ?? 0) : 0;
    expect(worded.length + checkpoint.faults.length + checkpoint.unchecked.length + later).toBeGreaterThan(0);
  });
});

/** What each attack of a published advisory comes to here, made anew. */
describe('advisories', () => {
  it.each<readonly [string, TorchDefect]>([
    ['CVE-2025-1716: pip.main', 'pip-main'],
    ['CVE-2025-10157, GHSA-g38g-8gr9-h9xp: a module that no list names', 'private-module'],
    ['GHSA-9gvj-pp9x-gcfr: a name out of protocol 0 strings', 'string-name'],
    ['GHSA-mxhj-88fx-4pcv: an object that is made and dropped', 'popped-object'],
    ['GHSA-5j3x-jp52-966f: a dotted name', 'dotted-name'],
    ['GHSA-mhc9-48gj-9gp3: BUILD on what was imported', 'build-behind'],
    ['CVE-2025-10155: code before the break', 'code-then-broken'],
  ])('%s', async (_, defect) => {
    const { pickles } = await open(torchDefect(defect));
    expect(pickles?.[0]?.verdict).toBe('code-reaching');
  });

  it.each<readonly [string, TorchDefect, string]>([
    ['CVE-2025-1889: a pickle under another name', 'disguised-pickle', 'disguised-pickle'],
    ['CVE-2025-1944: two names of one entry', 'local-name-differs', 'zip-entry-mismatch'],
    ['CVE-2025-1945: flags that torch does not heed', 'flag-encrypted', 'zip-entry-flags'],
    ['CVE-2025-10156: a wrong checksum', 'crc-wrong', 'zip-crc-mismatch'],
    ['CVE-2026-24747: a tensor beyond its storage', 'tensor-offset-outside', 'tensor-outside-storage'],
    ['safetensors attacks/torch_dos', 'bomb', 'zip-bomb'],
  ])('%s', async (_, defect, kind) => {
    const { faults } = await open(torchDefect(defect));
    expect(faults.map((fault) => fault.kind)).toContain(kind);
  });

  it('cpython#154848: frames that unpicklers read differently are broken', async () => {
    for (const defect of ['frame-in-frame', 'frame-crossed'] as const) {
      expect((await open(torchDefect(defect))).pickles?.[0]?.verdict).toBe('malformed');
    }
  });
});

describe('lies and bombs', () => {
  const broken = (...parts: readonly (number | string | Uint8Array)[]) => runPickle(raw(...parts)).broken;

  it.each([
    ['BINUNICODE8', [OP.BINUNICODE8, u64(2 ** 50)]],
    ['BINBYTES8', [OP.BINBYTES8, u64(2n ** 63n)]],
    ['BINUNICODE', [OP.BINUNICODE, u32(0xffffffff)]],
    ['LONG4', [OP.LONG4, u32(0x7fffffff)]],
    ['LONG4, negative', [OP.LONG4, u32(0x80000000)]],
    ['FRAME', [OP.PROTO, 4, OP.FRAME, u64(2 ** 40)]],
    ['BINSTRING, negative', [OP.BINSTRING, u32(0x80000000)]],
    ['GET of nothing', [OP.BINGET, 9]],
    ['a stack that is empty', [OP.POP]],
    ['a mark that is not there', [OP.TUPLE]],
    ['a pop below its mark', [OP.NONE, OP.MARK, OP.TUPLE1]],
    ['OBJ without a class', [OP.MARK, OP.OBJ]],
    ['arguments that are none', [OP.GLOBAL, 'a\nb\n', OP.NONE, OP.REDUCE]],
  ] as const)('%s ends the pickle', (_, parts) => {
    expect(broken(...parts)).toBeDefined();
  });

  it('a stack without end runs into its limit', () => {
    const bytes = concat([OP.NONE], new Uint8Array(MAX_PICKLE_STACK + 1).fill(OP.DUP));
    expect(runPickle(bytes).broken?.kind).toBe('limit');
  });

  const repeated = (bytes: Uint8Array, times: number) =>
    Uint8Array.from({ length: bytes.length * times }, (_, at) => bytes[at % bytes.length] as number);

  it.each([
    ['list', 'builtins\nlist\n'],
    ['set', 'builtins\nset\n'],
    ['size', 'torch\nSize\n'],
  ])('to copy a %s again and again runs into the limit of values', (_, name) => {
    const items = repeated(raw(OP.BININT1, 7), 30_000);
    const once = raw(OP.BINGET, 1, OP.BINGET, 2, OP.REDUCE, OP.POP);
    const bytes = concat(
      raw(OP.GLOBAL, name, OP.BINPUT, 1, OP.POP, OP.EMPTY_LIST, OP.MARK),
      items,
      raw(OP.APPENDS, OP.TUPLE1, OP.BINPUT, 2),
      repeated(once, 100_000),
      [OP.STOP],
    );
    expect(runPickle(bytes).broken?.reason).toContain('values');
  });

  it('to encode a text again and again runs into the limit of values', () => {
    const text = new Uint8Array(1_000_000).fill(0x61);
    const once = raw(OP.BINGET, 1, OP.BINGET, 2, OP.REDUCE, OP.POP);
    const bytes = concat(
      raw(OP.GLOBAL, '_codecs\nencode\n', OP.BINPUT, 1, OP.POP, OP.BINUNICODE, u32(text.length)),
      text,
      raw(OP.TUPLE1, OP.BINPUT, 2),
      repeated(once, 1000),
      [OP.STOP],
    );
    expect(runPickle(bytes).broken?.reason).toContain('values');
  });

  it('an integer of megabytes is passed over', () => {
    const digits = raw(OP.INT, '9'.repeat(1_000_000), '\n', OP.STOP);
    expect(runPickle(digits).value).toMatchObject({ kind: 'opaque' });
  });

  it('a memo bomb of 2^60 paths is walked once a level', async () => {
    // t = [t, t], sixty times over
    const levels = Array.from({ length: 60 }, (_, at) =>
      raw(OP.BINPUT, at, OP.POP, OP.EMPTY_LIST, OP.MARK, OP.BINGET, at, OP.BINGET, at, OP.APPENDS),
    );
    const data = concat([OP.PROTO, 2, OP.EMPTY_LIST], ...levels, [OP.STOP]);
    const entries = (all: readonly { name: string; data: Uint8Array }[]) =>
      all.map((entry) => (entry.name.endsWith('data.pkl') ? { ...entry, data } : entry));
    const { pickles, faults } = await open(buildTorchZip([counting('a', [1])], { entries }));
    expect(pickles?.[0]?.verdict).toBe('data-only-unusual');
    expect(faults.map(({ kind }) => kind)).toContain('pickle-without-tensors');
  });

  it('a thousand and more names are one entry more', () => {
    const log = new PickleLog();
    const names = Array.from({ length: 3000 }, (_, at) => raw(OP.GLOBAL, `m${at}\nx\n`, OP.POP));
    runPickle(concat(...names, [OP.NONE, OP.STOP]), log);
    expect(log.globals.length).toBeLessThanOrEqual(1001);
    expect(log.globals.at(-1)?.module).toBe('(more names)');
  });
});

describe('values as Python has them', () => {
  it.each<readonly [string, readonly (number | string | Uint8Array)[], unknown]>([
    ['INT of a boolean', [OP.INT, '01\n'], true],
    ['LONG with its L', [OP.LONG, '-12L\n'], -12],
    ['LONG1, negative', [OP.LONG1, 1, 0xff], -1],
    ['LONG1 of nothing', [OP.LONG1, 0], 0],
    ['LONG1, wide', [OP.LONG1, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1], 2n ** 64n],
    ['STRING with escapes', [OP.STRING, String.raw`'a\x41\n'`, '\n'], 'aA\n'],
    ['UNICODE with escapes', [OP.UNICODE, String.raw`\u00e9`, '\n'], 'é'],
    ['FLOAT', [OP.FLOAT, '1.5\n'], 1.5],
    ['BINFLOAT', [OP.BINFLOAT, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], 1.5],
    ['BININT', [OP.BININT, 0xff, 0xff, 0xff, 0xff], -1],
    ['MEMOIZE and BINGET', [OP.NONE, OP.MEMOIZE, OP.POP, OP.BINGET, 0], null],
    ['POP of a mark', [OP.NEWTRUE, OP.MARK, OP.POP], true],
  ])('%s', (_, parts, value) => {
    expect(runPickle(raw(...parts, OP.STOP)).value).toEqual(value);
  });
});

describe('any byte changed', () => {
  it.each([
    ['zip', () => buildTorchZip([counting('a', [2])])],
    ['old', () => torchDefect('legacy-too-long')],
    ['tar', () => torchDefect('tar-short')],
  ])('of a %s file is read without an exception, in time', async (_, build) => {
    const sound = build();
    for (let at = 0; at < sound.length; at += 1) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const bytes = sound.slice();
        bytes[at] = (bytes[at] as number) ^ flip;
        const checkpoint = await openCheckpoint(memorySource('m.pt', bytes));
        for (const tensor of tensorsOf(checkpoint)) expect(tensor.byteLength).toBeLessThan(2 ** 53);
      }
    }
  });

  it('of a zip changes what is said, or only numbers and padding', async () => {
    const sound = buildTorchZip([counting('a', [2])]);
    const before = tensorsOf(await open(sound));
    let silent = 0;
    for (let at = 0; at < sound.length; at += 1) {
      const bytes = sound.slice();
      bytes[at] = (bytes[at] as number) ^ 0xff;
      const checkpoint = await open(bytes);
      if (checkpoint.faults.length + checkpoint.unchecked.length > 0) continue;
      if (JSON.stringify(tensorsOf(checkpoint)) !== JSON.stringify(before)) silent += 1;
    }
    // the pickle has a checksum, and the directory stands twice
    expect(silent).toBe(0);
  });

  it('cut anywhere has a fault', async () => {
    for (const sound of [buildTorchZip([counting('a', [2])]), torchDefect('legacy-too-long')]) {
      for (let length = 1; length < sound.length; length += 7) {
        const { faults, pickles, unchecked } = await open(sound.slice(0, length));
        const broken = (pickles ?? []).some(({ verdict }) => verdict !== 'data-only');
        expect(faults.length + unchecked.length > 0 || broken || length >= sound.length - 2).toBe(true);
      }
    }
  });
});
