/** Models at addresses: `https://…`, and `hf://owner/repository[@revision][/path]` on the Hugging Face hub. */
import { posix } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openHttp } from '../bytes/http.ts';
import {
  addressRefusal,
  HttpClient,
  type HttpOptions,
  parseAddress,
  type Transfer,
} from '../bytes/http-client.ts';
import type { ByteSource, ByteTree } from '../bytes/source.ts';
import { HubRepository, hubPage, parseHubAddress } from '../formats/hub.ts';
import { isModelFile, weightsSets } from '../formats/weights-names.ts';
import { UsageError } from './exit.ts';
import { COMPONENT_FOLDERS, isOneModel, isShards, only } from './model-folder.ts';
import type { Read, Remote, Target } from './target.ts';
import { TOOL } from './version.ts';

const HUB = 'https://huggingface.co';

/** What of the machine it depends on. */
interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Has something done when the user interrupts. */
  atInterrupt(action: () => Promise<void>): unknown;
}

/**
 * Opens the way to the network. The token is the environment's own (`HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`); it goes to the
 * hub alone.
 * @throws {UsageError} when the environment forbids it, or says something that cannot be.
 */
export function openRemote({ env, atInterrupt }: Surroundings): Remote {
  if (isSet(env['HF_HUB_OFFLINE'])) {
    throw new UsageError('HF_HUB_OFFLINE is set, so nothing is read over the network');
  }
  const allowHttp = isSet(env['UNGARBLE_ALLOW_HTTP']);
  const endpoint = parseAddress(env['HF_ENDPOINT'] || HUB);
  if (endpoint === null) throw new UsageError('HF_ENDPOINT is no address');
  const refusal = addressRefusal(endpoint, allowHttp);
  if (refusal !== undefined) throw new UsageError(`HF_ENDPOINT: ${refusal}`);
  const token = (env['HF_TOKEN'] || env['HUGGING_FACE_HUB_TOKEN'] || '').trim();
  // what no header may hold is not repeated by any message
  if (!/^[\x21-\x7e]*$/.test(token)) {
    throw new UsageError('the token in HF_TOKEN holds a character that no token has');
  }
  const stop = new AbortController();
  atInterrupt(async () => stop.abort());
  const options: HttpOptions = {
    fetch: (url, init) => fetch(url, init),
    sleep: async (ms, signal) => {
      await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {});
    },
    now: () => Date.now(),
    userAgent: `${TOOL.name}/${TOOL.version}`,
    ...(token === '' ? {} : { credential: { origin: endpoint.origin, token } }),
    hubOrigin: endpoint.origin,
    allowHttp,
    signal: stop.signal,
  };
  const place = (address: string) => placeOf(address, { endpoint, allowHttp }, new HttpClient(options));
  return {
    target: async (address) => place(address).single(),
    targets: async (address) => place(address).all(),
  };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && /^(?:1|true|yes|on)$/i.test(value);
}

interface Place {
  single(): Promise<Target>;
  all(): Promise<readonly Target[]>;
}

/** What an address stands for. @throws {UsageError} where it stands for nothing. */
function placeOf(
  address: string,
  { endpoint, allowHttp }: { readonly endpoint: URL; readonly allowHttp: boolean },
  client: HttpClient,
): Place {
  const url = parseAddress(address);
  if (url === null) throw new UsageError('that is no address');
  const page = url.protocol === 'hf:' ? address : hubPage(url, endpoint);
  if (page !== undefined) return hubPlace(page, endpoint, client);
  const refusal = addressRefusal(url, allowHttp);
  // the address itself may hold a password
  if (refusal !== undefined) throw new UsageError(`${url.host}: ${refusal}${hintOn(url)}`);
  const target = fileAt(url, client);
  return { single: async () => target, all: async () => [target] };
}

function hintOn({ protocol, username }: URL): string {
  return protocol === 'http:' && username === '' ? '; UNGARBLE_ALLOW_HTTP=1 reads it all the same' : '';
}

/** A file by its address. Its query may be a key to it, and is not shown. */
function fileAt(url: URL, client: HttpClient): Target {
  const path = `${url.origin}${url.pathname}`;
  return remoteTarget(path, client, { source: () => openHttp({ name: path, url }, client) }, NOTHING);
}

const NOTHING: Transfer = { requests: 0, bytes: 0 };

/** Where a target's bytes come from: a file, or a folder and what of it is meant. */
type Origin =
  | {
      readonly source: () => Promise<ByteSource>;
      /** The folder around it, for formats that lie in several files. */
      readonly beside?: () => Promise<ByteTree>;
    }
  | { readonly tree: () => Promise<ByteTree>; readonly index?: () => Promise<string | undefined> };

/**
 * A target that counts what goes over the network for it.
 * @param since what went before and is not its own; all up to its opening where absent
 */
function remoteTarget(path: string, client: HttpClient, origin: Origin, since?: Transfer): Target {
  let before = since ?? NOTHING;
  return {
    path,
    root: path,
    open: (read) => {
      before = since ?? client.transfer;
      return 'source' in origin ? openSource(origin, read) : openFolder(origin, read);
    },
    source: async (file) => {
      if (!('source' in origin)) return (await origin.tree()).open(file);
      if (file === path || origin.beside === undefined) return origin.source();
      return (await origin.beside()).open(posix.basename(file));
    },
    transfer: () => ({
      requests: client.transfer.requests - before.requests,
      bytes: client.transfer.bytes - before.bytes,
    }),
  };
}

async function openSource<T>(
  { source, beside }: Extract<Origin, { readonly source: unknown }>,
  read: Read<T>,
): Promise<T> {
  const opened = await source();
  try {
    return await read(opened, beside === undefined ? {} : { beside });
  } finally {
    await opened.close();
  }
}

async function openFolder<T>(
  { tree, index }: Extract<Origin, { readonly tree: unknown }>,
  read: Read<T>,
): Promise<T> {
  const named = await index?.();
  return read(await tree(), named === undefined ? {} : { index: named });
}

/** Does something the first time only: a listing is several requests, and the next might be of another commit. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

function hubPlace(address: string, endpoint: URL, client: HttpClient): Place {
  const parsed = parseHubAddress(address);
  if (typeof parsed === 'string') throw new UsageError(`${JSON.stringify(address)}: ${parsed}`);
  const { path } = parsed;
  const repository = new HubRepository(parsed, endpoint, client);
  const shown = address.replace(/\/+$/, '');
  const name = posix.basename(path);
  const folder = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
  const [named] = weightsSets([name]);
  if (named !== undefined && isShards(named)) {
    const target = shardsTarget(() => repository.tree(folder, folder), name, shown, client);
    return { single: async () => target, all: async () => [target] };
  }
  if (isModelFile(name)) {
    const source = () => repository.open(path, shown);
    // the folder is listed for the one format that has its weights beside it
    const beside = /\.onnx$/i.test(name) ? { beside: once(() => repository.tree(folder, folder)) } : {};
    const target = remoteTarget(shown, client, { source, ...beside }, NOTHING);
    return { single: async () => target, all: async () => [target] };
  }
  const tree = once(() => repository.tree(path, shown));
  return {
    single: async () => remoteTarget(shown, client, { tree }, NOTHING),
    all: async () => search(await tree(), '', shown, client),
  };
}

/** One of a set of shards, or their index: the set, as it is for files of this machine. */
function shardsTarget(
  list: () => Promise<ByteTree>,
  name: string,
  shown: string,
  client: HttpClient,
): Target {
  const found = once(async (): Promise<{ readonly tree: ByteTree; readonly index?: string }> => {
    const tree = await list();
    const files = (await tree.list('')).filter(({ kind }) => kind === 'file').map((entry) => entry.path);
    const [named] = weightsSets([name]);
    const set = weightsSets(files).find(
      ({ stem, variant }) => stem === named?.stem && variant === named.variant,
    );
    if (set?.index !== undefined) return { tree, index: set.index };
    return { tree: only(set?.shards ?? [name], tree) };
  });
  const origin = { tree: async () => (await found()).tree, index: async () => (await found()).index };
  return remoteTarget(shown, client, origin, NOTHING);
}

/** The models in a folder, as among files of this machine: itself if it is one, else what lies in it. */
async function search(
  tree: ByteTree,
  folder: string,
  shown: string,
  client: HttpClient,
): Promise<readonly Target[]> {
  const entries = await tree.list(folder);
  const files = entries.filter(({ kind }) => kind === 'file').map(({ path }) => posix.basename(path));
  const root = folder === '' ? shown : `${shown}/${folder}`;
  const inside = below(tree, folder, root);
  if (isOneModel(files) || (await isPipeline(tree, folder))) {
    // where there is but one, the listing was made for it
    const since = folder === '' ? NOTHING : undefined;
    return [remoteTarget(root, client, { tree: async () => inside }, since)];
  }
  const found: Target[] = [];
  for (const { path, kind } of entries) {
    const name = posix.basename(path);
    if (kind === 'folder' && !name.startsWith('.')) found.push(...(await search(tree, path, shown, client)));
    else if (kind === 'file' && isModelFile(name)) {
      const origin = { source: () => tree.open(path), beside: async () => inside };
      found.push(remoteTarget(`${shown}/${path}`, client, origin));
    }
  }
  return found;
}

async function isPipeline(tree: ByteTree, folder: string): Promise<boolean> {
  for (const { path, kind } of await tree.list(folder)) {
    if (kind !== 'folder' || !COMPONENT_FOLDERS.test(posix.basename(path))) continue;
    if ((await tree.list(path)).some((entry) => entry.path === `${path}/config.json`)) return true;
  }
  return false;
}

/** A folder of a tree as a tree of its own. */
function below(tree: ByteTree, folder: string, name: string): ByteTree {
  if (folder === '') return tree;
  const prefix = `${folder}/`;
  return {
    name,
    list: async (path) =>
      (await tree.list(path === '' ? folder : prefix + path)).map(({ path: whole, kind, size }) => ({
        path: whole.slice(prefix.length),
        kind,
        size,
      })),
    open: (path) => tree.open(prefix + path),
  };
}
