import type { GgmlVerdict, GgufKinds } from './gguf/faults.ts';
import type { JsonProblem } from './json-syntax.ts';
import type { OnnxKinds, OnnxUncheckedKinds, OnnxVerdict } from './onnx/faults.ts';
import type { ByteRange, Count } from './place.ts';
import type { PytorchKinds, PytorchUncheckedKinds } from './pytorch/faults.ts';

export type { ByteRange, Count } from './place.ts';

/** Names of the reference reader's errors (safetensors crate, `SafeTensorError`) that a header can cause. */
export type ReferenceErrorName =
  | 'HeaderTooSmall'
  | 'HeaderTooLarge'
  | 'InvalidHeaderLength'
  | 'InvalidHeader'
  | 'InvalidHeaderDeserialization'
  | 'InvalidOffset'
  | 'ValidationOverflow'
  | 'MisalignedSlice'
  | 'TensorInvalidInfo'
  | 'MetadataIncompleteBuffer';

/** What the reference reader does with a file that has this fault and no other. */
export type ReferenceVerdict =
  | { readonly reference: 'refuses'; readonly referenceError: ReferenceErrorName }
  /** It loads, though the written format does not allow it or this tool could not look into it. */
  | { readonly reference: 'accepts' };

/** The verdict that the reference refuses with that error. */
export function refuses(referenceError: ReferenceErrorName): ReferenceVerdict {
  return { reference: 'refuses', referenceError };
}

/** The verdict that the reference loads the file all the same. */
export const ACCEPTS: ReferenceVerdict = { reference: 'accepts' };

/** Where a fault is. Names are raw, as the file has them. */
interface Where {
  /** Path relative to what was opened. */
  readonly file: string;
  /** The bytes at fault: in the header for what is written wrongly, in the data for what lies wrongly. */
  readonly bytes?: ByteRange;
  readonly tensor?: string;
  /** JSON pointer in a JSON file. */
  readonly pointer?: string;
}

interface AtTensor {
  readonly tensor: string;
}

/** One fault of a safetensors header, before its place and the reference's verdict are added. */
type HeaderKinds =
  /** Fewer than the 8 bytes of the header length. */
  | { readonly kind: 'file-too-short'; readonly actual: number }
  | { readonly kind: 'header-too-large'; readonly declared: Count; readonly limit: number }
  /** The header should end after the file does. `actual`: bytes of the file. */
  | { readonly kind: 'header-beyond-file'; readonly declared: Count; readonly actual: number }
  | { readonly kind: 'header-not-utf8'; readonly found: string }
  | {
      readonly kind: 'header-not-json';
      readonly problem: JsonProblem;
      readonly expected: string;
      readonly found: string;
    }
  | { readonly kind: 'header-not-object'; readonly found: string }
  | { readonly kind: 'header-leading-whitespace' }
  /** White space other than the space as padding. */
  | { readonly kind: 'header-odd-padding'; readonly found: string }
  /** The data does not begin at a multiple of 8. */
  | { readonly kind: 'header-unaligned'; readonly headerLength: number }
  | { readonly kind: 'metadata-null' }
  | { readonly kind: 'metadata-not-object'; readonly found: string }
  | { readonly kind: 'metadata-not-string'; readonly key: string; readonly found: string }
  | { readonly kind: 'duplicate-metadata'; readonly first: ByteRange }
  | { readonly kind: 'duplicate-metadata-key'; readonly key: string; readonly first: ByteRange }
  | (AtTensor & { readonly kind: 'entry-not-object'; readonly found: string })
  | (AtTensor & { readonly kind: 'entry-as-array' })
  | (AtTensor & { readonly kind: 'missing-field'; readonly field: string })
  | (AtTensor & { readonly kind: 'duplicate-field'; readonly field: string; readonly first: ByteRange })
  | (AtTensor & { readonly kind: 'unknown-field'; readonly field: string })
  | (AtTensor & {
      readonly kind: 'field-wrong-type';
      readonly field: string;
      readonly expected: string;
      readonly found: string;
    })
  /** A dimension or offset that is no unsigned 64-bit integer, written as one. */
  | (AtTensor & { readonly kind: 'not-an-integer'; readonly field: string; readonly found: string })
  | (AtTensor & { readonly kind: 'dtype-unknown'; readonly dtype: string })
  /** `{"F16": null}` where `"F16"` belongs. */
  | (AtTensor & { readonly kind: 'dtype-as-object'; readonly dtype: string })
  /** The same name twice, for other bytes. `bytes` is the second entry, `first` the first, in the header. */
  | (AtTensor & { readonly kind: 'duplicate-tensor'; readonly first: ByteRange })
  /** The same name twice for the same bytes. */
  | (AtTensor & { readonly kind: 'duplicate-tensor-same-range'; readonly first: ByteRange })
  | (AtTensor & { readonly kind: 'offsets-reversed'; readonly begin: Count; readonly end: Count })
  /** Offsets count from the start of the data; `limit` is the length of the data. */
  | (AtTensor & {
      readonly kind: 'offsets-beyond-file';
      readonly begin: Count;
      readonly end: Count;
      readonly limit: number;
    })
  /** Bytes that no tensor owns between two that have one. */
  | { readonly kind: 'hole'; readonly before?: string; readonly after: string }
  /** `bytes` is what `tensor` and `other` share; of length 0 where an empty tensor lies inside another. */
  | (AtTensor & { readonly kind: 'overlap'; readonly other: string })
  | (AtTensor & {
      readonly kind: 'shape-overflow';
      readonly shape: readonly string[];
      readonly dtype: string;
    })
  /** A sub-byte dtype whose tensor does not fill its last byte. */
  | (AtTensor & {
      readonly kind: 'misaligned-slice';
      readonly shape: readonly number[];
      readonly dtype: string;
      readonly bits: Count;
    })
  /** `expected`: bytes by shape and dtype; `actual`: bytes between the offsets. */
  | (AtTensor & {
      readonly kind: 'size-mismatch';
      readonly shape: readonly string[];
      readonly dtype: string;
      readonly expected: Count;
      readonly actual: Count;
    })
  /** The tensor does not begin at a multiple of its element's size within the data. */
  | (AtTensor & { readonly kind: 'tensor-unaligned'; readonly dtype: string; readonly alignment: number })
  /** The layout is sound and the file ends before it does. `tensors`: how many lie beyond, in part or whole. */
  | {
      readonly kind: 'file-truncated';
      readonly expected: number;
      readonly actual: number;
      readonly tensors: number;
    }
  | { readonly kind: 'trailing-bytes'; readonly expected: number; readonly actual: number }
  | { readonly kind: 'no-tensors' };

/** JSON files beside the weights. */
type JsonFileKinds =
  | {
      readonly kind: 'json-invalid';
      readonly problem: JsonProblem;
      readonly expected: string;
      readonly found: string;
    }
  | { readonly kind: 'json-duplicate-key'; readonly key: string; readonly first: ByteRange }
  | { readonly kind: 'json-not-object'; readonly found: string }
  /** An entry of `model_index.json` that is no pair of library and class. */
  | { readonly kind: 'model-index-entry'; readonly component: string; readonly found: string };

type ShardKinds =
  | { readonly kind: 'index-without-weight-map'; readonly found: string }
  | { readonly kind: 'index-entry-invalid'; readonly tensor: string; readonly found: string }
  /** diffusers reads `metadata` of the index and fails without it. */
  | { readonly kind: 'index-without-metadata' }
  /** Files named as shards, and no index beside them. `expected`: how many there should be by their names. */
  | { readonly kind: 'index-missing'; readonly shards: readonly string[]; readonly expected: number }
  | { readonly kind: 'shard-name-refused'; readonly shard: string; readonly reason: string }
  /** `tensors`: how many the index says it holds. */
  | { readonly kind: 'shard-missing'; readonly shard: string; readonly tensors: number }
  /** The index says that `shard` holds it; `foundIn` has it instead. */
  | {
      readonly kind: 'tensor-not-in-shard';
      readonly tensor: string;
      readonly shard: string;
      readonly foundIn?: string;
    }
  | { readonly kind: 'tensor-not-in-index'; readonly tensor: string; readonly shard: string }
  | { readonly kind: 'tensor-in-two-shards'; readonly tensor: string; readonly otherShard: string }
  | { readonly kind: 'total-size-mismatch'; readonly declared: Count; readonly actual: number };

type FolderKinds =
  /** `size` and `oid`: bytes and SHA-256 that the pointer says the real file has. */
  | { readonly kind: 'lfs-pointer'; readonly size?: string; readonly oid?: string }
  | { readonly kind: 'html-page'; readonly title?: string }
  /** A server's words about an error, its first line. */
  | { readonly kind: 'error-reply'; readonly reply: string }
  /** Named as one format (`named`), and another by content. */
  | { readonly kind: 'misnamed-file'; readonly named: string; readonly format: string }
  | { readonly kind: 'config-missing'; readonly component: string }
  | {
      readonly kind: 'weights-missing';
      readonly component: string;
      readonly lookedFor: readonly string[];
    }
  /** Component folders, and no `model_index.json` above them. */
  | { readonly kind: 'model-index-missing'; readonly components: readonly string[] }
  /** `model_index.json` names it and there is no such folder. */
  | { readonly kind: 'component-missing'; readonly component: string; readonly className: string }
  | { readonly kind: 'custom-code' }
  /** A class that is loaded from code which the model brings along. */
  | { readonly kind: 'custom-class'; readonly module: string; readonly className: string }
  /** A path that leads out of what was opened, or to something that is no regular file. */
  | { readonly kind: 'path-refused'; readonly reason: string };

/** What a file is instead of a model that is read here. Each is also listed in `Checkpoint.unchecked`. */
type ForeignKinds =
  /** A model of another framework. */
  | { readonly kind: 'foreign-model'; readonly format: string; readonly title: string }
  /** Something to be unpacked first. `inside`: names of models in it, where they can be seen. */
  | {
      readonly kind: 'packed-archive';
      readonly format: string;
      readonly title: string;
      readonly inside?: readonly string[];
    }
  /** Files that were cut into pieces. `pieces`: the model of the fewest, by name, and its pieces in order. */
  | {
      readonly kind: 'cut-files';
      readonly models: readonly string[];
      readonly pieces: readonly string[];
    }
  /** A picture, a program, a text. */
  | { readonly kind: 'not-a-model'; readonly format: string; readonly title: string }
  /** `beside`: the file that a program keeps as long as it fetches. */
  | { readonly kind: 'unfinished-download'; readonly program: string; readonly beside?: string }
  | { readonly kind: 'empty-file' }
  /** Of its `actual` bytes `looked` were looked at, all over the file. */
  | { readonly kind: 'zero-filled'; readonly actual: number; readonly looked: number }
  /** Something in a DDUF file that the format forbids. */
  | { readonly kind: 'dduf-invalid'; readonly entry?: string; readonly reason: string }
  /** Something in a tensor archive of Open Image Denoise that its reader refuses, or reads as other numbers. */
  | { readonly kind: 'tza-invalid'; readonly reason: string };

/** What keeps us from checking. None of these is a finding: each is also listed in `Checkpoint.unchecked`. */
type UncheckedKinds =
  | { readonly kind: 'unsupported-format'; readonly format: string; readonly title: string }
  | { readonly kind: 'unreadable-file'; readonly reason: string }
  | {
      readonly kind: 'limit-exceeded';
      readonly what: string;
      readonly limit: number;
      readonly actual: Count;
    }
  | { readonly kind: 'nothing-to-read'; readonly lookedFor: readonly string[] }
  /** One file of a model that lies in several: GGUF's `split.no` and `split.count`. */
  | { readonly kind: 'gguf-split'; readonly part: number; readonly of: number }
  /** Several checkpoints in a folder and nothing says which one is meant. */
  | { readonly kind: 'ambiguous-folder'; readonly files: readonly string[] };

/** A fault of a safetensors file, with what the reference reader would do about it. */
type HeaderFault = Where & ReferenceVerdict & HeaderKinds;

/** A fault of a GGUF file, with what ggml's reader would do about it. */
type GgufFault = Where & GgmlVerdict & GgufKinds;

/** A fault of an ONNX model, and whether it is none any more by the rules of the format. */
type OnnxFault = Where & OnnxVerdict & OnnxKinds;

/** A fault that says the file could not be looked into. */
type UncheckedFault = Where & (UncheckedKinds | PytorchUncheckedKinds | OnnxUncheckedKinds);

type OneFault =
  | HeaderFault
  | GgufFault
  | OnnxFault
  | UncheckedFault
  | (Where & (JsonFileKinds | ShardKinds | FolderKinds | ForeignKinds | PytorchKinds));

/** `count` more faults like those of kind `of` were found in the file and not kept. */
export type MoreFaults = Where & {
  readonly kind: 'more-faults';
  readonly of: OneFault['kind'];
  readonly count: number;
};

/** Something wrong with a container: plain data, put in words by a rule. */
export type Fault = OneFault | MoreFaults;

export type FaultKind = Fault['kind'];

/** Kinds that say what could not be looked into: never findings. */
export type UncheckedKind = UncheckedFault['kind'];

/** The faults of one kind. */
export type FaultOf<K extends FaultKind> = Extract<Fault, { readonly kind: K }>;
