/** Archives whose parts disagree: torch's zip, its older containers, and GGUF, written by the builders of the tests. */
import { assembleGguf, type GgufPairs, value } from '../build/gguf.ts';
import { concat, u64 } from '../build/bytes.ts';
import { pickle } from '../build/pickle.ts';
import { buildTar, buildTorchZip, tarFiles } from '../build/torch.ts';
import { counting } from '../build/torch-tensor.ts';
import type { ZipEntrySpec, ZipOptions } from '../build/zip.ts';
import { EDGES } from './bytes.ts';
import { drawPickle } from './pickles.ts';
import type { Random } from './random.ts';

const TENSORS = [counting('conv_in.weight', [2, 2]), counting('b', [3]), counting('c', [])];

const NAMES = [
  'archive/data.pkl',
  'archive/DATA.PKL',
  'archive/data/0',
  'archive/data/../0',
  '/archive/x',
  'archive\\data.pkl',
  'C:x',
  '',
  'archive/',
  'archive/constants.pkl',
  'archive/code/a.py',
  'archive/.data/version',
  'other/data.pkl',
  'archive/notes\u0000.txt',
] as const;

/** A number that fits 32 bits. */
function narrow(random: Random): number {
  return Number(random.pick(EDGES) & 0xffff_ffffn);
}

type ChangeEntry = (entry: ZipEntrySpec, random: Random) => ZipEntrySpec;

const CHANGES: readonly ChangeEntry[] = [
  (entry, random) => ({ ...entry, name: random.pick(NAMES) }),
  (entry, random) => ({ ...entry, crc: narrow(random) }),
  (entry, random) => ({ ...entry, size: narrow(random) }),
  (entry, random) => ({ ...entry, packed: narrow(random) }),
  (entry, random) => ({ ...entry, header: narrow(random) }),
  (entry, random) => ({ ...entry, method: random.pick([0, 8, 8, 9, 14, 93, 99]) }),
  (entry, random) => ({ ...entry, flags: random.below(0x10000) }),
  (entry, random) => ({ ...entry, local: { name: random.pick(NAMES) } }),
  (entry, random) => ({ ...entry, local: { method: random.below(10), flags: random.below(0x10000) } }),
  (entry, random) => ({ ...entry, after: random.bytes(random.below(30)) }),
  (entry, random) => ({ ...entry, extra: extra(random) }),
  (entry, random) => ({ ...entry, data: drawPickle(random) }),
  (entry, random) => ({ ...entry, data: random.bytes(random.small(300)) }),
];

/** Extra fields: zip64's, another name, and nonsense. */
function extra(random: Random): Uint8Array {
  const body = random.oneIn(2)
    ? concat(...[0, 1, 2].map(() => u64(random.pick(EDGES))))
    : random.bytes(random.below(24));
  return concat(
    [random.pick([1, 0x75, 0x42]), random.pick([0, 0x70, 0x46]), body.length, random.oneIn(5) ? 1 : 0],
    body,
  );
}

/** A zip of torch in which something disagrees with something. */
export function drawZip(random: Random): Uint8Array {
  const zip: ZipOptions = {
    ...(random.oneIn(8) ? { before: random.bytes(random.small(100)) } : {}),
    ...(random.oneIn(8) ? { beforeEnd: random.bytes(random.small(100)) } : {}),
    ...(random.oneIn(8) ? { after: random.bytes(random.small(100)) } : {}),
    ...(random.oneIn(8) ? { comment: random.bytes(random.small(200)) } : {}),
    ...(random.oneIn(8) ? { count: random.below(0x10000) } : {}),
    ...(random.oneIn(8) ? { directoryOffset: narrow(random) } : {}),
    ...(random.oneIn(3) ? { narrow: true } : {}),
    ...(random.oneIn(3) ? { plain: true } : {}),
  };
  return buildTorchZip(TENSORS, {
    zip,
    bigEndian: random.oneIn(4),
    entries: (all) => {
      const changed = all.map((entry) => (random.oneIn(4) ? random.pick(CHANGES)(entry, random) : entry));
      if (random.oneIn(6)) changed.push(random.pick(changed));
      if (random.oneIn(6)) changed.splice(random.below(changed.length), 1);
      return changed;
    },
  });
}

/** The pickle in one of the containers that torch has had. */
export function wrapPickle(
  data: Uint8Array,
  random: Random,
): { readonly what: string; readonly bytes: Uint8Array } {
  switch (random.below(4)) {
    case 0:
      return { what: 'bare', bytes: data };
    case 1: {
      const entries = (all: ZipEntrySpec[]) =>
        all.map((entry) => (entry.name === 'archive/data.pkl' ? { ...entry, data } : entry));
      return { what: 'zip', bytes: buildTorchZip(TENSORS, { entries }) };
    }
    case 2: {
      const magic = Uint8Array.of(
        0x80,
        2,
        0x8a,
        10,
        0x6c,
        0xfc,
        0x9c,
        0x46,
        0xf9,
        0x20,
        0x6a,
        0xa8,
        0x50,
        0x19,
        0x2e,
      );
      const system = pickle(new Map([['little_endian', true]]));
      const keys = random.oneIn(2) ? pickle(['0', '1']) : drawPickle(random);
      const storage = concat(u64(random.oneIn(3) ? random.pick(EDGES) : 4n), random.bytes(16));
      return { what: 'legacy', bytes: concat(magic, pickle(1001), system, data, keys, storage, storage) };
    }
    default: {
      const victim = random.pick(['pickle', 'storages', 'tensors', 'sys_info']);
      const files = tarFiles(TENSORS).map((file) => (file.name === victim ? { name: victim, data } : file));
      return { what: 'tar', bytes: buildTar(files) };
    }
  }
}

const KEYS = [
  'general.architecture',
  'general.alignment',
  'general.file_type',
  'split.count',
  'split.no',
  'comfy.gguf.orig_shape.conv_in.weight',
  'tokenizer.chat_template',
  '',
  '__proto__',
] as const;

/** A GGUF file of drawn keys and tensors, some of them lying. */
export function drawGguf(random: Random): Uint8Array {
  const count = () => (random.oneIn(4) ? random.pick(EDGES) : BigInt(random.below(70)));
  const pairs: GgufPairs = Array.from({ length: random.small(8) }, () => [
    random.pick(KEYS),
    random.pick([
      () => value.u32(narrow(random)),
      () => value.string(random.oneIn(2) ? 'sd1' : random.bytes(random.small(40))),
      () => value.ints(Array.from({ length: random.small(6) }, () => random.below(70))),
      () => value.strings(['a', '', 'x'.repeat(random.small(300))]),
      () => value.array(random.below(14), random.pick(EDGES), random.bytes(random.small(64))),
      () => ({ type: random.below(15), bytes: random.bytes(random.below(12)) }),
    ])(),
  ]);
  const infos = Array.from({ length: random.small(8) }, () => ({
    name: random.pick([
      'conv_in.weight',
      'b',
      '',
      'n'.repeat(random.small(200)),
      'down_blocks.0.resnets.0.conv1.weight',
    ]),
    dims: Array.from({ length: random.small(7) }, count),
    type: random.oneIn(8) ? narrow(random) : random.below(43),
    offset: random.oneIn(3) ? random.pick(EDGES) : 32n * BigInt(random.below(8)),
  }));
  return assembleGguf({
    version: random.oneIn(12) ? narrow(random) : 3,
    pairs,
    infos,
    data: new Uint8Array(random.small(2000)),
    alignment: random.pick([32, 32, 32, 8, 64, 1]),
    ...(random.oneIn(10) ? { tensorCount: random.pick(EDGES) } : {}),
    ...(random.oneIn(10) ? { keyCount: random.pick(EDGES) } : {}),
  });
}
