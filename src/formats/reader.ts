import type { ByteSource } from '../bytes/source.ts';
import type { CheckpointFile, Tensor } from './checkpoint.ts';
import type { Fault } from './fault.ts';
import type { Graph } from './graph.ts';
import type { PickleReport } from './pytorch/pickle-report.ts';
import type { RecordSum } from './record-sums.ts';

/** What a reader made of one file: everything wrong with it, and whatever can still be shown. */
export interface FileContent {
  readonly file: CheckpointFile;
  readonly tensors: readonly Tensor[];
  readonly metadata: ReadonlyMap<string, string>;
  readonly faults: readonly Fault[];
  /** What the pickles in it would do. */
  readonly pickles?: readonly PickleReport[];
  /** Sums that it keeps of the bytes of tensors. */
  readonly sums?: readonly RecordSum[];
  /** Files beside it in which some of its tensors lie: their numbers follow that of the file itself. */
  readonly moreFiles?: readonly CheckpointFile[];
  /** The graph that it carries beside the weights. */
  readonly graph?: Graph;
  /** It is of this format and holds nothing that could be weights: a pickle of settings, a zip of pictures. */
  readonly weightless?: true;
}

/** What lies in the same folder as a file, for formats whose weights lie in several files. */
export interface Neighbours {
  /**
   * Opens a file by its path below the folder.
   * @throws {ReadError} when it is absent or may not be opened.
   */
  open(path: string): Promise<ByteSource>;
  /** What `CheckpointFile.path` is for it. */
  pathOf(path: string): string;
}

/** A format of weights. Adding one is one file, and one line in `readers.ts`. */
export interface Reader {
  readonly id: CheckpointFile['format'];
  /** What people call it. */
  readonly title: string;
  /** Whether a file that begins like this is of this format. `head` has up to `HEAD_BYTES` bytes. */
  match(head: Uint8Array): boolean | Promise<boolean>;
  /**
   * Reads it. `file` becomes `Tensor.file`; `beside` opens what lies beside it, where anything may be.
   * @throws {ReadError} when the bytes cannot be had; never for what stands in them.
   */
  read(source: ByteSource, file: number, beside?: Neighbours): Promise<FileContent>;
}
