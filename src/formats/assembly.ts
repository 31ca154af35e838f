/** A checkpoint while it is put together out of files: they are added one by one, then it is finished. */
import { HEAD_BYTES, MAX_CONFIG_BYTES } from '../bytes/limits.ts';
import { type ByteSource, type ByteTree, ReadError, type TreeEntry } from '../bytes/source.ts';
import type { Checkpoint, CheckpointFile, ConfigFile, Part, Tensor, Unchecked } from './checkpoint.ts';
import type { Fault, MoreFaults, UncheckedKind } from './fault.ts';
import { isJsonObject, parseJson, valueInWords } from './json.ts';
import type { PickleReport } from './pytorch/pickle-report.ts';
import { READERS } from './readers.ts';
import { readHtmlPage, readLfsPointer, recognise } from './recognise.ts';
import { hasRoomForHeader, readSafetensors } from './safetensors.ts';

/** Ends of names that stand for one format; those of PyTorch are used for anything. */
const SPOKEN_NAMES = [
  ['.safetensors', { id: 'safetensors', title: 'safetensors' }],
  ['.gguf', { id: 'gguf', title: 'GGUF' }],
] as const;

/** One file of weights that was read. */
export interface WeightsFile {
  /** Index into `Checkpoint.files`. */
  readonly index: number;
  readonly tensors: readonly Tensor[];
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
    return this.#opened(tree, path, (source) => this.readSource(source));
  }

  /** Reads weights out of a source that is open. Adds what is wrong with them. */
  async readSource(source: ByteSource): Promise<WeightsFile | 'unread'> {
    try {
      return await this.#readSource(source);
    } catch (error) {
      this.#notRead(source.name, error);
      return 'unread';
    }
  }

  async #readSource(source: ByteSource): Promise<WeightsFile | 'unread'> {
    const path = source.name;
    const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
    const named = path.endsWith('.safetensors');
    // a short signature, such as a pickle's, may as well be the length of a damaged header
    const damaged = named && hasRoomForHeader(head, source.size);
    const reader = READERS.find((one) => one.match(head) && (one.id === 'safetensors' || !damaged));
    if (reader === undefined) {
      if (this.#reportStandIn(path, head)) return 'unread';
      const format = damaged ? undefined : recognise(head);
      if (format !== undefined || !named) {
        if (named && format !== undefined) {
          this.fault({ kind: 'misnamed-file', file: path, named: 'safetensors', format: format.title });
        }
        const { id, title } = format ?? { id: 'unknown', title: 'unknown format' };
        this.fault({ kind: 'unsupported-format', file: path, format: id, title });
        return 'unread';
      }
    }
    const claimed = SPOKEN_NAMES.find(([end]) => path.endsWith(end))?.[1];
    if (reader !== undefined && claimed !== undefined && reader.id !== claimed.id) {
      this.fault({ kind: 'misnamed-file', file: path, named: claimed.title, format: reader.title });
    }
    const index = this.#files.length;
    const content = await (reader?.read ?? readSafetensors)(source, index);
    if (content.weightless !== true) this.#files.push(content.file);
    for (const pickle of content.pickles ?? []) this.#pickle(pickle);
    for (const fault of content.faults) this.fault(fault);
    for (const [key, value] of content.metadata) {
      if (!this.#metadata.has(key)) this.#metadata.set(key, value);
    }
    return content.weightless === true ? 'unread' : { index, tensors: content.tensors };
  }

  #pickle(pickle: PickleReport): void {
    this.#pickles.push(pickle);
    if (pickle.verdict !== 'unchecked') return;
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
      if (this.#reportStandIn(path, bytes.subarray(0, HEAD_BYTES))) return 'unread';
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
      if (this.#reportStandIn(path, head)) return 'unread';
      if (READERS.some((reader) => reader.match(head))) {
        this.unchecked(path, 'one of several checkpoints in the folder: name it to have it checked');
        return 'unread';
      }
      const { id, title } = recognise(head) ?? { id: 'unknown', title: 'unknown format' };
      this.fault({ kind: 'unsupported-format', file: path, format: id, title });
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
    };
  }

  /** Reports what stands in for a file that was never downloaded; true when it did. */
  #reportStandIn(path: string, head: Uint8Array): boolean {
    const pointer = readLfsPointer(head);
    if (pointer !== undefined) this.fault({ kind: 'lfs-pointer', file: path, ...pointer });
    const page = readHtmlPage(head);
    if (page !== undefined) this.fault({ kind: 'html-page', file: path, ...page });
    return pointer !== undefined || page !== undefined;
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
    const kind = error.code === 'refused' ? 'path-refused' : 'unreadable-file';
    this.fault({ kind, file: path, reason: error.reason });
  }
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
      return `${fault.title}: not read by this version`;
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
    case 'storage-deflated':
      return `${fault.record} is deflated: its values are not read`;
    case 'pickle-not-run':
      return `${fault.entry === undefined ? 'the pickle' : fault.entry}: ${fault.reason}, not looked into`;
    case 'ambiguous-folder':
      return `${fault.files.length} checkpoints and nothing that says which one is meant: name one of them`;
    case 'more-faults':
      return moreUnchecked(fault);
    default:
      kind satisfies Exclude<Fault['kind'], UncheckedKind | 'more-faults'>;
      return undefined;
  }
}
