import type { ByteRange, Count } from '../place.ts';

/**
 * Whether a file with this fault and no other is a model by the rules of ONNX: `broken` ones are run by nothing here,
 * whatever a lenient runtime makes of them.
 */
export interface OnnxVerdict {
  readonly onnx: 'broken' | 'odd';
}

export const BROKEN: OnnxVerdict = { onnx: 'broken' };
export const ODD: OnnxVerdict = { onnx: 'odd' };

interface AtTensor {
  readonly tensor: string;
}

/** What is wrong with the encoding of a field. */
export type WireProblem = 'varint-too-long' | 'wire-type' | 'field-zero' | 'beyond-message' | 'packed-uneven';

/** Faults of the protobuf that the file is. `message`: `TensorProto`, `NodeProto` … */
type WireKinds =
  | { readonly kind: 'onnx-malformed'; readonly message: string; readonly problem: WireProblem }
  /** The last field is longer than what is left of the file. */
  | { readonly kind: 'onnx-truncated'; readonly expected: Count; readonly actual: number }
  | {
      readonly kind: 'onnx-field-type';
      readonly message: string;
      readonly field: string;
      readonly found: number;
    }
  /** A field that stands once by the format: readers take the last, or join the two. */
  | {
      readonly kind: 'onnx-field-twice';
      readonly message: string;
      readonly field: string;
      readonly first: ByteRange;
    }
  | { readonly kind: 'onnx-not-utf8'; readonly what: string };

type ModelKinds =
  | { readonly kind: 'onnx-version'; readonly version: Count; readonly newest: number }
  /** `domain` '' is ONNX's own. */
  | { readonly kind: 'onnx-opset-missing'; readonly domain: string }
  | { readonly kind: 'onnx-opset-twice'; readonly domain: string }
  | { readonly kind: 'onnx-no-graph' }
  | { readonly kind: 'onnx-no-tensors' }
  | { readonly kind: 'onnx-metadata-twice'; readonly key: string }
  | {
      readonly kind: 'onnx-foreign-operator';
      readonly domain: string;
      readonly operator: string;
      readonly count: number;
    };

type GraphKinds =
  /** A node reads, or the graph gives out, what nothing makes. */
  | { readonly kind: 'onnx-value-undefined'; readonly value: string; readonly reader: string }
  /** Nodes read what only later ones make: `count` values, `value` the first of them. */
  | {
      readonly kind: 'onnx-value-early';
      readonly value: string;
      readonly reader: string;
      readonly count: number;
    }
  | { readonly kind: 'onnx-value-twice'; readonly value: string };

type TensorKinds =
  | { readonly kind: 'onnx-tensor-unnamed' }
  | (AtTensor & { readonly kind: 'onnx-tensor-twice'; readonly first: ByteRange })
  | (AtTensor & { readonly kind: 'onnx-data-type'; readonly type: Count })
  | (AtTensor & { readonly kind: 'onnx-dimension'; readonly shape: readonly string[] })
  | (AtTensor & { readonly kind: 'onnx-shape-overflow'; readonly shape: readonly string[] })
  | (AtTensor & { readonly kind: 'onnx-data-missing'; readonly shape: readonly number[] })
  /** Its numbers stand in several fields. */
  | (AtTensor & { readonly kind: 'onnx-data-fields'; readonly fields: readonly string[] })
  /** Its numbers stand in the field of another dtype. */
  | (AtTensor & { readonly kind: 'onnx-data-field'; readonly field: string; readonly dtype: string })
  /** `unit`: what is counted, bytes or numbers. */
  | (AtTensor & {
      readonly kind: 'onnx-data-size';
      readonly shape: readonly number[];
      readonly dtype: string;
      readonly unit: 'bytes' | 'numbers';
      readonly expected: Count;
      readonly actual: Count;
    });

type ExternalKinds =
  | (AtTensor & { readonly kind: 'onnx-external-path'; readonly location: string; readonly reason: string })
  | (AtTensor & { readonly kind: 'onnx-external-missing'; readonly location: string })
  /** `problem` in words: no location, a number that is none. */
  | (AtTensor & { readonly kind: 'onnx-external-entry'; readonly problem: string; readonly found: string })
  | (AtTensor & { readonly kind: 'onnx-external-key'; readonly key: string })
  | (AtTensor & {
      readonly kind: 'onnx-external-range';
      readonly location: string;
      readonly begin: Count;
      readonly end: Count;
      readonly limit: number;
    })
  | (AtTensor & { readonly kind: 'onnx-external-overlap'; readonly location: string; readonly other: string })
  /** Tensors that lie in the same bytes as another, all of them. `other`: one of those. */
  | (AtTensor & {
      readonly kind: 'onnx-external-shared';
      readonly location: string;
      readonly other: string;
      readonly count: number;
    })
  /** `count` bytes that no tensor owns, more than an alignment asks for. */
  | { readonly kind: 'onnx-external-unclaimed'; readonly location: string; readonly count: number };

/** One fault of an ONNX file, before its place and the verdict are added. */
export type OnnxKinds = WireKinds | ModelKinds | GraphKinds | TensorKinds | ExternalKinds;

/** One that a tensor has. */
export type TensorFault = Extract<OnnxKinds, AtTensor>;

/** What keeps us from checking part of one. */
export type OnnxUncheckedKinds =
  /** Weights in a file beside it, where only the one file was given. */
  { readonly kind: 'onnx-external-unseen'; readonly location: string };
