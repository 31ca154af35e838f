/** The element types of ONNX. Source: onnx.proto, `TensorProto.DataType`. */
import type { Dtype } from '../dtype.ts';

interface ElementType {
  /** As the format has it. */
  readonly name: string;
  /** Absent for types whose numbers are not read. */
  readonly dtype?: Dtype;
  /** The field for its numbers where they do not stand as bytes. */
  readonly field: string;
}

const type = (name: string, field: string, dtype?: Dtype): ElementType => ({
  name,
  field,
  ...(dtype === undefined ? {} : { dtype }),
});

const TYPES: ReadonlyMap<number, ElementType> = new Map([
  [1, type('FLOAT', 'float_data', 'F32')],
  [2, type('UINT8', 'int32_data', 'U8')],
  [3, type('INT8', 'int32_data', 'I8')],
  [4, type('UINT16', 'int32_data', 'U16')],
  [5, type('INT16', 'int32_data', 'I16')],
  [6, type('INT32', 'int32_data', 'I32')],
  [7, type('INT64', 'int64_data', 'I64')],
  [8, type('STRING', 'string_data')],
  [9, type('BOOL', 'int32_data', 'BOOL')],
  [10, type('FLOAT16', 'int32_data', 'F16')],
  [11, type('DOUBLE', 'double_data', 'F64')],
  [12, type('UINT32', 'uint64_data', 'U32')],
  [13, type('UINT64', 'uint64_data', 'U64')],
  [14, type('COMPLEX64', 'float_data', 'C64')],
  [15, type('COMPLEX128', 'double_data')],
  [16, type('BFLOAT16', 'int32_data', 'BF16')],
  [17, type('FLOAT8E4M3FN', 'int32_data', 'F8_E4M3')],
  [18, type('FLOAT8E4M3FNUZ', 'int32_data', 'F8_E4M3FNUZ')],
  [19, type('FLOAT8E5M2', 'int32_data', 'F8_E5M2')],
  [20, type('FLOAT8E5M2FNUZ', 'int32_data', 'F8_E5M2FNUZ')],
  [21, type('UINT4', 'int32_data')],
  [22, type('INT4', 'int32_data')],
  [23, type('FLOAT4E2M1', 'int32_data')],
  [24, type('FLOAT8E8M0', 'int32_data', 'F8_E8M0')],
  [25, type('UINT2', 'int32_data')],
  [26, type('INT2', 'int32_data')],
]);

/** The element type with that number, or undefined. */
export function elementType(number: number): ElementType | undefined {
  return TYPES.get(number);
}

/** Newest version of the format that is known. Source: onnx.proto, `Version`, ONNX 1.19. */
export const NEWEST_IR = 13;

/** From this version on a model says which operators it uses. */
export const FIRST_IR_WITH_OPSETS = 3;

/** Domains of operators that ONNX and ONNX Runtime bring along; models of others need a library loaded beside. */
const KNOWN_DOMAINS: ReadonlySet<string> = new Set([
  '',
  'ai.onnx',
  'ai.onnx.ml',
  'ai.onnx.training',
  'ai.onnx.preview',
  'ai.onnx.preview.training',
  'com.microsoft',
  'com.microsoft.experimental',
  'com.microsoft.nchwc',
  'com.ms.internal.nhwc',
]);

export function isKnownDomain(domain: string): boolean {
  return KNOWN_DOMAINS.has(domain);
}
