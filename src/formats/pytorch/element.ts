/** Types of elements by the names that torch gives them. */
import type { PlainDtype } from '../dtype.ts';
import { type PickleValue, ofKind } from './pickle-value.ts';

export interface ElementType {
  /** As people know it: `float32`. */
  readonly title: string;
  readonly bytes: number;
  /** Undefined where this tool has no numbers of that type. */
  readonly dtype?: PlainDtype;
}

const TYPES: ReadonlyMap<string, ElementType> = new Map(
  (
    [
      ['float64', 8, 'F64'],
      ['float32', 4, 'F32'],
      ['float16', 2, 'F16'],
      ['bfloat16', 2, 'BF16'],
      ['int64', 8, 'I64'],
      ['int32', 4, 'I32'],
      ['int16', 2, 'I16'],
      ['int8', 1, 'I8'],
      ['uint8', 1, 'U8'],
      ['uint16', 2, 'U16'],
      ['uint32', 4, 'U32'],
      ['uint64', 8, 'U64'],
      ['bool', 1, 'BOOL'],
      ['complex64', 8, 'C64'],
      ['complex128', 16, undefined],
      ['complex32', 4, undefined],
      ['float8_e5m2', 1, 'F8_E5M2'],
      ['float8_e4m3fn', 1, 'F8_E4M3'],
      ['float8_e5m2fnuz', 1, 'F8_E5M2FNUZ'],
      ['float8_e4m3fnuz', 1, 'F8_E4M3FNUZ'],
      ['float8_e8m0fnu', 1, 'F8_E8M0'],
      ['qint8', 1, undefined],
      ['quint8', 1, undefined],
      ['qint32', 4, undefined],
      ['quint4x2', 1, undefined],
      ['quint2x4', 1, undefined],
      // a storage of bytes: the tensor says what they are
      ['untyped', 1, undefined],
    ] as const
  ).map(([title, bytes, dtype]) => [title, dtype === undefined ? { title, bytes } : { title, bytes, dtype }]),
);

/** Source: torch `storage.py`, the class of each dtype. */
const STORAGES: ReadonlyMap<string, string> = new Map([
  ['DoubleStorage', 'float64'],
  ['FloatStorage', 'float32'],
  ['HalfStorage', 'float16'],
  ['BFloat16Storage', 'bfloat16'],
  ['LongStorage', 'int64'],
  ['IntStorage', 'int32'],
  ['ShortStorage', 'int16'],
  ['CharStorage', 'int8'],
  ['ByteStorage', 'uint8'],
  ['BoolStorage', 'bool'],
  ['ComplexFloatStorage', 'complex64'],
  ['ComplexDoubleStorage', 'complex128'],
  ['QInt8Storage', 'qint8'],
  ['QUInt8Storage', 'quint8'],
  ['QInt32Storage', 'qint32'],
  ['QUInt4x2Storage', 'quint4x2'],
  ['QUInt2x4Storage', 'quint2x4'],
  ['UntypedStorage', 'untyped'],
  ['_UntypedStorage', 'untyped'],
]);

/** The type that a storage's class stands for: `torch.FloatStorage`. */
export function storageElement(value: PickleValue | undefined): ElementType | undefined {
  const name = ofKind(value, 'global')?.name;
  return name === undefined ? undefined : TYPES.get(STORAGES.get(name) ?? '');
}

/** The type that a dtype stands for: `torch.float8_e5m2`. */
export function dtypeElement(value: PickleValue | undefined): ElementType | undefined {
  const name = ofKind(value, 'global')?.name;
  return name === undefined ? undefined : TYPES.get(name);
}
