/** PyTorch files with one thing wrong each, by the name of that. */
import { deflateRawSync } from 'node:zlib';
import { OP } from '../../src/formats/pytorch/pickle-opcodes.ts';
import { crc32 } from '../../src/formats/pytorch/crc32.ts';
import { concat, u32, u64 } from './bytes.ts';
import { call, global, pickle, type Pickled, raw } from './pickle.ts';
import { buildLegacy, buildTar, buildTorchZip, rebuilt, tarFiles } from './torch.ts';
import { counting } from './torch-tensor.ts';
import { buildZip, type ZipEntrySpec } from './zip.ts';

const A = counting('a', [2]);
const B = counting('b', [3]);
const EVIL = pickle(call(global('os', 'system'), 'true'));

/** A sound zip of two tensors. */
export function soundZip(): Uint8Array {
  return buildTorchZip([A, B]);
}

/** A sound file of the old kind. */
function soundLegacy(): Uint8Array {
  return buildLegacy([A, B]);
}

const entries = (change: (entries: ZipEntrySpec[]) => ZipEntrySpec[]) =>
  buildTorchZip([A, B], { entries: change });
const changed = (name: string, more: Partial<ZipEntrySpec>) =>
  entries((all) => all.map((entry) => (entry.name === name ? { ...entry, ...more } : entry)));
const rooted = (root: () => Pickled) => buildTorchZip([A], { root });
const pickled = (data: Uint8Array) => changed('archive/data.pkl', { data });

function deflated(name: string): Uint8Array {
  return entries((all) =>
    all.map((entry) => {
      if (entry.name !== name) return entry;
      const data = new Uint8Array(deflateRawSync(entry.data));
      const sizes = { crc: crc32(entry.data), size: entry.data.length, packed: data.length };
      return { ...entry, ...sizes, data, method: 8, local: { method: 8 } };
    }),
  );
}

const DEFECTS = {
  'cut-inside': () => soundZip().slice(0, 300),
  'directory-count': () => buildTorchZip([A], { zip: { count: 9 } }),
  'directory-elsewhere': () => buildTorchZip([A], { zip: { directoryOffset: 7 } }),
  'entry-outside': () => changed('archive/data/1', { packed: 4000, size: 4000 }),
  'entry-header-elsewhere': () => changed('archive/data/1', { header: 3 }),
  'deflate-corrupt': () => changed('archive/data.pkl', { method: 8, local: { method: 8 } }),
  'crc-wrong': () => changed('archive/data.pkl', { crc: 1 }),
  'method-zstd': () => changed('archive/data/0', { method: 93, local: { method: 93 } }),
  'storage-missing': () => entries((all) => all.filter(({ name }) => name !== 'archive/data/1')),
  'storage-short': () => changed('archive/data/1', { data: new Uint8Array(8) }),
  'tensor-outside': () => buildTorchZip([{ ...A, shape: [3] }]),
  'tensor-offset-outside': () => buildTorchZip([{ ...A, offset: 1 }]),
  'tensor-negative': () => buildTorchZip([{ ...A, shape: [-2] }]),
  'tensor-ranks-differ': () => buildTorchZip([{ ...A, strides: [1, 1] }]),
  'tensor-huge': () => buildTorchZip([{ ...A, shape: [2 ** 40, 2 ** 40], strides: [0, 0] }]),
  'byteorder-middle': () => changed('archive/byteorder', { data: raw('middle') }),
  'name-twice': () =>
    buildTorchZip([A, B], {
      root: (tensors) =>
        new Map<Pickled, Pickled>([
          ['x.a', tensors.get('a') as Pickled],
          ['x', new Map([['a', tensors.get('b') as Pickled]])],
        ]),
    }),
  'no-tensors': () => rooted(() => new Map<Pickled, Pickled>([['epoch', 1]])),
  'data-deflated': () => deflated('archive/data/1'),
  quantised: () => rooted(() => new Map([['q', call(global('torch._utils', '_rebuild_qtensor'), null)]])),
  'calls-code': () => pickled(EVIL),
  'imports-code': () =>
    rooted(
      () =>
        new Map<Pickled, Pickled>([
          ['a', rebuilt(A, '0')],
          ['x', global('os', 'system')],
        ]),
    ),
  'dotted-name': () => rooted(() => call(global('pathlib', 'os.system'), 'true')),
  'popped-object': () =>
    pickled(
      raw(
        OP.PROTO,
        2,
        OP.MARK,
        OP.GLOBAL,
        'os\nsystem\n',
        OP.UNICODE,
        'true\n',
        OP.OBJ,
        OP.POP,
        OP.NONE,
        OP.STOP,
      ),
    ),
  'string-name': () =>
    pickled(
      raw(
        OP.PROTO,
        4,
        OP.STRING,
        "'os'\n",
        OP.STRING,
        "'system'\n",
        OP.STACK_GLOBAL,
        OP.EMPTY_TUPLE,
        OP.REDUCE,
        OP.STOP,
      ),
    ),
  'build-behind': () =>
    pickled(raw(OP.PROTO, 2, OP.GLOBAL, 'torch\nfloat32\n', OP.EMPTY_DICT, OP.BUILD, OP.STOP)),
  'python2-name': () => pickled(raw(OP.GLOBAL, '__builtin__\neval\n', OP.STOP)),
  'private-module': () => rooted(() => call(global('_aix_support', '_read_cmd_output'), 'true')),
  'pip-main': () => rooted(() => call(global('pip', 'main'), ['install', 'x'])),
  'second-pickle-behind': () => pickled(concat(pickle(null), EVIL)),
  'unknown-called': () => rooted(() => call(global('models.unet', 'UNet'))),
  'unknown-imported': () =>
    rooted(
      () =>
        new Map<Pickled, Pickled>([
          ['a', rebuilt(A, '0')],
          ['c', global('models.unet', 'UNet')],
        ]),
    ),
  'extension-code': () => pickled(raw(OP.PROTO, 2, OP.EXT1, 7, OP.STOP)),
  'pickle-cut': () => pickled(raw(OP.PROTO, 2, OP.EMPTY_DICT)),
  'no-opcode': () => pickled(raw(OP.PROTO, 2, 0xff, OP.STOP)),
  'code-then-broken': () => pickled(concat(EVIL.slice(0, -1), [0xff])),
  'frame-in-frame': () => pickled(raw(OP.PROTO, 4, OP.FRAME, u64(11), OP.FRAME, u64(1), OP.NONE, OP.STOP)),
  'frame-crossed': () => pickled(raw(OP.PROTO, 4, OP.FRAME, u64(1), OP.BININT, 1, 0, 0, 0, OP.STOP)),
  'local-name-differs': () => changed('archive/data.pkl', { local: { name: 'archive/datap.kl' } }),
  'local-method-differs': () => changed('archive/data/0', { local: { method: 8 } }),
  'unicode-name-differs': () =>
    changed('archive/data/0', { extra: concat([0x75, 0x70, 6, 0, 1, 0, 0, 0, 0], 'x') }),
  'descriptor-differs': () => changed('archive/data/0', { after: new Uint8Array(16).fill(7) }),
  'entry-twice': () => entries((all) => [...all, { name: 'archive/data/0', data: new Uint8Array(8) }]),
  'entry-twice-by-case': () => entries((all) => [...all, { name: 'archive/DATA.pkl', data: EVIL }]),
  'ends-twice': () => {
    const zip = soundZip();
    return concat(zip, zip.slice(-22));
  },
  'entries-overlap': () => changed('archive/data/1', { packed: 40, size: 40 }),
  'flag-encrypted': () => changed('archive/data.pkl', { flags: 0x0809, local: { flags: 0x0809 } }),
  'path-up': () => entries((all) => [...all, { name: 'archive/../../x', data: A.data }]),
  'path-absolute': () => entries((all) => [...all, { name: '/etc/x', data: A.data }]),
  'tar-path-up': () => buildTar([...tarFiles([A]), { name: '../x', data: A.data }]),
  'tar-link': () => buildTar([...tarFiles([A]), { name: 'x', data: new Uint8Array(0), type: '2' }]),
  'tar-short': () => buildTar(tarFiles([A]).filter(({ name }) => name !== 'tensors')),
  'bytes-between': () => changed('archive/data/0', { after: new Uint8Array(99) }),
  'bytes-before-end': () => buildTorchZip([A], { zip: { beforeEnd: new Uint8Array(9) } }),
  'bytes-after': () => buildTorchZip([A], { zip: { after: new Uint8Array(9) } }),
  bomb: () => changed('archive/data/1', { method: 8, local: { method: 8 }, size: 2 ** 31 }),
  'second-data-pkl': () => entries((all) => [...all, { name: 'other/data.pkl', data: pickle(null) }]),
  'disguised-pickle': () => entries((all) => [...all, { name: 'archive/notes.txt', data: EVIL }]),
  torchscript: () => entries((all) => [...all, { name: 'archive/constants.pkl', data: pickle(null) }]),
  'python-inside': () => entries((all) => [...all, { name: 'archive/model.py', data: raw('import os') }]),
  'left-over': () =>
    pickled(concat(raw(OP.PROTO, 2, OP.NONE, OP.POP), pickle(new Map([['a', rebuilt(A, '0')]])).slice(2))),
  'asks-for-memory': () =>
    rooted(
      () =>
        new Map<Pickled, Pickled>([
          ['a', rebuilt(A, '0')],
          ['x', call(global('builtins', 'bytearray'), 2 ** 40)],
        ]),
    ),
  'pickle-deflated': () => deflated('archive/data.pkl'),
  'tensor-expanded': () => buildTorchZip([{ ...A, shape: [2 ** 32], strides: [0] }]),
  'tensors-expanded': () =>
    buildTorchZip(
      Array.from({ length: 99 }, (_, at) => ({ ...A, name: `t${at}`, shape: [20_000_000], strides: [0] })),
    ),
  'tensor-negated': () =>
    rooted(() => {
      const { write } = rebuilt(A, '0') as { write: readonly Uint8Array[] };
      const [callee, args] = write as readonly [Uint8Array, Uint8Array];
      const more = pickle(new Map([['neg', true]])).slice(2, -1);
      return new Map([['a', { write: [callee, args.slice(0, -1), more, OP.TUPLE, OP.REDUCE] }]]);
    }),
  bombs: () =>
    entries((all) =>
      all.flatMap((entry) =>
        entry.name === 'archive/data/1'
          ? [1, 2, 3].map((key) => {
              const name = `archive/data/${key}`;
              return { name, data: entry.data, method: 8, local: { method: 8 }, size: 5e7 };
            })
          : [entry],
      ),
    ),
  'nested-archive': () => entries((all) => [...all, { name: 'archive/more', data: soundZip() }]),
  'size-beyond-numbers': () =>
    changed('archive/data/0', {
      size: 2 ** 32 - 1,
      extra: concat([1, 0, 8, 0], u64(2n ** 60n)),
      after: concat(u32(0x08074b50), u32(crc32(A.data)), u64(A.data.length), u64(2n ** 60n)),
    }),
  'storage-changed': () => changed('archive/data/1', { crc: 1 }),
  'byteorder-long': () => changed('archive/byteorder', { data: new Uint8Array(99).fill(32) }),
  'legacy-cut': () => soundLegacy().slice(0, -3),
  'legacy-cut-in-pickle': () => soundLegacy().slice(0, 60),
  'legacy-too-long': () => concat(soundLegacy(), [0, 0]),
  'legacy-and-zip': () => concat(soundLegacy(), buildZip([{ name: 'x', data: EVIL }])),
  'pickle-and-zip': () => concat(pickle(null), buildZip([{ name: 'x', data: EVIL }])),
} as const;

export type TorchDefect = keyof typeof DEFECTS;

export const TORCH_DEFECTS = Object.keys(DEFECTS) as readonly TorchDefect[];

export function torchDefect(defect: TorchDefect): Uint8Array {
  return DEFECTS[defect]();
}
