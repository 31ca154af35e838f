import type { ByteRange, Count } from '../place.ts';

/** What ggml's own reader, that of llama.cpp, does with a file that has this fault and no other. */
export interface GgmlVerdict {
  readonly ggml: 'refuses' | 'accepts';
}

export const GGML_REFUSES: GgmlVerdict = { ggml: 'refuses' };
export const GGML_ACCEPTS: GgmlVerdict = { ggml: 'accepts' };

interface AtTensor {
  readonly tensor: string;
}

/** One fault of a GGUF file, before its place and the verdict are added. */
export type GgufKinds =
  /** The file ends inside its header. `what`: where, in words. */
  | { readonly kind: 'gguf-header-cut'; readonly what: string; readonly actual: number }
  /** `problem`: older than what is read, newer or none at all, or written in the other order of bytes. */
  | {
      readonly kind: 'gguf-version';
      readonly version: number;
      readonly problem: 'old' | 'unknown' | 'byte-swapped';
    }
  /** A number of tensors or keys that is negative, or that no file of this size can hold. */
  | { readonly kind: 'gguf-count'; readonly what: string; readonly declared: Count; readonly limit: number }
  /** A string or array that is said to be longer than the format allows or than a number can say. */
  | { readonly kind: 'gguf-length'; readonly what: string; readonly declared: Count; readonly limit: number }
  /** A type of metadata that the format does not have. */
  | {
      readonly kind: 'gguf-value-type';
      readonly key: string;
      readonly type: number;
      readonly inArray: boolean;
    }
  | { readonly kind: 'gguf-array-nested'; readonly key: string }
  | { readonly kind: 'gguf-key-empty' }
  | { readonly kind: 'gguf-key-twice'; readonly key: string; readonly first: ByteRange }
  /** `general.alignment` is no power of two, or no UINT32. */
  | { readonly kind: 'gguf-alignment'; readonly found: string }
  /** A key, value or tensor name; `what` says which. */
  | { readonly kind: 'gguf-not-utf8'; readonly what: string }
  /** A truth value that is neither 0 nor 1. */
  | { readonly kind: 'gguf-bool'; readonly key: string; readonly found: number }
  /** Names that fit stable-diffusion.cpp and not llama.cpp. `longest`: bytes of the longest, which `tensor` is. */
  | (AtTensor & {
      readonly kind: 'gguf-long-names';
      readonly count: number;
      readonly longest: number;
      readonly limit: number;
    })
  /** Names that no build of ggml takes. */
  | (AtTensor & { readonly kind: 'gguf-name-too-long'; readonly longest: number; readonly limit: number })
  | (AtTensor & { readonly kind: 'gguf-tensor-twice'; readonly first: ByteRange })
  | (AtTensor & { readonly kind: 'gguf-rank'; readonly rank: number; readonly limit: number })
  | (AtTensor & { readonly kind: 'gguf-dimension'; readonly shape: readonly string[] })
  | (AtTensor & { readonly kind: 'gguf-shape-overflow'; readonly shape: readonly string[] })
  /** `name`: that of a type which the format once had. */
  | (AtTensor & { readonly kind: 'gguf-type'; readonly type: number; readonly name?: string })
  /** Rows that do not fill their last block. */
  | (AtTensor & {
      readonly kind: 'gguf-block';
      readonly dtype: string;
      readonly row: number;
      readonly block: number;
    })
  | (AtTensor & { readonly kind: 'gguf-unaligned'; readonly offset: Count; readonly alignment: number })
  /** `bytes` is what `tensor` and `other` share; of length 0 where an empty tensor lies inside another. */
  | (AtTensor & { readonly kind: 'gguf-overlap'; readonly other: string })
  /** More bytes than alignment asks for, which no tensor owns. */
  | { readonly kind: 'gguf-hole'; readonly before?: string; readonly after: string }
  /** The tensors tile the data, in another order than they are listed in. `tensor`: the first out of order. */
  | (AtTensor & { readonly kind: 'gguf-order' })
  | (AtTensor & {
      readonly kind: 'gguf-beyond-file';
      readonly begin: Count;
      readonly end: Count;
      readonly limit: number;
    })
  /** The layout is sound and the file ends before it does. `tensors`: how many lie beyond, in part or whole. */
  | {
      readonly kind: 'gguf-truncated';
      readonly expected: number;
      readonly actual: number;
      readonly tensors: number;
    }
  | { readonly kind: 'gguf-trailing'; readonly expected: number; readonly actual: number }
  | { readonly kind: 'gguf-no-tensors' }
  /** ComfyUI's note of a tensor's own shape is no array of INT32. */
  | (AtTensor & { readonly kind: 'gguf-shape-note-type'; readonly found: string })
  /** The note has another number of elements than the tensor. */
  | (AtTensor & {
      readonly kind: 'gguf-shape-note-count';
      readonly noted: readonly number[];
      readonly stored: readonly number[];
    })
  /** A note of the shape of a tensor that is not there. */
  | (AtTensor & { readonly kind: 'gguf-shape-note-unused' })
  /** `general.file_type` names a type that no tensor has. `found`: the types there are. */
  | { readonly kind: 'gguf-file-type'; readonly declared: string; readonly found: readonly string[] };
