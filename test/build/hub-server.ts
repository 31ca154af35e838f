/** A hub on this machine: repositories with revisions, listings in pages, and files that lie elsewhere. */
import { fileOf, type FileServer, type Quirk, serve, type ServedFile } from './http-server.ts';

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

type Entry = Readonly<Record<string, unknown>>;

export interface HubOptions {
  /** Entries of a page of the listing. */
  readonly page?: number;
  /** What the listing says instead. */
  readonly listing?: (entries: readonly Entry[]) => unknown;
  /** Where the second page is said to be. */
  readonly next?: string;
  /** Answers before the hub does. */
  readonly quirk?: Quirk;
  /** The token that the repository is shown to. */
  readonly token?: string;
  /** Whether the question for the commit is understood. */
  readonly old?: boolean;
}

/** Serves one repository, `owner/name`, at the revisions `main` and `refs/pr/1`. */
export async function serveHub(
  files: Readonly<Record<string, Uint8Array | string>>,
  options: HubOptions = {},
): Promise<FileServer> {
  const { page = 1000, listing = (entries) => entries, token } = options;
  const repository = new Map<string, ServedFile>(
    Object.entries(files).map(([path, content]) => [path, fileOf(content)]),
  );
  const answer: Quirk = (asked) => {
    if (options.quirk?.(asked) === true) return true;
    const { path, query, request, send, origin } = asked;
    const revision = '(?<revision>main|refs/pr/1|[0-9a-f]{40})';
    const json = (value: unknown, headers: Readonly<Record<string, string>> = {}) => {
      send(200, { 'content-type': 'application/json', ...headers }, JSON.stringify(value));
      return true;
    };
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      send(401, { 'x-error-code': 'RepoNotFound' });
      return true;
    }
    const raw = (request.url ?? '').split('?')[0] ?? '';
    // a slash within a revision is sent as %2F
    if (raw.includes('/refs/')) return false;
    if (new RegExp(`^/api/models/owner/name/revision/${revision}$`).test(path)) {
      if (options.old === true) send(400, {});
      else json({ sha: COMMIT });
      return true;
    }
    const folder = new RegExp(`^/api/models/owner/name/tree/${revision}(?:/(?<folder>.*))?$`).exec(
      path,
    )?.groups;
    if (folder !== undefined) {
      const all = entriesOf(repository, folder['folder'] ?? '');
      if (all.length === 0) {
        send(404, { 'x-error-code': 'EntryNotFound' });
        return true;
      }
      const from = Number(query.get('cursor') ?? 0);
      const more = from + page < all.length;
      const next = options.next ?? `${origin}${raw}?recursive=true&expand=false&cursor=${from + page}`;
      return json(listing(all.slice(from, from + page)), more ? { link: `<${next}>; rel="next"` } : {});
    }
    const wanted = new RegExp(`^/owner/name/resolve/${revision}/(?<file>.*)$`).exec(path)?.groups?.['file'];
    if (wanted === undefined) return false;
    const file = repository.get(wanted);
    if (file === undefined) send(404, { 'x-error-code': 'EntryNotFound' });
    else if (request.headers.range === undefined) send(200, {}, file.bytes(0, file.size));
    else {
      const { start } = asked;
      const to = Number(/-(\d+)$/.exec(request.headers.range)?.[1]) + 1;
      const end = Math.min(to, file.size);
      send(206, { 'content-range': `bytes ${start}-${end - 1}/${file.size}` }, file.bytes(start, end));
    }
    return true;
  };
  return serve({}, answer);
}

function entriesOf(repository: ReadonlyMap<string, ServedFile>, folder: string): readonly Entry[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  const folders = new Set<string>();
  const entries: Entry[] = [];
  for (const [path, { size }] of repository) {
    if (!path.startsWith(prefix)) continue;
    for (let slash = path.indexOf('/', prefix.length); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      folders.add(path.slice(0, slash));
    }
    entries.push({ type: 'file', oid: '0'.repeat(40), size, path });
  }
  return [
    ...[...folders].map((path) => ({ type: 'directory', oid: '0'.repeat(40), size: 0, path })),
    ...entries,
  ];
}
