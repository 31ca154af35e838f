/**
 * A file on a web server as a source of bytes. It is read by ranges, what was read is kept within bounds, and a file
 * that changes between two requests is an error, not a mixture. A server without ranges is read from the front, as far
 * as a header reaches. Sources: RFC 9110, sections 13 and 14.
 */
import { BlockCache } from './block-cache.ts';
import { type Answer, type HttpClient, type HttpRequest } from './http-client.ts';
import { HttpStatusError, PassingError } from './http-errors.ts';
import { joined } from './joined.ts';
import { FIRST_REQUEST_BYTES, MAX_UNRANGED_BYTES } from './limits.ts';
import { type ByteSource, checkRange, ReadError } from './source.ts';

export interface HttpPlace {
  /** What people are shown. */
  readonly name: string;
  readonly url: URL;
  /** Bytes that a listing gives it; another size is an error. */
  readonly size?: number;
}

/**
 * Opens a file at an address by its first bytes.
 * @throws {ReadError} when it cannot be had: refused, absent, compressed, without a size …
 */
export async function openHttp(place: HttpPlace, client: HttpClient): Promise<ByteSource> {
  const headers = { range: `bytes=0-${FIRST_REQUEST_BYTES - 1}` };
  const opened = await client.exchange({ ...place, headers }, async (answer) => {
    if (answer.status === 200) return openUnranged(place.name, answer);
    return openRanged(place, client, answer);
  });
  if (place.size === undefined || place.size === opened.size) return opened;
  await opened.close();
  const sizes = `the listing gives it ${place.size} bytes, and the server ${opened.size}`;
  throw new ReadError(place.name, 'changed', sizes, 'Try again: it may just have been replaced.');
}

/** Reads a short answer whole. @throws {ReadError} when it is longer than `limit`. */
export async function readWhole(answer: Answer, name: string, limit: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let piece = await answer.next(); piece !== undefined; piece = await answer.next()) {
    length += piece.length;
    if (length > limit) {
      const reason = `${answer.url.host} sends more than ${limit} bytes`;
      throw new ReadError(name, 'budget', reason, DOWNLOAD);
    }
    pieces.push(piece);
  }
  return joined(pieces);
}

const DOWNLOAD = 'Download the file, and give its path.';

/** What tells one state of a file from another. */
interface State {
  readonly size: number;
  readonly etag: string | null;
  readonly modified: string | null;
}

interface Content extends State {
  /** First byte of the answer, and the one behind its last. */
  readonly start: number;
  readonly end: number;
}

async function openRanged(place: HttpPlace, client: HttpClient, answer: Answer): Promise<ByteSource> {
  const { name } = place;
  if (answer.status === 416 && /^bytes \*\/0$/.test(answer.headers.get('content-range') ?? '')) {
    return new RangeSource(place, client, { size: 0, etag: null, modified: null }, answer);
  }
  const content = contentOf(name, answer);
  if (content.start !== 0 || content.end > FIRST_REQUEST_BYTES) throw otherBytes(name, answer);
  const source = new RangeSource(place, client, content, answer);
  const bytes = new Uint8Array(content.end);
  await fill(name, answer, bytes);
  source.keepFirst(bytes);
  return source;
}

class RangeSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #address: URL;
  readonly #client: HttpClient;
  readonly #state: State;
  readonly #cache: BlockCache;
  /** Where the redirects of the address led: asked from then on. */
  #place: Pick<HttpRequest, 'url' | 'trusted'>;

  constructor({ name, url }: HttpPlace, client: HttpClient, state: State, { url: at, trusted }: Answer) {
    this.name = name;
    this.size = state.size;
    this.#address = url;
    this.#client = client;
    this.#state = state;
    this.#place = { url: at, trusted };
    this.#cache = new BlockCache(state.size, (start, end) => this.#fetch(start, end));
  }

  keepFirst(bytes: Uint8Array): void {
    this.#cache.keepFirst(bytes);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this, offset, length);
    return this.#cache.read(offset, length);
  }

  async close(): Promise<void> {
    // nothing is held open
  }

  async #fetch(start: number, end: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(end - start);
    // a server may answer with fewer bytes than were asked for
    for (let had = 0; had < bytes.length; ) {
      had += await this.#askAgain((place) => this.#ask(place, start + had, bytes.subarray(had)));
    }
    return bytes;
  }

  /** The address that redirects led to may be good for some minutes only: then the first one is asked again. */
  async #askAgain<T>(ask: (place: Pick<HttpRequest, 'url' | 'trusted'>) => Promise<T>): Promise<T> {
    try {
      return await ask(this.#place);
    } catch (error) {
      const expired = error instanceof HttpStatusError && EXPIRED.has(error.status);
      if (!expired || this.#place.url.href === this.#address.href) throw error;
      this.#place = { url: this.#address };
      return ask(this.#place);
    }
  }

  #ask(place: Pick<HttpRequest, 'url' | 'trusted'>, start: number, into: Uint8Array): Promise<number> {
    const { etag } = this.#state;
    const headers = {
      range: `bytes=${start}-${start + into.length - 1}`,
      // a weak tag may stand for bytes that differ: it is compared, and not sent
      ...(etag === null || etag.startsWith('W/') ? {} : { 'if-range': etag }),
    };
    const { name } = this;
    return this.#client.exchange({ name, ...place, headers }, async (answer) => {
      if (answer.status !== 206) throw this.#changed(answer);
      const content = contentOf(name, answer);
      if (!sameState(content, this.#state)) throw this.#changed(answer);
      if (content.start !== start || content.end > start + into.length) throw otherBytes(name, answer);
      const length = content.end - content.start;
      await fill(name, answer, into.subarray(0, length));
      this.#place = { url: answer.url, trusted: answer.trusted };
      return length;
    });
  }

  #changed({ url, status, headers }: Answer): ReadError {
    const same = status === 200 && headers.get('etag') !== null && headers.get('etag') === this.#state.etag;
    if (same) return new ReadError(this.name, 'system', `${url.host} answers by ranges no longer`, DOWNLOAD);
    const hint = 'Try again when whatever replaces it has ended.';
    return new ReadError(this.name, 'changed', 'it changed on the server while it was read', hint);
  }
}

/** Statuses by which an address that was made for one download says that its time is over. */
const EXPIRED: ReadonlySet<number> = new Set([401, 403, 404, 410]);

function sameState(now: State, before: State): boolean {
  if (now.size !== before.size || now.etag !== before.etag) return false;
  return now.etag !== null || now.modified === before.modified;
}

/** What a partial answer says of itself. @throws {ReadError} where that is nothing to build on. */
function contentOf(name: string, answer: Answer): Content {
  const { headers, url } = answer;
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') {
    const reason = `${url.host} compresses the file on the way, so that its bytes cannot be asked for by their place`;
    throw new ReadError(name, 'system', reason, DOWNLOAD);
  }
  const found = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(headers.get('content-range') ?? '');
  const [start, last, size] = [Number(found?.[1]), Number(found?.[2]), Number(found?.[3])];
  if (!(start <= last && last < size && size <= Number.MAX_SAFE_INTEGER)) throw otherBytes(name, answer);
  return { start, end: last + 1, size, etag: headers.get('etag'), modified: headers.get('last-modified') };
}

function otherBytes(name: string, { url, status, headers }: Answer): ReadError {
  const said = headers.get('content-range');
  const shape =
    said !== null && /^[\w */-]{1,80}$/.test(said) ? `“${said}”` : 'no range that can be understood';
  const reason = `${url.host} does not answer with the bytes that were asked for (${status}, ${shape})`;
  return new ReadError(name, 'system', reason, DOWNLOAD);
}

/** Reads exactly as many bytes as fit. */
async function fill(name: string, answer: Answer, into: Uint8Array): Promise<void> {
  let had = 0;
  for (let piece = await answer.next(); piece !== undefined; piece = await answer.next()) {
    if (had + piece.length > into.length) {
      const reason = `${answer.url.host} sends more than the ${into.length} bytes that it announced`;
      throw new ReadError(name, 'system', reason, DOWNLOAD);
    }
    into.set(piece, had);
    had += piece.length;
  }
  if (had === into.length) return;
  const reason = `${answer.url.host} ended its answer after ${had} of ${into.length} bytes`;
  throw new PassingError(new ReadError(name, 'short', reason));
}

/** A server that answers with the whole file, whatever is asked for. */
async function openUnranged(name: string, answer: Answer): Promise<ByteSource> {
  const { headers } = answer;
  const declared = /^\d{1,16}$/.exec(headers.get('content-length') ?? '')?.[0];
  // what is compressed has another length than is sent
  const plain = (headers.get('content-encoding') ?? 'identity') === 'identity';
  if (plain && declared !== undefined) {
    answer.keep();
    return new FrontSource(name, Number(declared), answer);
  }
  const bytes = await readWhole(answer, name, MAX_UNRANGED_BYTES);
  return new FrontSource(name, bytes.length, answer, bytes);
}

/** Reads a file from its front as far as it is asked for. What was read is kept, for nothing can be had twice. */
class FrontSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #answer: Answer;
  #front: Uint8Array;
  #had: number;
  /** One after another: each read goes on where the one before ended. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(name: string, size: number, answer: Answer, front: Uint8Array = new Uint8Array(0)) {
    this.name = name;
    this.size = size;
    this.#answer = answer;
    this.#front = front;
    this.#had = front.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this, offset, length);
    const end = offset + length;
    if (end > MAX_UNRANGED_BYTES) {
      const { host } = this.#answer.url;
      const reason = `${host} gives no parts of a file, and byte ${end} of ${this.size} is wanted: only the first ${MAX_UNRANGED_BYTES} are read`;
      throw new ReadError(this.name, 'budget', reason, DOWNLOAD);
    }
    const reading = this.#last.then(() => this.#readUntil(end));
    this.#last = reading.catch(() => {});
    await reading;
    return this.#front.slice(offset, end);
  }

  close(): Promise<void> {
    return this.#answer.drop();
  }

  async #readUntil(end: number): Promise<void> {
    while (this.#had < end) {
      const piece = await this.#next();
      if (piece === undefined || this.#had + piece.length > this.size) {
        const { host } = this.#answer.url;
        const ended = piece === undefined ? `ended after ${this.#had}` : 'goes on beyond the end';
        throw new ReadError(
          this.name,
          'short',
          `the answer of ${host} ${ended} of ${this.size} bytes`,
          DOWNLOAD,
        );
      }
      this.#make(this.#had + piece.length);
      this.#front.set(piece, this.#had);
      this.#had += piece.length;
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      return await this.#answer.next();
    } catch (error) {
      // an answer under way cannot be asked for again
      throw error instanceof PassingError ? error.error : error;
    }
  }

  #make(room: number): void {
    if (room <= this.#front.length) return;
    const larger = new Uint8Array(Math.max(room, 2 * this.#front.length));
    larger.set(this.#front.subarray(0, this.#had));
    this.#front = larger;
  }
}
