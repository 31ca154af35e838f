/** What can go wrong between here and a server, in words that say what to do. Nothing the server sends is repeated. */
import { ReadError, type ReadErrorCode } from './source.ts';

/** A server refused with a status. */
export class HttpStatusError extends ReadError {
  readonly status: number;

  constructor(source: string, status: number, code: ReadErrorCode, reason: string, hint?: string) {
    super(source, code, reason, hint);
    this.status = status;
  }
}

/** A failure that another try may be spared from. */
export class PassingError extends Error {
  override readonly name = 'PassingError';
  /** What is said when no try succeeds. */
  readonly error: ReadError;
  /** Milliseconds that the server wants to be left alone. */
  readonly wait?: number;

  constructor(error: ReadError, wait?: number) {
    super(error.reason);
    this.error = error;
    if (wait !== undefined) this.wait = wait;
  }
}

/** Whose door it is, for the words of a refusal. */
export interface Asked {
  readonly name: string;
  readonly host: string;
  /** Whether a token went along. */
  readonly withToken: boolean;
  /** Whether there is one place to get a token for this server: it is the Hub, or a mirror of it. */
  readonly isHub: boolean;
}

const DOWNLOAD_IT = 'Download it with your own account, and give the path of the file.';

/** Statuses after which the same question may be answered. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * A status that is no answer, as an error.
 * @param errorCode the Hub's own code (`X-Error-Code`), of which only known ones are heeded
 */
export function statusError(
  asked: Asked,
  status: number,
  errorCode: string | null,
  wait: number | undefined,
): HttpStatusError | PassingError {
  const { name, host } = asked;
  if (PASSING.has(status)) {
    const busy = status === 429 ? 'has had too many requests from here' : 'cannot answer now';
    const hint = status === 429 && asked.isHub && !asked.withToken ? TOKEN_RAISES_LIMIT : 'Try again later.';
    const error = new HttpStatusError(name, status, 'system', `${host} ${busy} (${status})`, hint);
    return new PassingError(error, wait);
  }
  const { code, reason, hint } = refusal(asked, status, errorCode);
  return new HttpStatusError(name, status, code, `${reason} (${status})`, hint);
}

const TOKEN_RAISES_LIMIT = 'Try again later, or set HF_TOKEN: the limit is higher for who is logged in.';

interface Refusal {
  readonly code: ReadErrorCode;
  readonly reason: string;
  readonly hint?: string;
}

function refusal(asked: Asked, status: number, errorCode: string | null): Refusal {
  const { host } = asked;
  const known = asked.isHub ? HUB_REFUSALS.get(errorCode ?? '') : undefined;
  if (known !== undefined) return known(asked);
  switch (status) {
    case 401:
    case 403:
      return locked(asked, status);
    case 404:
      return { code: 'absent', reason: `${host} has no such file` };
    case 410:
      return { code: 'absent', reason: `${host} has the file no longer` };
    case 451:
      return { code: 'system', reason: `${host} may not give the file out for legal reasons` };
    default:
      return { code: 'system', reason: `${host} does not give the file out`, hint: DOWNLOAD_IT };
  }
}

function locked({ host, withToken, isHub }: Asked, status: number): Refusal {
  const code = 'system';
  if (!isHub) return { code, reason: `${host} wants to know who asks`, hint: DOWNLOAD_IT };
  if (withToken && status === 401) {
    return {
      code,
      reason: `${host} does not know the token in HF_TOKEN`,
      hint: 'Set a token that is valid.',
    };
  }
  if (withToken) {
    return {
      code,
      reason: `${host} does not let the owner of the token read this`,
      hint: 'Ask for access on the page of the model, and see that the token may read it.',
    };
  }
  return {
    code,
    reason: `${host} has no such file, or shows it only to who is logged in`,
    hint: 'Check the name. If the model is private or gated, set HF_TOKEN to a token of yours that may read it.',
  };
}

/** The Hub's codes. Source: huggingface_hub, `utils/_http.py`, `hf_raise_for_status`. */
const HUB_REFUSALS: ReadonlyMap<string, (asked: Asked) => Refusal> = new Map<
  string,
  (asked: Asked) => Refusal
>([
  [
    'GatedRepo',
    ({ host, withToken }) => ({
      code: 'system',
      reason: `${host} gives this model only to who accepted its terms`,
      hint: withToken
        ? 'Accept them on the page of the model, with the account that HF_TOKEN belongs to.'
        : 'Accept them on the page of the model, and set HF_TOKEN to a token of that account.',
    }),
  ],
  [
    'RepoNotFound',
    ({ host, withToken }) => ({
      code: 'absent',
      reason: `${host} has no such repository${withToken ? ' that the token may see' : ''}`,
      ...(withToken ? {} : { hint: 'Check the name. If it is private, set HF_TOKEN.' }),
    }),
  ],
  [
    'RevisionNotFound',
    ({ host }) => ({ code: 'absent', reason: `${host} has no such revision of the repository` }),
  ],
  [
    'EntryNotFound',
    ({ host }) => ({ code: 'absent', reason: `${host} has no such file in that revision of the repository` }),
  ],
  ['DisabledRepo', ({ host }) => ({ code: 'absent', reason: `${host} has taken the repository down` })],
]);

/** Causes of a request that came to nothing, as Node names them; those that may pass are marked. */
const CAUSES: readonly (readonly [pattern: RegExp, passing: boolean, reason: string, hint?: string])[] = [
  [/^ENOTFOUND$/, false, 'there is no host of that name, or no network', 'Check the address.'],
  [/^EAI_AGAIN$/, true, 'its name could not be looked up', 'Check the network.'],
  [/^ECONNREFUSED$/, false, 'nothing there takes connections', 'Check the address and its port.'],
  [/^(?:EHOSTUNREACH|ENETUNREACH|ENETDOWN)$/, true, 'there is no way to it', 'Check the network.'],
  [/^(?:ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/, true, 'it did not take the connection in time'],
  [/^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, true, 'it broke the connection off'],
  [/^(?:UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT)$/, true, 'it fell silent'],
  [/^HPE_|^UND_ERR_HEADERS_OVERFLOW$/, false, 'what it answers is no HTTP'],
  [/^Z_|^ERR__ERROR_FORMAT/, false, 'what it sends is compressed, and damaged'],
  [
    /^(?:CERT_|ERR_TLS|ERR_SSL|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO)/,
    false,
    'its certificate or encryption is not to be trusted',
    'If a proxy of yours stands between, name its certificate in NODE_EXTRA_CA_CERTS.',
  ],
];

/** A request that came to nothing, or an answer that broke off, as an error. */
export function networkError(name: string, host: string, error: unknown): ReadError | PassingError {
  const code = causeOf(error);
  const found = CAUSES.find(([pattern]) => pattern.test(code));
  const [, passing, reason, hint] = found ?? [undefined, true, 'the connection failed'];
  const said = new ReadError(name, 'system', `${host}: ${reason}`, hint);
  return passing ? new PassingError(said) : said;
}

/** The system's code for what failed; what the runtime says in words may hold what was sent. */
function causeOf(error: unknown): string {
  let at: unknown = error;
  for (let depth = 0; depth < 5 && at instanceof Error; depth += 1) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    // newer versions of Node leave its code out
    if (at.name === 'HTTPParserError') return 'HPE_INVALID';
    // several addresses were tried: the first failure speaks for them
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return '';
}
