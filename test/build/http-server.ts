/** A web server on this machine that serves files well, or badly in a way that has a name. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** A file that need not be anywhere: its bytes are made where they are asked for. */
export interface ServedFile {
  readonly size: number;
  bytes(start: number, end: number): Uint8Array;
}

/** What was asked. */
interface Seen {
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  readonly authorization: string | undefined;
  readonly acceptEncoding: string | undefined;
}

export interface FileServer {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  /** Address of the file `path`, which begins with a slash. */
  at(path: string): URL;
  readonly seen: readonly Seen[];
  /** Bytes of bodies handed to the network. */
  sent(): number;
  close(): Promise<void>;
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
  /** How many requests came before, for any path. */
  readonly before: number;
  readonly file: ServedFile | undefined;
  readonly start: number;
  /** One behind the last byte asked for, within the file. */
  readonly end: number;
  readonly origin: string;
  /** Answers as one should. */
  well(headers?: Readonly<Record<string, string>>): void;
  send(status: number, headers: Readonly<Record<string, string | number>>, body?: Uint8Array | string): void;
}

/** Answers in its own way; true where it did. */
export type Quirk = (asked: Asked) => boolean;

/** The file of these bytes. */
export function fileOf(content: Uint8Array | string): ServedFile {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { size: bytes.length, bytes: (start, end) => bytes.subarray(start, end) };
}

/** A file that begins with `head` and is zeros from there to `size`. */
export function sparseFile(head: Uint8Array, size: number): ServedFile {
  return {
    size,
    bytes(start, end) {
      const bytes = new Uint8Array(end - start);
      if (start < head.length) bytes.set(head.subarray(start, end));
      return bytes;
    },
  };
}

const range = ({ start, end, file }: Asked, size: number | string = file?.size ?? 0) => ({
  'content-range': `bytes ${start}-${end - 1}/${size}`,
});

const body = ({ file, start, end }: Asked) => file?.bytes(start, end) ?? new Uint8Array(0);

const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Quirk =>
  ({ send }) => {
    send(code, headers, 'secret words of the server');
    return true;
  };

/** The first so many requests are answered in that way, the others well. */
const times =
  (count: number, quirk: Quirk): Quirk =>
  (asked) =>
    asked.before < count && quirk(asked);

/** All requests but the first. */
const later =
  (quirk: Quirk): Quirk =>
  (asked) =>
    asked.before > 0 && quirk(asked);

const broken: Quirk = (asked) => {
  const bytes = body(asked);
  asked.response.writeHead(206, { ...range(asked), 'content-length': bytes.length });
  asked.response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => asked.response.destroy());
  return true;
};

const shortChunks: Quirk = (asked) => {
  asked.response.writeHead(206, range(asked));
  asked.response.end(body(asked).subarray(0, Math.floor((asked.end - asked.start) / 2)));
  return true;
};

let bomb: Uint8Array | undefined;

/** Ways of answering badly. */
export const QUIRKS = {
  'no ranges': ({ send, file }) => {
    send(200, {}, file?.bytes(0, file.size));
    return true;
  },
  'no ranges, no size': ({ response, file }) => {
    response.writeHead(200, { 'transfer-encoding': 'chunked' });
    response.end(file?.bytes(0, file.size));
    return true;
  },
  'no ranges, a size too large': ({ response, file }) => {
    const { size = 0 } = file ?? {};
    response.writeHead(200, { 'content-length': size * 2 });
    response.write(file?.bytes(0, size), () => response.destroy());
    return true;
  },
  'an answer without end': ({ response }) => {
    response.writeHead(200, {});
    const more = () => {
      while (!response.destroyed && response.write(new Uint8Array(1024 * 1024)));
    };
    response.on('drain', more);
    more();
    return true;
  },
  'gzip by ranges': (asked) => {
    asked.send(206, { ...range(asked), 'content-encoding': 'gzip' }, gzipSync(body(asked)));
    return true;
  },
  'gzip whole': ({ send, file }) => {
    send(200, { 'content-encoding': 'gzip' }, gzipSync(file?.bytes(0, file.size) ?? ''));
    return true;
  },
  'gzip that is none': ({ send, file }) => {
    send(200, { 'content-encoding': 'gzip' }, file?.bytes(0, file.size));
    return true;
  },
  'gzip bomb': ({ send }) => {
    bomb ??= gzipSync(new Uint8Array(65 * 1024 * 1024), { level: 1 });
    send(200, { 'content-encoding': 'gzip' }, bomb);
    return true;
  },
  'another range': later((asked) => {
    const { start, end, send, file } = asked;
    send(206, { 'content-range': `bytes ${start + 1}-${end - 1}/${file?.size}` }, body(asked).subarray(1));
    return true;
  }),
  'no Content-Range': (asked) => {
    asked.send(206, {}, body(asked));
    return true;
  },
  'a Content-Range that is none': (asked) => {
    asked.send(206, { 'content-range': 'bytes 5-2/\u009b' }, body(asked));
    return true;
  },
  'a range of unknown size': (asked) => {
    asked.send(206, range(asked, '*'), body(asked));
    return true;
  },
  'a size beyond all numbers': (asked) => {
    asked.send(206, range(asked, '9999999999999999'), body(asked));
    return true;
  },
  'several parts': (asked) => {
    asked.send(206, { 'content-type': 'multipart/byteranges; boundary=x' }, '--x\r\n\r\n--x--');
    return true;
  },
  'half of each range': (asked) => {
    const { start, end, send, file } = asked;
    const middle = start + Math.ceil((end - start) / 2);
    send(206, { 'content-range': `bytes ${start}-${middle - 1}/${file?.size}` }, file?.bytes(start, middle));
    return true;
  },
  'more than announced': (asked) => {
    asked.response.writeHead(206, range(asked));
    asked.response.write(body(asked));
    asked.response.end(new Uint8Array(1000));
    return true;
  },
  'less than announced': shortChunks,
  'less than announced, once': times(1, shortChunks),
  'broken off': broken,
  'broken off, twice': times(2, broken),
  'silence before the answer': () => true,
  'silence within the answer': (asked) => {
    asked.response.writeHead(206, { ...range(asked), 'content-length': asked.end - asked.start });
    asked.response.write(body(asked).subarray(0, 3));
    return true;
  },
  'silence once': times(1, () => true),
  'busy twice': times(2, status(503)),
  'busy for ever': status(502),
  'too many requests': times(1, status(429, { 'retry-after': '7' })),
  'too many requests until a date': times(1, status(429, { 'retry-after': 'Thu, 01 Jan 1970 00:00:09 GMT' })),
  'too many requests, for a day': status(429, { 'retry-after': '86400' }),
  'not logged in': status(401),
  forbidden: status(403),
  gated: status(403, { 'x-error-code': 'GatedRepo' }),
  'no repository': status(401, { 'x-error-code': 'RepoNotFound' }),
  'no revision': status(404, { 'x-error-code': 'RevisionNotFound' }),
  'a code unheard of': status(404, { 'x-error-code': '\u009b31mhostile' }),
  gone: status(410),
  teapot: status(418),
  'sends on': ({ path, send, well }) => {
    if (path.startsWith('/there')) well();
    else send(302, { location: `/there${path}?signature=hidden` });
    return true;
  },
  'sends on for one answer': ({ path, query, send, well, before }) => {
    if (!path.startsWith('/there')) send(302, { location: `/there${path}?until=${before + 1}` });
    else if (Number(query.get('until')) === before) well();
    else send(403, {});
    return true;
  },
  'sends round and round': ({ path, send }) => {
    send(302, { location: path });
    return true;
  },
  'sends nowhere': ({ send }) => {
    send(302, {});
    return true;
  },
  'sends to another scheme': ({ send }) => {
    send(302, { location: 'file:///etc/passwd' });
    return true;
  },
  'sends to a password': ({ send, origin, path }) => {
    send(302, { location: `${origin.replace('//', '//user:secret@')}${path}` });
    return true;
  },
  'sends on unencrypted': ({ send }) => {
    send(302, { location: 'http://example.invalid/model.safetensors' });
    return true;
  },
  'changes its tag': ({ well, before }) => {
    well({ etag: `"${before}"` });
    return true;
  },
  'changes a weak tag': ({ well, before }) => {
    well({ etag: `W/"${before}"` });
    return true;
  },
  'changes its date': ({ well, before }) => {
    well({ 'last-modified': new Date(before * 1000).toUTCString() });
    return true;
  },
  'changes its size': (asked) => {
    asked.send(206, range(asked, (asked.file?.size ?? 0) + asked.before), body(asked));
    return true;
  },
  'shrinks below what is asked for': later(({ send }) => {
    send(416, { 'content-range': 'bytes */10' });
    return true;
  }),
  'ranges no longer': (asked) => {
    if (asked.before === 0) asked.well({ etag: '"same"' });
    else asked.send(200, { etag: '"same"' }, asked.file?.bytes(0, asked.file.size));
    return true;
  },
  'no HTTP': ({ request }) => {
    request.socket.end('SSH-2.0-OpenSSH_9.2\r\n');
    return true;
  },
} satisfies Readonly<Record<string, Quirk>>;

/** Serves `files`, by path with its leading slash. */
export async function serve(
  files: Readonly<Record<string, ServedFile | Uint8Array | string>>,
  quirk: Quirk = () => false,
): Promise<FileServer> {
  const seen: Seen[] = [];
  let sent = 0;
  let origin = '';
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', origin);
    const path = decodeURIComponent(url.pathname);
    const { headers } = request;
    const content = files[path.replace(/^\/there/, '')];
    const file = typeof content === 'string' || content instanceof Uint8Array ? fileOf(content) : content;
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    const end = Math.min(Number(to ?? Number.MAX_SAFE_INTEGER - 1) + 1, file?.size ?? 0);
    const write = response.write.bind(response);
    // counted where it is handed over: of what nobody reads no more than a socket's buffer is
    response.write = ((chunk: Uint8Array, ...rest: never[]) => {
      sent += chunk.length;
      return write(chunk, ...rest);
    }) as typeof response.write;
    const send: Asked['send'] = (code, more, bytes = '') => {
      const whole = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
      response.writeHead(code, { ...more, 'content-length': whole.length });
      sent += whole.length;
      response.end(whole);
    };
    const well: Asked['well'] = (more = {}) => {
      if (file === undefined) return send(404, {});
      if (headers.range === undefined) return send(200, more, file.bytes(0, file.size));
      if (start >= file.size) return send(416, { 'content-range': `bytes */${file.size}` });
      const tag = headers['if-range'];
      if (tag !== undefined && tag !== more['etag'])
        return send(200, more, file.bytes(0, Math.min(file.size, 9)));
      return send(
        206,
        { ...more, 'content-range': `bytes ${start}-${end - 1}/${file.size}` },
        file.bytes(start, end),
      );
    };
    const before = seen.length;
    seen.push({
      path,
      range: headers.range,
      ifRange: headers['if-range'] as string | undefined,
      authorization: headers.authorization,
      acceptEncoding: headers['accept-encoding'] as string | undefined,
    });
    const asked = {
      request,
      response,
      path,
      query: url.searchParams,
      before,
      file,
      start,
      end,
      origin,
      well,
      send,
    };
    if (!quirk(asked)) well();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    at: (path) => new URL(path, origin),
    seen,
    sent: () => sent,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
