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

/** How the elements of a tensor are stored. */
export type Dtype = keyof typeof BITS;

export const DTYPES = Object.keys(BITS) as readonly Dtype[];

const KNOWN: ReadonlyMap<string, Dtype> = new Map(DTYPES.map((dtype) => [dtype, dtype]));

/** The dtype of that name, or undefined: names come from files, so they are looked up, never indexed. */
export function dtypeNamed(name: string): Dtype | undefined {
  return KNOWN.get(name);
}

/** Bits that one element takes. */
export function bitsOf(dtype: Dtype): number {
  return BITS[dtype];
}

/** True for the dtypes that hold real weights. */
export function isFloat(dtype: Dtype): boolean {
  return dtype.startsWith('F') || dtype === 'BF16';
}
