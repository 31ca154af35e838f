/** A checkpoint while it is put together out of files: they are added one by one, then it is finished. */
import { HEAD_BYTES, MAX_CONFIG_BYTES } from '../bytes/limits.ts';
import { type ByteSource, type ByteTree, ReadError, type TreeEntry } from '../bytes/source.ts';
import type { Checkpoint, CheckpointFile, ConfigFile, Part, Tensor, Unchecked } from './checkpoint.ts';
import type { Fault, MoreFaults, UncheckedKind } from './fault.ts';
import type { Graph } from './graph.ts';
import { isJsonObject, parseJson, valueInWords } from './json.ts';
import type { PickleReport } from './pytorch/pickle-report.ts';
import type { RecordSum } from './record-sums.ts';
import { endsAsZip } from './pytorch/polyglot.ts';
import type { Neighbours } from './reader.ts';
import { readerOf } from './readers.ts';
import { hasRoomForHeader, readSafetensors } from './safetensors.ts';
import { otherFormats } from './second-identity.ts';
import { formatOf, nothingIn, standIn, unfinishedBy, unread } from './unread.ts';

/** Ends of names that stand for one format; those of PyTorch are used for anything. */
const SPOKEN_NAMES = [
  ['.safetensors', { id: 'safetensors', title: 'safetensors' }],
  ['.gguf', { id: 'gguf', title: 'GGUF' }],
  ['.onnx', { id: 'onnx', title: 'ONNX' }],
] as const;

/** One file of weights that was read. */
export interface WeightsFile {
  /** Index into `Checkpoint.files`. */
  readonly index: number;
  /** Indices of that file and of those beside it in which some of its tensors lie. */
  readonly files: readonly number[];
  readonly tensors: readonly Tensor[];
  readonly graph?: Graph;
}

/** A file was looked into, was looked for in vain, or could not be had. */
export type Attempt<T> = T | 'absent' | 'unread';

export class Assembly {
  readonly #path: string;
  readonly #files: CheckpointFile[] = [];
  readonly #parts: Part[] = [];
  readonly #metadata = new Map<string, string>();
  readonly #faults: Fault[] = [];
  readonly #unchecked: Unchecked[] = [];
  readonly #pickles: PickleReport[] = [];
  readonly #sums: RecordSum[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** Adds a fault; one that kept us from checking is listed as unchecked too. */
  fault(fault: Fault): void {
    this.#faults.push(fault);
    const reason = uncheckedReason(fault);
    if (reason !== undefined) this.unchecked(fault.file, reason);
  }

  unchecked(path: string, reason: string): void {
    this.#unchecked.push({ path, reason });
  }

  part(part: Part): void {
    this.#parts.push(part);
  }

  /** The container of weights that lie in several files. */
  get sharded(): Checkpoint['container'] {
    return this.format === 'pytorch' ? 'pytorch-sharded' : 'safetensors-sharded';
  }

  /** The format of the first file that was read. */
  get format(): CheckpointFile['format'] | undefined {
    return this.#files[0]?.format;
  }

  /** Whether any weights or configs have been added. */
  get empty(): boolean {
    return this.#parts.length === 0;
  }

  /** What stands in a folder; nothing, and a fault, when that cannot be had. */
  async list(tree: ByteTree, path: string): Promise<readonly TreeEntry[]> {
    try {
      return await tree.list(path);
    } catch (error) {
      this.#notRead(path, error);
      return [];
    }
  }

  /** Opens and reads the weights at `path`. Adds what is wrong with them. */
  async readWeights(tree: ByteTree, path: string): Promise<Attempt<WeightsFile>> {
    return this.#opened(tree, path, (source) => this.readSource(source, neighboursIn(tree, path)));
  }

  /** Reads weights out of a source that is open. Adds what is wrong with them. */
  async readSource(source: ByteSource, beside?: Neighbours): Promise<WeightsFile | 'unread'> {
    try {
      return await this.#readSource(source, beside);
    } catch (error) {
      this.#notRead(source.name, error);
      return 'unread';
    }
  }

  async #readSource(source: ByteSource, beside: Neighbours | undefined): Promise<WeightsFile | 'unread'> {
    const path = source.name;
    const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
    const named = path.endsWith('.safetensors');
    // a short signature, such as a pickle's, may as well be the length of a damaged header
    const damaged = named && hasRoomForHeader(head, source.size);
    const reader = await readerOf(head, ({ id }) => id === 'safetensors' || !damaged);
    await this.#reportUnfinished(path, beside);
    if (reader === undefined) {
      const found = await this.#notWeights(source, head, named, damaged);
      if (found !== undefined) {
        this.fault(found);
        return 'unread';
      }
    }
    const claimed = SPOKEN_NAMES.find(([end]) => path.endsWith(end))?.[1];
    if (reader !== undefined && claimed !== undefined && reader.id !== claimed.id) {
      this.fault({ kind: 'misnamed-file', file: path, named: claimed.title, format: reader.title });
    }
    const index = this.#files.length;
    const content = await (reader?.read ?? readSafetensors)(source, index, beside);
    await this.#reportOtherFormats(source, head, content.file.format);
    const files = content.weightless === true ? [] : [content.file, ...(content.moreFiles ?? [])];
    this.#files.push(...files);
    for (const pickle of content.pickles ?? []) this.#pickle(pickle);
    for (const sum of content.sums ?? []) this.#sums.push(sum);
    for (const fault of content.faults) this.fault(fault);
    for (const [key, value] of content.metadata) {
      if (!this.#metadata.has(key)) this.#metadata.set(key, value);
    }
    if (content.weightless === true) return 'unread';
    const { tensors, graph } = content;
    const indices = files.map((_, place) => index + place);
    return { index, files: indices, tensors, ...(graph === undefined ? {} : { graph }) };
  }

  /** What a file is that no reader takes; undefined for one that is to be read as a damaged safetensors file. */
  async #notWeights(
    source: ByteSource,
    head: Uint8Array,
    named: boolean,
    damaged: boolean,
  ): Promise<Fault | undefined> {
    const { name: path, size } = source;
    const instead =
      standIn(path, head, size) ?? (named && size === 0 ? undefined : await nothingIn(source, head));
    if (instead !== undefined) return instead;
    const format = damaged || size === 0 ? undefined : await formatOf(source, head);
    if (format === undefined && named) return undefined;
    // of anything else its own rule says that it is no model
    if (named && format?.nature === 'model') {
      this.fault({ kind: 'misnamed-file', file: path, named: 'safetensors', format: format.title });
    }
    if (format?.nature !== 'archive' && (await endsAsZip(source))) {
      const first = format?.title ?? 'file of an unknown format';
      this.fault({ kind: 'polyglot', file: path, format: first, other: 'zip archive' });
    }
    return unread(path, format);
  }

  /** Says what else the file is. What cannot be looked at takes nothing away from what was read. */
  async #reportOtherFormats(
    source: ByteSource,
    head: Uint8Array,
    read: CheckpointFile['format'],
  ): Promise<void> {
    const { name: file } = source;
    try {
      for (const two of await otherFormats(source, head, read))
        this.fault({ kind: 'polyglot', file, ...two });
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
      this.unchecked(file, `whether it is another format too: ${error.reason}`);
    }
  }

  /** Says where a download has not ended, by the file's name or by what its program keeps beside it. */
  async #reportUnfinished(path: string, beside: Neighbours | undefined): Promise<void> {
    const program = unfinishedBy(path);
    if (program !== undefined) this.fault({ kind: 'unfinished-download', file: path, program });
    else if (beside !== undefined) {
      const name = `${path.slice(path.lastIndexOf('/') + 1)}.aria2`;
      const control = await beside.open(name).catch((error: unknown) => {
        if (error instanceof ReadError) return undefined;
        throw error;
      });
      if (control === undefined) return;
      await control.close();
      this.fault({ kind: 'unfinished-download', file: path, program: 'aria2', beside: name });
    }
  }

  #pickle(pickle: PickleReport): void {
    this.#pickles.push(pickle);
    // why an entry's bytes cannot be had is a fault of its own
    if (pickle.verdict !== 'not-checkable' || pickle.unread !== undefined) return;
    const reason = `${pickle.broken?.reason ?? 'a limit'}, and what follows was not looked at`;
    this.unchecked(pickle.file, `${pickle.entry ?? 'its pickle'}: ${reason}`);
  }

  /** Reads a JSON file whose root is an object. Adds what is wrong with it. */
  async readConfig(tree: ByteTree, path: string, limit = MAX_CONFIG_BYTES): Promise<Attempt<ConfigFile>> {
    return this.#opened(tree, path, async (source) => {
      if (source.size > limit) {
        const { size: actual } = source;
        this.fault({ kind: 'limit-exceeded', file: path, what: 'bytes of a JSON file', limit, actual });
        return 'unread';
      }
      const bytes = await source.read(0, source.size);
      const instead = standIn(path, bytes.subarray(0, HEAD_BYTES), Number.POSITIVE_INFINITY);
      if (instead !== undefined) {
        this.fault(instead);
        return 'unread';
      }
      const { value, faults } = parseJson(bytes);
      for (const fault of faults) this.fault({ ...fault, file: path });
      if (value === undefined) return 'unread';
      if (!isJsonObject(value)) {
        this.fault({ kind: 'json-not-object', file: path, found: valueInWords(value) });
        return 'unread';
      }
      return { path, value };
    });
  }

  /** Says what a file is that is not read, by its content. */
  async nameFormat(tree: ByteTree, path: string): Promise<void> {
    await this.#opened(tree, path, async (source) => {
      const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
      if ((await readerOf(head)) !== undefined) {
        this.unchecked(path, 'one of several checkpoints in the folder: name it to have it checked');
        return 'unread';
      }
      const instead = standIn(path, head, source.size) ?? (await nothingIn(source, head));
      this.fault(instead ?? unread(path, await formatOf(source, head)));
      return 'unread';
    });
  }

  finish(
    container: Checkpoint['container'],
    configs: Pick<Checkpoint, 'modelIndex' | 'schedulerConfig'> = {},
  ): Checkpoint {
    return {
      path: this.#path,
      container,
      files: this.#files,
      parts: this.#parts,
      metadata: this.#metadata,
      ...configs,
      faults: this.#faults,
      unchecked: this.#unchecked,
      ...(this.#pickles.length === 0 ? {} : { pickles: this.#pickles }),
      ...(this.#sums.length === 0 ? {} : { sums: this.#sums }),
    };
  }

  async #opened<T>(
    tree: ByteTree,
    path: string,
    use: (source: ByteSource) => Promise<T | 'unread'>,
  ): Promise<Attempt<T>> {
    let source: ByteSource | undefined;
    try {
      source = await tree.open(path);
      return await use(source);
    } catch (error) {
      if (error instanceof ReadError && error.code === 'absent') return 'absent';
      this.#notRead(path, error);
      return 'unread';
    } finally {
      await source?.close();
    }
  }

  #notRead(path: string, error: unknown): void {
    if (!(error instanceof ReadError)) throw error;
    const { code, reason, hint } = error;
    if (code === 'refused') this.fault({ kind: 'path-refused', file: path, reason });
    else {
      const advice = hint === undefined ? '' : `. ${hint.replace(/\.$/, '')}`;
      this.fault({ kind: 'unreadable-file', file: path, reason: reason + advice });
    }
  }
}

/** What lies in the folder of the file at `path`. */
function neighboursIn(tree: ByteTree, path: string): Neighbours {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return { open: (file) => tree.open(folder + file), pathOf: (file) => folder + file };
}

function moreUnchecked({ of, count }: MoreFaults): string | undefined {
  if (of === 'limit-exceeded') return `${count} more places beyond a limit`;
  return of === 'tensor-not-read' ? `${count} more tensors whose numbers are not read` : undefined;
}

/** Why a fault kept us from checking, or undefined when it did not. */
function uncheckedReason(fault: Fault): string | undefined {
  const { kind } = fault;
  switch (kind) {
    case 'unsupported-format':
    case 'foreign-model':
      return `${fault.title}: not read by this version`;
    case 'packed-archive':
      return `${fault.title}: not unpacked`;
    case 'cut-files':
      return 'files cut into pieces: not joined';
    case 'not-a-model':
      return `${fault.title}: no model`;
    case 'empty-file':
    case 'zero-filled':
      return 'there is nothing in it to check';
    case 'unreadable-file':
      return fault.reason;
    case 'limit-exceeded':
      return `${fault.what}: ${fault.actual}, of which at most ${fault.limit} are looked at`;
    case 'nothing-to-read':
      return `no model in it; looked for ${fault.lookedFor.join(', ')}`;
    case 'gguf-split':
      return `file ${fault.part + 1} of ${fault.of} of a model that was split: only this one was read`;
    case 'tensor-not-read':
      return `tensor ${JSON.stringify(fault.tensor)}: ${fault.what}, whose numbers are not read`;
    case 'nested-archive':
      return `${fault.entry} is a ${fault.title}, and was not looked into`;
    case 'storage-deflated':
      return `${fault.record} is deflated: its values are not read`;
    case 'pickle-not-run':
      return `${fault.entry === undefined ? 'the pickle' : fault.entry}: ${fault.reason}, not looked into`;
    case 'onnx-external-unseen':
      return `weights in ${JSON.stringify(fault.location)} beside it, which was not looked at`;
    case 'ambiguous-folder':
      return `${fault.files.length} checkpoints and nothing that says which one is meant: name one of them`;
    case 'more-faults':
      return moreUnchecked(fault);
    default:
      kind satisfies Exclude<Fault['kind'], UncheckedKind | 'more-faults'>;
      return undefined;
  }
}
