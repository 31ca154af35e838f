/**
 * A repository of the Hugging Face hub as a folder: listed by the hub's tree API, its files read by range. What the
 * hub lists is as little trusted as what stands in a file.
 * Sources: huggingface_hub `hf_file_system.py` (addresses) and `hf_api.py` (tree, revision), `constants.py` (resolve).
 */
import { type HttpClient, parseAddress } from '../bytes/http-client.ts';
import { HttpStatusError } from '../bytes/http-errors.ts';
import { openHttp, readWhole } from '../bytes/http.ts';
import { MAX_FOLDER_ENTRIES, MAX_LISTING_BYTES, MAX_LISTING_PAGES } from '../bytes/limits.ts';
import { childrenOf } from '../bytes/listing.ts';
import { pathRefusal } from '../bytes/path-policy.ts';
import { type ByteSource, type ByteTree, ReadError } from '../bytes/source.ts';
import { isJsonArray, isJsonObject, type JsonValue, parseJson } from './json.ts';

/** What an address on the hub names. */
export interface HubAddress {
  /** `owner/name` */
  readonly repo: string;
  /** A branch, tag or commit. */
  readonly revision: string;
  /** A file or folder; '' for the whole repository. */
  readonly path: string;
}

const NAME = /^[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9_])?$/;
const COMMIT = /^[0-9a-f]{40}$/;

/** `hf://owner/name@revision/path`. Some revisions have slashes of their own. */
const ADDRESS = /^hf:\/\/([^/@]+)\/([^/@]+)(?:@(refs\/(?:pr\/\d+|convert\/\w+)|[^/]+))?(?:\/(.*))?$/i;

/** Reads an address `hf://…`; why it is none, where it is none. */
export function parseHubAddress(text: string): HubAddress | string {
  const found = ADDRESS.exec(text);
  if (found === null) return 'an address on the hub is hf://owner/repository[@revision][/path]';
  const [, owner = '', name = '', revision = 'main', rest = ''] = found;
  if (owner === 'datasets' || owner === 'spaces') return 'only repositories of models are read';
  if (!NAME.test(owner) || !NAME.test(name)) return 'no owner or repository on the hub is named like that';
  const path = rest.replace(/\/+$/, '');
  const refusal = path === '' ? undefined : pathRefusal(path);
  if (refusal !== undefined) return `its path is refused: ${refusal}`;
  const decoded = percentDecoded(revision);
  if (decoded === undefined || !/^[\w./-]{1,200}$/.test(decoded) || decoded.includes('..')) {
    return 'no revision is named like that';
  }
  return { repo: `${owner}/${name}`, revision: decoded, path };
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The address `hf://…` of what a page of the hub shows, as people copy it; undefined for any other page. */
export function hubPage(url: URL, endpoint: URL): string | undefined {
  if (url.origin !== endpoint.origin) return undefined;
  const found = /^\/([^/]+)\/([^/]+)(?:\/(?:blob|resolve|tree)\/([^/]+)(?:\/(.*))?)?\/?$/.exec(url.pathname);
  if (found === null) return undefined;
  const [, owner, name, revision = 'main', path = ''] = found;
  const plain = percentDecoded(path);
  return plain === undefined
    ? undefined
    : `hf://${owner}/${name}@${revision}${plain === '' ? '' : `/${plain}`}`;
}

/** A repository at one state of it. */
export class HubRepository {
  readonly #address: HubAddress;
  readonly #endpoint: string;
  readonly #client: HttpClient;
  #commit: string | undefined;

  /** @param endpoint the hub, or a mirror of it */
  constructor(address: HubAddress, endpoint: URL, client: HttpClient) {
    this.#address = address;
    this.#endpoint = endpoint.href.replace(/\/$/, '');
    this.#client = client;
  }

  /** Opens one file. @throws {ReadError} */
  async open(path: string, name: string, size?: number): Promise<ByteSource> {
    const at = `${this.#endpoint}/${this.#address.repo}/resolve/${encodeURIComponent(this.#revision)}/${encoded(path)}`;
    return openHttp({ name, url: new URL(at), ...(size === undefined ? {} : { size }) }, this.#client);
  }

  /**
   * A folder with all that lies below it, as it is now: what is opened later is of the same commit.
   * @param folder '' for the root
   * @param name what people are shown
   * @throws {ReadError} when it cannot be listed, or a name in it leads elsewhere.
   */
  async tree(folder: string, name: string): Promise<ByteTree> {
    await this.#fixCommit(name);
    const sizes = await this.#list(folder, name);
    const below = (path: string) => (folder === '' ? path : `${folder}/${path}`);
    return {
      name,
      list: async (path) => childrenOf(path, sizes),
      open: async (path) => {
        const size = sizes.get(path);
        if (size === undefined) throw new ReadError(path, 'absent', 'there is no such file');
        return this.open(below(path), path, size);
      },
    };
  }

  get #revision(): string {
    return this.#commit ?? this.#address.revision;
  }

  /** A branch may move between two requests; a commit does not. */
  async #fixCommit(name: string): Promise<void> {
    const { repo, revision } = this.#address;
    if (COMMIT.test(revision)) return;
    try {
      const { value } = await this.#json(name, `${repo}/revision/${encodeURIComponent(revision)}?expand=sha`);
      const sha = isJsonObject(value) ? value.get('sha') : undefined;
      if (typeof sha === 'string' && COMMIT.test(sha)) this.#commit = sha;
    } catch (error) {
      // mirrors that do not know the question still know the branch
      if (!(error instanceof HttpStatusError && error.status === 400)) throw error;
    }
  }

  /** Files below a folder with their sizes, by path from there. */
  async #list(folder: string, name: string): Promise<ReadonlyMap<string, number>> {
    const sizes = new Map<string, number>();
    const prefix = folder === '' ? '' : `${folder}/`;
    const at = `${this.#address.repo}/tree/${encodeURIComponent(this.#revision)}`;
    let page: string | undefined =
      `${at}${folder === '' ? '' : `/${encoded(folder)}`}?recursive=true&expand=false`;
    for (let entries = 0, pages = 1; page !== undefined; pages += 1) {
      const { value, next }: Page = await this.#json(name, page);
      if (!isJsonArray(value)) throw new ReadError(name, 'system', 'the hub answers with no listing');
      entries += value.length;
      if (entries > MAX_FOLDER_ENTRIES || pages > MAX_LISTING_PAGES) {
        const hint = 'Name a folder or a file in it.';
        throw new ReadError(name, 'budget', `it holds more than ${MAX_FOLDER_ENTRIES} files`, hint);
      }
      for (const entry of value) {
        const file = fileOf(entry);
        if (file === 'other') continue;
        if (file === undefined)
          throw new ReadError(name, 'system', 'the hub lists a file without path or size');
        const path = file.path.startsWith(prefix) ? file.path.slice(prefix.length) : undefined;
        const refusal = path === undefined ? 'it lies elsewhere' : pathRefusal(path);
        if (path === undefined || refusal !== undefined) {
          throw new ReadError(name, 'refused', `the hub lists a file whose path is refused: ${refusal}`);
        }
        sizes.set(path, file.size);
      }
      page = value.length === 0 ? undefined : next;
    }
    return sizes;
  }

  async #json(name: string, path: string): Promise<Page> {
    const base = `${this.#endpoint}/api/models/`;
    const url = new URL(path, base);
    if (!url.href.startsWith(base))
      throw new ReadError(name, 'refused', 'the hub’s listing goes on elsewhere');
    return this.#client.exchange({ name, url, headers: { accept: 'application/json' } }, async (answer) => {
      const { value } = parseJson(await readWhole(answer, name, MAX_LISTING_BYTES));
      const next = /<([^<>]{1,2000})>;\s*rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
      const address = next === undefined ? null : parseAddress(next, url);
      return { value, ...(address === null ? {} : { next: address.href }) };
    });
  }
}

interface Page {
  readonly value: JsonValue | undefined;
  /** Where the listing goes on, as the server says. */
  readonly next?: string;
}

/** A file in a listing; `other` for a folder, undefined for what makes no sense. */
function fileOf(entry: JsonValue): { readonly path: string; readonly size: number } | 'other' | undefined {
  if (!isJsonObject(entry)) return undefined;
  if (entry.get('type') !== 'file') return 'other';
  const [path, size] = [entry.get('path'), entry.get('size')];
  if (typeof path !== 'string' || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    return undefined;
  }
  return { path, size };
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
