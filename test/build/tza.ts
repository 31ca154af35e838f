/** Writes tensor archives of Open Image Denoise: sound ones, and ones with one named defect each. */
import { elementCount } from '../../src/formats/checkpoint.ts';
import { byteLengthOf } from '../../src/formats/dtype.ts';
import { concat, u32, u64 } from './bytes.ts';

const TYPES = { F32: 'f', F16: 'h', I8: 'b', U8: 'B' } as const;

/** A tensor as it is written; what is wrong with it is said outright. */
export interface TzaTensor {
  readonly name: string;
  readonly dtype: keyof typeof TYPES;
  readonly shape: readonly number[];
  readonly data?: Uint8Array;
  readonly layout?: string;
  readonly type?: string;
  readonly offset?: number | bigint;
}

export interface TzaFile {
  readonly tensors?: readonly TzaTensor[];
  readonly version?: readonly [number, number];
  readonly count?: number;
  readonly tableAt?: number | bigint;
  readonly behind?: Uint8Array;
}

const ALIGNMENT = 64;
const encoder = new TextEncoder();

const SOUND: readonly TzaTensor[] = [
  { name: 'enc_conv0.weight', dtype: 'F16', shape: [4, 3, 3, 3] },
  { name: 'enc_conv0.bias', dtype: 'F32', shape: [4] },
];

export function buildTza({
  tensors = SOUND,
  version = [2, 0],
  count,
  tableAt,
  behind,
}: TzaFile = {}): Uint8Array {
  const pieces: Uint8Array[] = [];
  const entries: Uint8Array[] = [];
  let at = 12;
  for (const { name, dtype, shape, data, layout, type, offset } of tensors) {
    const padding = (ALIGNMENT - (at % ALIGNMENT)) % ALIGNMENT;
    const bytes = data ?? new Uint8Array(byteLengthOf(dtype, elementCount(shape))).fill(1);
    pieces.push(new Uint8Array(padding), bytes);
    const named = encoder.encode(name);
    entries.push(
      concat(
        Uint8Array.of(named.length & 255, named.length >> 8),
        named,
        Uint8Array.of(shape.length),
        ...shape.map((dim) => u32(dim)),
        encoder.encode(layout ?? (shape.length === 1 ? 'x' : 'oihw'.slice(0, shape.length))),
        encoder.encode(type ?? TYPES[dtype]),
        u64(offset ?? at + padding),
      ),
    );
    at += padding + bytes.length;
  }
  return concat(
    Uint8Array.of(0xd7, 0x41, ...version),
    u64(tableAt ?? at),
    ...pieces,
    u32(count ?? tensors.length),
    ...entries,
    behind ?? new Uint8Array(0),
  );
}

/** A file that is sound, and of the given tensors where there are any. */
export function soundTza(tensors: readonly TzaTensor[] = SOUND): Uint8Array {
  return buildTza({ tensors });
}

const [WEIGHT, BIAS] = SOUND as readonly [TzaTensor, TzaTensor];

const DEFECTS = {
  'header-cut': () => buildTza().subarray(0, 7),
  'table-beyond-file': () => buildTza({ tableAt: 1_000_000 }),
  'table-at-2-64': () => buildTza({ tableAt: 2n ** 64n - 1n }),
  'table-in-header': () => buildTza({ tableAt: 4 }),
  'count-too-large': () => buildTza({ count: 1_000 }),
  'count-one-more': () => buildTza({ count: 3 }),
  'bytes-behind': () => buildTza({ behind: new Uint8Array(3) }),
  'name-twice': () => buildTza({ tensors: [WEIGHT, { ...BIAS, name: WEIGHT.name }] }),
  'name-latin1': () => {
    const bytes = buildTza();
    return bytes.with(bytes.lastIndexOf(0x5f), 0xff);
  },
  'axes-turned': () => buildTza({ tensors: [{ ...WEIGHT, layout: 'hwio' }, BIAS] }),
  'type-unknown': () => buildTza({ tensors: [{ ...WEIGHT, type: 'q' }, BIAS] }),
  'tensor-over-table': () =>
    buildTza({ tensors: [WEIGHT, { ...BIAS, shape: [400], data: new Uint8Array(16) }] }),
  'tensor-at-2-64': () => buildTza({ tensors: [WEIGHT, { ...BIAS, offset: 2n ** 64n - 8n }] }),
  'tensor-in-header': () => buildTza({ tensors: [WEIGHT, { ...BIAS, offset: 0 }] }),
  overlap: () => buildTza({ tensors: [WEIGHT, { ...BIAS, offset: 64 }] }),
  'shape-of-2-128': () =>
    buildTza({
      tensors: [
        WEIGHT,
        { ...BIAS, shape: [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], data: new Uint8Array(4) },
      ],
    }),
  'rank-65': () =>
    buildTza({
      tensors: [{ ...WEIGHT, shape: Array.from({ length: 65 }, () => 1), layout: 'x'.repeat(65) }, BIAS],
    }),
  'no-tensors': () => buildTza({ tensors: [] }),
} as const;

export type TzaDefect = keyof typeof DEFECTS;
export const TZA_DEFECTS = Object.keys(DEFECTS) as readonly TzaDefect[];

export function buildTzaDefect(defect: TzaDefect): Uint8Array {
  return DEFECTS[defect]();
}
