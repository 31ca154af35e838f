/** What can be wrong with a PyTorch checkpoint: its zip, tar or stacked container, and the tensors that it names. */
import type { Count } from '../place.ts';

/** A zip, read as strictly as two readers have to agree about it. `entry` is hostile text. */
type ZipKinds =
  | { readonly kind: 'zip-no-directory'; readonly reason: string }
  | { readonly kind: 'zip-directory-invalid'; readonly reason: string }
  /** A second end of a directory: which one counts differs from reader to reader. */
  | { readonly kind: 'zip-second-directory' }
  /** Its header or contents do not lie where the directory says. */
  | { readonly kind: 'zip-entry-outside'; readonly entry: string }
  /** The local header, `local`, and the directory, `central`, differ in a field. */
  | {
      readonly kind: 'zip-entry-mismatch';
      readonly entry: string;
      readonly field: string;
      readonly local: string;
      readonly central: string;
    }
  /** Two names that are one to torch or to a file system. */
  | { readonly kind: 'zip-duplicate-entry'; readonly entry: string; readonly other: string }
  | { readonly kind: 'zip-entry-name'; readonly entry: string; readonly reason: string }
  /** Encryption, patches, masked headers: torch refuses the entry since 2.6, other readers do not look. */
  | { readonly kind: 'zip-entry-flags'; readonly entry: string; readonly flags: number }
  | { readonly kind: 'zip-entry-method'; readonly entry: string; readonly method: number }
  | { readonly kind: 'zip-overlap'; readonly entry: string; readonly other: string }
  /** Bytes that belong to no entry. */
  | { readonly kind: 'zip-hidden-bytes'; readonly where: 'before' | 'between' | 'before-end' | 'after' }
  | {
      readonly kind: 'zip-bomb';
      readonly entry: string;
      readonly packed: number;
      readonly size: Count;
    }
  | {
      readonly kind: 'zip-crc-mismatch';
      readonly entry: string;
      readonly declared: string;
      readonly actual: string;
    }
  /** Entries that none of them is a bomb and all of them together are. */
  | {
      readonly kind: 'zip-bombs';
      readonly entries: number;
      readonly packed: number;
      readonly size: number;
    }
  /** Contents that are deflated and do not unfold to what the directory says. */
  | { readonly kind: 'zip-entry-corrupt'; readonly entry: string };

/** What a file is beside what it was read as. */
type TrickKinds =
  /** A pickle beside the one that torch loads. */
  | { readonly kind: 'second-pickle'; readonly entry: string; readonly other: string }
  /** A pickle under a name that is none of a pickle. */
  | { readonly kind: 'disguised-pickle'; readonly entry: string }
  /** TorchScript, torch.package and their like: loading them runs the program in them. */
  | { readonly kind: 'program-inside'; readonly program: string; readonly entries: readonly string[] }
  /** It begins as one format and holds the end of another. */
  | { readonly kind: 'polyglot'; readonly format: string; readonly other: string }
  /** Bytes behind the pickle that torch loads. */
  | { readonly kind: 'pickle-trailing-bytes'; readonly entry?: string; readonly count: number };

type CheckpointKinds =
  | { readonly kind: 'byteorder-invalid'; readonly found: string }
  /** `record`: the entry of the archive, or the storage's key. */
  | { readonly kind: 'storage-missing'; readonly tensor: string; readonly record: string }
  | {
      readonly kind: 'storage-size-mismatch';
      readonly record: string;
      readonly expected: number;
      readonly actual: number;
    }
  | {
      readonly kind: 'tensor-outside-storage';
      readonly tensor: string;
      readonly record: string;
      readonly needed: Count;
      readonly actual: number;
    }
  /** Its elements, or those of all tensors together, are many times what is stored for them. */
  | {
      readonly kind: 'tensor-expanded';
      readonly tensor: string;
      readonly shown: number;
      readonly stored: number;
    }
  | { readonly kind: 'tensor-invalid'; readonly tensor: string; readonly reason: string }
  /** Two paths through nested dictionaries that give the same name. */
  | { readonly kind: 'tensor-name-twice'; readonly tensor: string }
  | { readonly kind: 'pytorch-truncated'; readonly expected: number; readonly actual: number }
  | { readonly kind: 'pytorch-trailing-bytes'; readonly expected: number; readonly actual: number }
  /** The pickles and counts around the data of an old file are not what torch wrote. */
  | { readonly kind: 'legacy-invalid'; readonly reason: string }
  | { readonly kind: 'tar-invalid'; readonly reason: string }
  | { readonly kind: 'pickle-without-tensors' };

/** Faults of a PyTorch checkpoint. */
export type PytorchKinds = ZipKinds | TrickKinds | CheckpointKinds;

/** What keeps us from checking part of one. */
export type PytorchUncheckedKinds =
  | { readonly kind: 'tensor-not-read'; readonly tensor: string; readonly what: string }
  /** torch loads deflated storages; nothing here reads values out of them. */
  | { readonly kind: 'storage-deflated'; readonly record: string }
  /** An archive inside the archive: whatever is in it was not looked at. */
  | { readonly kind: 'nested-archive'; readonly entry: string; readonly title: string }
  | { readonly kind: 'pickle-not-run'; readonly entry?: string; readonly reason: string };
