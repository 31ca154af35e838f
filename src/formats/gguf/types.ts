/** The numbers that GGUF gives to types, of metadata and of tensors. */
import type { Dtype } from '../dtype.ts';

/** A type of metadata. `size` in bytes, for the types that have one. */
interface ValueType {
  readonly name: string;
  readonly size?: number;
}

/** By number. Source: GGUF specification (ggml `docs/gguf.md`), gguf-py `GGUFValueType`. */
const VALUE_TYPES: readonly ValueType[] = [
  { name: 'UINT8', size: 1 },
  { name: 'INT8', size: 1 },
  { name: 'UINT16', size: 2 },
  { name: 'INT16', size: 2 },
  { name: 'UINT32', size: 4 },
  { name: 'INT32', size: 4 },
  { name: 'FLOAT32', size: 4 },
  { name: 'BOOL', size: 1 },
  { name: 'STRING' },
  { name: 'ARRAY' },
  { name: 'UINT64', size: 8 },
  { name: 'INT64', size: 8 },
  { name: 'FLOAT64', size: 8 },
];

export const INT32 = 5;
export const BOOL = 7;
export const STRING = 8;
export const ARRAY = 9;

/** The type of metadata with that number, or undefined. */
export function valueType(type: number): ValueType | undefined {
  return VALUE_TYPES[type];
}

/** By number. Source: ggml `enum ggml_type`, gguf-py 0.19 `GGMLQuantizationType`. */
const TENSOR_TYPES: ReadonlyMap<number, Dtype> = new Map([
  [0, 'F32'],
  [1, 'F16'],
  [2, 'Q4_0'],
  [3, 'Q4_1'],
  [6, 'Q5_0'],
  [7, 'Q5_1'],
  [8, 'Q8_0'],
  [9, 'Q8_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [12, 'Q4_K'],
  [13, 'Q5_K'],
  [14, 'Q6_K'],
  [15, 'Q8_K'],
  [16, 'IQ2_XXS'],
  [17, 'IQ2_XS'],
  [18, 'IQ3_XXS'],
  [19, 'IQ1_S'],
  [20, 'IQ4_NL'],
  [21, 'IQ3_S'],
  [22, 'IQ2_S'],
  [23, 'IQ4_XS'],
  [24, 'I8'],
  [25, 'I16'],
  [26, 'I32'],
  [27, 'I64'],
  [28, 'F64'],
  [29, 'IQ1_M'],
  [30, 'BF16'],
  [34, 'TQ1_0'],
  [35, 'TQ2_0'],
  [39, 'MXFP4'],
  [40, 'NVFP4'],
  [41, 'Q1_0'],
]);

/** Types that ggml had and took away; files that have them were made by old versions. */
const REMOVED_TYPES: ReadonlyMap<number, string> = new Map([
  [4, 'Q4_2'],
  [5, 'Q4_3'],
  [31, 'Q4_0_4_4'],
  [32, 'Q4_0_4_8'],
  [33, 'Q4_0_8_8'],
  [36, 'IQ4_NL_4_4'],
  [37, 'IQ4_NL_4_8'],
  [38, 'IQ4_NL_8_8'],
]);

/** The dtype with that number, or undefined. */
export function tensorType(type: number): Dtype | undefined {
  return TENSOR_TYPES.get(type);
}

/** What a type was called that is no more, or undefined. */
export function removedType(type: number): string | undefined {
  return REMOVED_TYPES.get(type);
}

interface FileType {
  readonly name: string;
  /** The dtype that gave it its name: some tensor has it. */
  readonly of: Dtype;
}

const named = (name: string, of: Dtype): FileType => ({ name, of });

/** `general.file_type` by number. Source: llama.cpp `enum llama_ftype`, gguf-py `LlamaFileType`. */
const FILE_TYPES: ReadonlyMap<number, FileType> = new Map([
  [0, named('F32', 'F32')],
  [1, named('F16', 'F16')],
  [2, named('Q4_0', 'Q4_0')],
  [3, named('Q4_1', 'Q4_1')],
  [7, named('Q8_0', 'Q8_0')],
  [8, named('Q5_0', 'Q5_0')],
  [9, named('Q5_1', 'Q5_1')],
  [10, named('Q2_K', 'Q2_K')],
  [11, named('Q3_K_S', 'Q3_K')],
  [12, named('Q3_K_M', 'Q3_K')],
  [13, named('Q3_K_L', 'Q3_K')],
  [14, named('Q4_K_S', 'Q4_K')],
  [15, named('Q4_K_M', 'Q4_K')],
  [16, named('Q5_K_S', 'Q5_K')],
  [17, named('Q5_K_M', 'Q5_K')],
  [18, named('Q6_K', 'Q6_K')],
  [19, named('IQ2_XXS', 'IQ2_XXS')],
  [20, named('IQ2_XS', 'IQ2_XS')],
  [21, named('Q2_K_S', 'Q2_K')],
  [23, named('IQ3_XXS', 'IQ3_XXS')],
  [24, named('IQ1_S', 'IQ1_S')],
  [25, named('IQ4_NL', 'IQ4_NL')],
  [26, named('IQ3_S', 'IQ3_S')],
  [27, named('IQ3_M', 'IQ3_S')],
  [28, named('IQ2_S', 'IQ2_S')],
  [30, named('IQ4_XS', 'IQ4_XS')],
  [31, named('IQ1_M', 'IQ1_M')],
  [32, named('BF16', 'BF16')],
  [36, named('TQ1_0', 'TQ1_0')],
  [37, named('TQ2_0', 'TQ2_0')],
  [38, named('MXFP4', 'MXFP4')],
  [39, named('NVFP4', 'NVFP4')],
  [40, named('Q1_0', 'Q1_0')],
]);

/** What `general.file_type` stands for, or undefined. */
export function fileType(type: number): FileType | undefined {
  return FILE_TYPES.get(type);
}
