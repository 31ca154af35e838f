/**
 * The messages of ONNX, as far as they are read: numbers, names and kinds of their fields.
 * Source: onnx.proto of ONNX 1.19 (IR version 13).
 */
import type { WireType } from './wire.ts';

/** What is known of a field. */
export interface FieldSpec {
  readonly name: string;
  readonly type: WireType;
  /** It may stand more than once; numbers may then be packed into one. */
  readonly repeated: boolean;
}

export interface MessageSpec {
  readonly name: string;
  readonly fields: ReadonlyMap<number, FieldSpec>;
}

type Row = readonly [number: number, name: string, type: WireType, repeated?: 'repeated'];

function message(name: string, rows: readonly Row[]): MessageSpec {
  const fields = rows.map(
    ([number, field, type, repeated]) =>
      [number, { name: field, type, repeated: repeated === 'repeated' }] as const,
  );
  return { name, fields: new Map(fields) };
}

export const MODEL = message('ModelProto', [
  [1, 'ir_version', 0],
  [2, 'producer_name', 2],
  [3, 'producer_version', 2],
  [4, 'domain', 2],
  [5, 'model_version', 0],
  [6, 'doc_string', 2],
  [7, 'graph', 2],
  [8, 'opset_import', 2, 'repeated'],
  [14, 'metadata_props', 2, 'repeated'],
  [20, 'training_info', 2, 'repeated'],
  [25, 'functions', 2, 'repeated'],
]);

export const OPSET = message('OperatorSetIdProto', [
  [1, 'domain', 2],
  [2, 'version', 0],
]);

export const ENTRY = message('StringStringEntryProto', [
  [1, 'key', 2],
  [2, 'value', 2],
]);

export const GRAPH = message('GraphProto', [
  [1, 'node', 2, 'repeated'],
  [2, 'name', 2],
  [5, 'initializer', 2, 'repeated'],
  [11, 'input', 2, 'repeated'],
  [12, 'output', 2, 'repeated'],
  [13, 'value_info', 2, 'repeated'],
  [15, 'sparse_initializer', 2, 'repeated'],
]);

export const TRAINING = message('TrainingInfoProto', [
  [1, 'initialization', 2],
  [2, 'algorithm', 2],
]);

export const FUNCTION = message('FunctionProto', [
  [1, 'name', 2],
  [7, 'node', 2, 'repeated'],
  [10, 'domain', 2],
]);

export const SPARSE = message('SparseTensorProto', [
  [1, 'values', 2],
  [2, 'indices', 2],
]);

export const NODE = message('NodeProto', [
  [1, 'input', 2, 'repeated'],
  [2, 'output', 2, 'repeated'],
  [3, 'name', 2],
  [4, 'op_type', 2],
  [5, 'attribute', 2, 'repeated'],
  [7, 'domain', 2],
  [9, 'metadata_props', 2, 'repeated'],
]);

export const ATTRIBUTE = message('AttributeProto', [
  [1, 'name', 2],
  [2, 'f', 5],
  [3, 'i', 0],
  [4, 's', 2],
  [5, 't', 2],
  [6, 'g', 2],
  [7, 'floats', 5, 'repeated'],
  [8, 'ints', 0, 'repeated'],
  [10, 'tensors', 2, 'repeated'],
  [11, 'graphs', 2, 'repeated'],
  [22, 'sparse_tensor', 2],
  [23, 'sparse_tensors', 2, 'repeated'],
]);

export const TENSOR = message('TensorProto', [
  [1, 'dims', 0, 'repeated'],
  [2, 'data_type', 0],
  [3, 'segment', 2],
  [4, 'float_data', 5, 'repeated'],
  [5, 'int32_data', 0, 'repeated'],
  [6, 'string_data', 2, 'repeated'],
  [7, 'int64_data', 0, 'repeated'],
  [8, 'name', 2],
  [9, 'raw_data', 2],
  [10, 'double_data', 1, 'repeated'],
  [11, 'uint64_data', 0, 'repeated'],
  [13, 'external_data', 2, 'repeated'],
  [14, 'data_location', 0],
]);

export const VALUE = message('ValueInfoProto', [
  [1, 'name', 2],
  [2, 'type', 2],
]);

export const TYPE = message('TypeProto', [[1, 'tensor_type', 2]]);

export const TENSOR_TYPE = message('TypeProto.Tensor', [
  [1, 'elem_type', 0],
  [2, 'shape', 2],
]);

export const SHAPE = message('TensorShapeProto', [[1, 'dim', 2, 'repeated']]);

export const DIMENSION = message('TensorShapeProto.Dimension', [
  [1, 'dim_value', 0],
  [2, 'dim_param', 2],
]);
