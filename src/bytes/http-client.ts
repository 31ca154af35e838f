/**
 * One question over HTTP and its answer: redirects followed by hand, tries counted, silence ended, and a token that no
 * other host is ever told. Uses the web's `fetch`, nothing of Node.
 */
import { MAX_REDIRECTS, MAX_REQUESTS_AT_ONCE, MAX_RETRY_WAIT_MS, MAX_TRIES, STALL_MS } from './limits.ts';
import { networkError, PassingError, statusError } from './http-errors.ts';
import { ReadError } from './source.ts';

/** A secret, and the only origin that is told it. */
interface Credential {
  readonly origin: string;
  readonly token: string;
}

export interface HttpOptions {
  /** The web's `fetch`. */
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Waits so many milliseconds before another try; ends early when `signal` is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Milliseconds since 1970, to understand dates. */
  readonly now: () => number;
  /** Who asks, for the server's log. */
  readonly userAgent: string;
  readonly credential?: Credential;
  /** Origin of the Hugging Face hub or of a mirror of it, whose refusals are understood. */
  readonly hubOrigin?: string;
  /** Whether `http://` is used beyond this machine too. */
  readonly allowHttp?: boolean;
  /** Ends everything under way. */
  readonly signal?: AbortSignal;
  /** Milliseconds of silence that are borne. */
  readonly stallMs?: number;
}

export interface HttpRequest {
  /** What people are shown; never the address itself, whose query may hold a secret. */
  readonly name: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** False where another host chose the address: the token stays here. */
  readonly trusted?: boolean;
}

/** What went over the network. */
export interface Transfer {
  readonly requests: number;
  /** Bytes of answers, without their headers. */
  readonly bytes: number;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const ANSWERS: ReadonlySet<number> = new Set([200, 206, 416]);

/** Bytes of an answer that is not wanted which are read all the same, so that the connection can be used again. */
const WORTH_READING = 16 * 1024;

const BACKOFF_MS = 500;

/** An answer whose body has not been read yet. */
export class Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Where it came from, after redirects. */
  readonly url: URL;
  /** Whether nobody but the first host chose that address. */
  readonly trusted: boolean;
  readonly #next: () => Promise<Uint8Array | undefined>;
  readonly #drop: () => Promise<void>;
  #kept = false;

  constructor(
    response: Response,
    place: { readonly url: URL; readonly trusted: boolean },
    next: () => Promise<Uint8Array | undefined>,
    drop: () => Promise<void>,
  ) {
    this.status = response.status;
    this.headers = response.headers;
    this.url = place.url;
    this.trusted = place.trusted;
    this.#next = next;
    this.#drop = drop;
  }

  /** The next bytes; undefined at the end. @throws {PassingError} when they do not come. */
  next(): Promise<Uint8Array | undefined> {
    return this.#next();
  }

  /** Whoever asked goes on reading later, and drops it. */
  keep(): void {
    this.#kept = true;
  }

  get kept(): boolean {
    return this.#kept;
  }

  /** Gives up what has not been read. */
  drop(): Promise<void> {
    return this.#drop();
  }
}

export class HttpClient {
  readonly #options: HttpOptions;
  #requests = 0;
  #bytes = 0;
  #underWay = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  get transfer(): Transfer {
    return { requests: this.#requests, bytes: this.#bytes };
  }

  /**
   * Asks, and gives the answer (200, 206 or 416) to `use`; asks again when that or the answer fails in a way that may
   * pass, `MAX_TRIES` times in all.
   * @throws {ReadError} when there is no answer to be had, and whatever `use` throws.
   */
  async exchange<T>(request: HttpRequest, use: (answer: Answer) => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      for (let tries = 1; ; tries += 1) {
        try {
          return await this.#try(request, use);
        } catch (error) {
          if (!(error instanceof PassingError)) throw error;
          await this.#pause(error, tries);
        }
      }
    } finally {
      this.#leave();
    }
  }

  async #try<T>(request: HttpRequest, use: (answer: Answer) => Promise<T>): Promise<T> {
    const { name } = request;
    let { url, trusted = true } = request;
    for (let redirects = 0; ; redirects += 1) {
      const answer = await this.#send(request, url, trusted);
      try {
        if (REDIRECTS.has(answer.status)) {
          if (redirects === MAX_REDIRECTS) {
            throw new ReadError(
              name,
              'system',
              `${url.host} sends on and on, more than ${MAX_REDIRECTS} times`,
            );
          }
          const next = this.#target(name, url, answer.headers.get('location'));
          trusted &&= next.origin === url.origin;
          url = next;
        } else if (ANSWERS.has(answer.status)) {
          return await use(answer);
        } else {
          throw this.#refusal(name, answer);
        }
        await drain(answer);
      } finally {
        if (!answer.kept) await answer.drop();
      }
    }
  }

  /** Where a redirect leads. @throws {ReadError} where it leads nowhere that we go. */
  #target(name: string, from: URL, location: string | null): URL {
    const { host } = from;
    const next = location === null ? null : parseAddress(location, from);
    if (next === null) throw new ReadError(name, 'system', `${host} sends on to an address that is none`);
    if (from.protocol === 'https:' && next.protocol !== 'https:') {
      throw new ReadError(name, 'refused', `${host} sends on from https to ${next.protocol.slice(0, -1)}`);
    }
    const reason = addressRefusal(next, this.#options.allowHttp === true);
    if (reason !== undefined) throw new ReadError(name, 'refused', `${host} sends on elsewhere: ${reason}`);
    return next;
  }

  #refusal(name: string, { url, status, headers, trusted }: Answer): Error {
    const { hubOrigin } = this.#options;
    const isHub = url.origin === hubOrigin;
    const asked = { name, host: url.host, withToken: this.#tokenFor(url, trusted) !== undefined, isHub };
    const wait = retryAfter(headers.get('retry-after'), this.#options.now());
    return statusError(asked, status, headers.get('x-error-code'), wait);
  }

  #tokenFor(url: URL, trusted: boolean): string | undefined {
    const { credential } = this.#options;
    return trusted && credential?.origin === url.origin ? credential.token : undefined;
  }

  async #send({ name, headers = {} }: HttpRequest, url: URL, trusted: boolean): Promise<Answer> {
    const { fetch, userAgent, signal, stallMs = STALL_MS } = this.#options;
    const stop = new AbortController();
    const token = this.#tokenFor(url, trusted);
    const failed = (error: unknown) =>
      signal?.aborted === true
        ? new ReadError(name, 'system', 'interrupted')
        : networkError(name, url.host, error);
    const silent = () => {
      stop.abort();
      const seconds = stallMs >= 1000 ? `${Math.round(stallMs / 1000)} s` : `${stallMs} ms`;
      const hint = 'Try again, or download the file.';
      return new PassingError(new ReadError(name, 'system', `${url.host} said nothing for ${seconds}`, hint));
    };
    this.#requests += 1;
    const asked = fetch(url.href, {
      headers: {
        // `fetch` asks for it by itself where a range is asked for
        ...('range' in headers ? {} : { 'accept-encoding': 'identity' }),
        'user-agent': userAgent,
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      redirect: 'manual',
      signal: signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]),
    });
    const response = await within(stallMs, asked, silent, failed);
    const reader = response.body?.getReader();
    let done = reader === undefined;
    const next = async () => {
      if (reader === undefined || done) return undefined;
      const piece = await within(stallMs, reader.read(), silent, failed);
      done = piece.done;
      this.#bytes += piece.value?.length ?? 0;
      return piece.value;
    };
    const drop = async () => {
      if (done) return;
      done = true;
      stop.abort();
      await reader?.cancel().catch(() => {});
    };
    return new Answer(response, { url, trusted }, next, drop);
  }

  /** Waits for the next try. @throws {ReadError} when there is none. */
  async #pause({ error, wait = 0 }: PassingError, tries: number): Promise<void> {
    const { source, code, reason, hint } = error;
    if (wait > MAX_RETRY_WAIT_MS) {
      const seconds = Math.ceil(wait / 1000);
      throw new ReadError(source, code, `${reason}, and asks to be left alone for ${seconds} s`, hint);
    }
    if (tries === MAX_TRIES) throw new ReadError(source, code, `${reason}; tried ${tries} times`, hint);
    const { sleep, signal } = this.#options;
    await sleep(Math.max(wait, BACKOFF_MS * 2 ** (tries - 1)), signal);
    if (signal?.aborted === true) throw new ReadError(source, 'system', 'interrupted');
  }

  async #enter(): Promise<void> {
    if (this.#underWay === MAX_REQUESTS_AT_ONCE) {
      // whoever leaves hands its place over
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#underWay += 1;
    }
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#underWay -= 1;
    else next();
  }
}

/** Reads an answer that nobody wants, unless it is long. */
async function drain(answer: Answer): Promise<void> {
  let had = 0;
  while (had <= WORTH_READING) {
    const piece = await answer.next();
    if (piece === undefined) return;
    had += piece.length;
  }
}

/** The address, or null where it is none. */
export function parseAddress(text: string, base?: URL): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}

/** Why an address is not read, or undefined when it is. */
export function addressRefusal(url: URL, allowHttp: boolean): string | undefined {
  if (url.username !== '' || url.password !== '')
    return 'an address with a name or password in it is not used';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol !== 'http:') return 'only https:// and hf:// are read';
  if (allowHttp || isThisMachine(url.hostname)) return undefined;
  return 'over http:// anybody on the way can read and change the file';
}

function isThisMachine(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\.[\d.]+$/.test(host)
  );
}

/** Milliseconds of a Retry-After: seconds, or a date. */
function retryAfter(text: string | null, now: number): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

const LATE = Symbol('late');

/** The outcome of `work`, or an error when it takes longer. */
async function within<T>(
  ms: number,
  work: Promise<T>,
  late: () => Error,
  failed: (error: unknown) => Error,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(() => resolve(LATE), ms);
  });
  let first: T | typeof LATE;
  try {
    first = await Promise.race([work, limit]);
  } catch (error) {
    throw failed(error);
  } finally {
    clearTimeout(timer);
  }
  if (first !== LATE) return first;
  // what comes of it later is nobody's business any more
  work.catch(() => {});
  throw late();
}
