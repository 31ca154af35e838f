/**
 * Bits an element takes, for each dtype of the safetensors format, in the order of its own enum.
 * Source: safetensors 0.8, `Dtype` and `bitsize`; the order is the alignment order its writer sorts by.
 */
const BITS = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

/** Elements that are stored together, and the bytes that they take together. */
export interface Block {
  readonly elements: number;
  readonly bytes: number;
}

const block = (elements: number, bytes: number): Block => ({ elements, bytes });

/**
 * The quantised types of GGML: a block has its own scale, so that a lone element has no place of its own.
 * Source: ggml `ggml-common.h`, and `GGML_QUANT_SIZES` of gguf-py 0.19, which agree but for Q8_1. That is a
 * type of intermediate results; its block is two half-precision scales and 32 bytes in ggml.
 */
const BLOCKS = {
  Q4_0: block(32, 18),
  Q4_1: block(32, 20),
  Q5_0: block(32, 22),
  Q5_1: block(32, 24),
  Q8_0: block(32, 34),
  Q8_1: block(32, 36),
  Q2_K: block(256, 84),
  Q3_K: block(256, 110),
  Q4_K: block(256, 144),
  Q5_K: block(256, 176),
  Q6_K: block(256, 210),
  Q8_K: block(256, 292),
  IQ1_S: block(256, 50),
  IQ1_M: block(256, 56),
  IQ2_XXS: block(256, 66),
  IQ2_XS: block(256, 74),
  IQ2_S: block(256, 82),
  IQ3_XXS: block(256, 98),
  IQ3_S: block(256, 110),
  IQ4_NL: block(32, 18),
  IQ4_XS: block(256, 136),
  TQ1_0: block(256, 54),
  TQ2_0: block(256, 66),
  MXFP4: block(32, 17),
  NVFP4: block(64, 36),
  Q1_0: block(128, 18),
} as const;

/** A dtype each of whose elements takes the same bits of its own. */
export type PlainDtype = keyof typeof BITS;

/** A dtype that is stored in blocks. */
export type BlockDtype = keyof typeof BLOCKS;

/** How the elements of a tensor are stored. */
export type Dtype = PlainDtype | BlockDtype;

/** The dtypes of the safetensors format. */
export const DTYPES = Object.keys(BITS) as readonly PlainDtype[];

/** The quantised dtypes of GGML. */
export const BLOCK_DTYPES = Object.keys(BLOCKS) as readonly BlockDtype[];

const KNOWN: ReadonlyMap<string, PlainDtype> = new Map(DTYPES.map((dtype) => [dtype, dtype]));

/** The dtype that safetensors calls so, or undefined: names come from files, so they are looked up, never indexed. */
export function dtypeNamed(name: string): PlainDtype | undefined {
  return KNOWN.get(name);
}

/** True for a dtype that is stored in blocks. */
export function isBlock(dtype: Dtype): dtype is BlockDtype {
  return dtype in BLOCKS;
}

/** Bits that one element takes. */
export function bitsOf(dtype: PlainDtype): number {
  return BITS[dtype];
}

/** The block of a quantised dtype. */
export function blockOf(dtype: BlockDtype): Block {
  return BLOCKS[dtype];
}

/** Bytes that so many elements take; no whole number where they do not fill their last block or byte. */
export function byteLengthOf(dtype: Dtype, elements: number): number {
  if (!isBlock(dtype)) return (elements * bitsOf(dtype)) / 8;
  const { elements: per, bytes } = blockOf(dtype);
  return (elements / per) * bytes;
}

/** True for the dtypes that hold real weights. */
export function isFloat(dtype: Dtype): boolean {
  return dtype.startsWith('F') || dtype === 'BF16' || isBlock(dtype);
}
