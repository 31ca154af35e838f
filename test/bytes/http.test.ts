import { afterEach, describe, expect, it } from 'vitest';
import { openHttp } from '../../src/bytes/http.ts';
import type { HttpClient, HttpOptions } from '../../src/bytes/http-client.ts';
import { FIRST_REQUEST_BYTES, MAX_REMOTE_CACHE_BYTES, MAX_UNRANGED_BYTES } from '../../src/bytes/limits.ts';
import type { ByteSource, ReadError } from '../../src/bytes/source.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { clientWith } from '../build/http-client.ts';
import {
  type FileServer,
  fileOf,
  type Quirk,
  QUIRKS,
  type ServedFile,
  serve,
  sparseFile,
} from '../build/http-server.ts';
import { assemble, entry } from '../build/safetensors.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Bytes that tell where they stand. */
const NUMBERS = Uint8Array.from({ length: 3_000_000 }, (_, at) => (at * 31 + (at >>> 8) * 17) & 0xff);
const NUMBERED = fileOf(NUMBERS);

const PATH = '/model.safetensors';

interface Remote {
  readonly server: FileServer;
  readonly client: HttpClient;
  /** Milliseconds that were waited between tries. */
  readonly waits: readonly number[];
  readonly open: (size?: number) => Promise<ByteSource>;
}

async function remote(file: ServedFile, quirk?: Quirk, options: Partial<HttpOptions> = {}): Promise<Remote> {
  const server = await serve({ [PATH]: file }, quirk);
  closing.push(server.close);
  const waits: number[] = [];
  const client = clientWith({ sleep: async (ms) => void waits.push(ms), stallMs: 20_000, ...options });
  const open = async (size?: number) => {
    const source = await openHttp(
      { name: 'model', url: server.at(PATH), ...(size === undefined ? {} : { size }) },
      client,
    );
    closing.push(() => source.close());
    return source;
  };
  return { server, client, waits, open };
}

async function failure(work: Promise<unknown>): Promise<ReadError> {
  return work.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error as ReadError,
  );
}

const expectBytes = (bytes: Uint8Array, from: number) => {
  expect(bytes.length).toBeGreaterThan(0);
  expect(Buffer.compare(bytes, NUMBERS.subarray(from, from + bytes.length))).toBe(0);
};

describe('a file on a web server', () => {
  it('is opened by its first bytes, and read by position', async () => {
    const { server, client, open } = await remote(NUMBERED);
    const source = await open();
    expect([source.name, source.size]).toEqual(['model', 3_000_000]);
    expectBytes(await source.read(5, 1000), 5);
    expect(server.seen).toMatchObject([{ range: `bytes=0-${FIRST_REQUEST_BYTES - 1}` }]);
    expectBytes(await source.read(2_900_000, 100_000), 2_900_000);
    expect(await source.read(3_000_000, 0)).toEqual(new Uint8Array(0));
    expect(client.transfer.requests).toBe(2);
    expect(client.transfer.bytes).toBe(server.sent());
    expect(server.seen.every(({ acceptEncoding }) => acceptEncoding === 'identity')).toBe(true);
    await expect(source.read(2_999_999, 2)).rejects.toMatchObject({ code: 'range' });
  });

  it('gives the same bytes whatever is asked for, in any order and at once', async () => {
    const { open } = await remote(NUMBERED);
    const source = await open();
    const places = Array.from({ length: 200 }, (_, i) => [(i * 7_654_321) % 2_900_000, (i * 977) % 90_000]);
    await Promise.all(
      places.map(async ([offset = 0, length = 0]) => {
        const bytes = await source.read(offset, length + 1);
        expect(bytes.length).toBe(length + 1);
        expectBytes(bytes, offset);
      }),
    );
  });

  it('is not asked twice for what it gave, and ahead of reads that follow each other', async () => {
    const { server, open } = await remote(NUMBERED);
    const source = await open();
    for (let at = 0; at < 3_000_000; at += 10_000) expectBytes(await source.read(at, 10_000), at);
    expect(server.seen.length).toBeLessThanOrEqual(5);
    const before = server.seen.length;
    expectBytes(await source.read(1_234_567, 100_000), 1_234_567);
    expect(server.seen.length).toBe(before);
    expect(server.sent()).toBe(3_000_000);
  });

  it('is read in pieces where more is wanted than is kept', async () => {
    const size = 3 * MAX_REMOTE_CACHE_BYTES;
    const { server, open } = await remote(sparseFile(Uint8Array.of(7), size));
    const source = await open();
    const bytes = await source.read(0, size);
    expect([bytes.length, bytes[0], bytes[size - 1]]).toEqual([size, 7, 0]);
    expect(server.sent()).toBe(size + FIRST_REQUEST_BYTES);
  });

  it('of 7 GB is inspected by its header alone', async () => {
    const size = 6_900_000_000;
    const tensors = Array.from({ length: 2_500 }, (_, i) =>
      entry(
        `model.diffusion_model.input_blocks.${i}.weight`,
        'F16',
        [1_380_000],
        i * 2_760_000,
        (i + 1) * 2_760_000,
      ),
    );
    const header = assemble(`{${tensors.join(',')}}`, new Uint8Array(0));
    const { server, open } = await remote(sparseFile(header, header.length + size));
    const { parts, faults } = await openCheckpoint(await open());
    expect([parts[0]?.tensors.length, faults]).toEqual([2_500, []]);
    expect(server.seen.length).toBeLessThanOrEqual(3);
    expect(server.sent()).toBeLessThan(1_300_000);
  });

  it('of no bytes is one', async () => {
    const { open } = await remote(fileOf(''));
    const source = await open();
    expect([source.size, await source.read(0, 0)]).toEqual([0, new Uint8Array(0)]);
  });

  it('of another size than its listing says is not taken', async () => {
    const { open } = await remote(NUMBERED);
    expect((await open(3_000_000)).size).toBe(3_000_000);
    expect(await failure(open(2_999_999))).toMatchObject({
      code: 'changed',
      reason: 'the listing gives it 2999999 bytes, and the server 3000000',
    });
  });
});

describe('a server that misbehaves', () => {
  /** The whole file is right, or the first error of opening and reading it. */
  const readAll = async ({ open }: Remote): Promise<ReadError | 'right'> => {
    try {
      const source = await open();
      expect(source.size).toBe(NUMBERED.size);
      for (const at of [2_000_000, 0, 1_100_000]) expectBytes(await source.read(at, 800_000), at);
      return 'right';
    } catch (error) {
      if ((error as ReadError).name !== 'ReadError') throw error;
      return error as ReadError;
    }
  };

  const outcome = async (name: keyof typeof QUIRKS, options: Partial<HttpOptions> = {}) => {
    const all = await remote(NUMBERED, QUIRKS[name], options);
    return { result: await readAll(all), ...all };
  };

  it.each([
    'no ranges',
    'no ranges, no size',
    'gzip whole',
    'half of each range',
    'less than announced, once',
    'broken off, twice',
    'busy twice',
    'sends on',
    'sends on for one answer',
  ] as const)('%s: read all the same', async (name) => {
    expect((await outcome(name)).result).toBe('right');
  });

  it.each([
    ['an answer without end', 'budget', /sends more than 67108864 bytes/],
    ['gzip by ranges', 'system', /compresses the file on the way/],
    ['gzip that is none', 'system', /compressed, and damaged/],
    ['gzip bomb', 'budget', /sends more than 67108864 bytes/],
    ['another range', 'system', /not answer with the bytes that were asked for/],
    ['no Content-Range', 'system', /no range that can be understood/],
    ['a Content-Range that is none', 'system', /no range that can be understood/],
    ['a range of unknown size', 'system', /“bytes 0-1048575\/\*”/],
    ['a size beyond all numbers', 'system', /not answer with the bytes/],
    ['several parts', 'system', /no range that can be understood/],
    ['more than announced', 'system', /more than the 1048576 bytes that it announced/],
    ['less than announced', 'short', /after 524288 of 1048576 bytes; tried 4 times/],
    ['broken off', 'system', /broke the connection off; tried 4 times/],
    ['busy for ever', 'system', /cannot answer now \(502\); tried 4 times/],
    ['too many requests, for a day', 'system', /to be left alone for 86400 s/],
    ['not logged in', 'system', /wants to know who asks \(401\)/],
    ['forbidden', 'system', /wants to know who asks \(403\)/],
    ['gone', 'absent', /no longer \(410\)/],
    ['teapot', 'system', /does not give the file out \(418\)/],
    ['sends round and round', 'system', /more than 10 times/],
    ['sends nowhere', 'system', /an address that is none/],
    ['sends to another scheme', 'refused', /only https/],
    ['sends to a password', 'refused', /name or password/],
    ['sends on unencrypted', 'refused', /anybody on the way/],
    ['changes its tag', 'changed', /changed on the server/],
    ['changes a weak tag', 'changed', /changed on the server/],
    ['changes its date', 'changed', /changed on the server/],
    ['changes its size', 'changed', /changed on the server/],
    ['shrinks below what is asked for', 'changed', /changed on the server/],
    ['ranges no longer', 'system', /by ranges no longer/],
    ['no HTTP', 'system', /no HTTP/],
  ] as const)('%s: %s', async (name, code, reason) => {
    const { result, server } = await outcome(name);
    expect(result).toMatchObject({ name: 'ReadError', code });
    const { message, hint = '' } = result as ReadError;
    expect(message).toMatch(reason);
    // nothing that a server says, and no address with what may stand in it, is repeated
    expect(message + hint).not.toMatch(/secret|hidden|user:|\u009b|\?/);
    expect(server.seen.length).toBeLessThanOrEqual(12);
  });

  it.each(['silence before the answer', 'silence within the answer'] as const)('%s ends', async (name) => {
    const { result, waits } = await outcome(name, { stallMs: 50 });
    expect(result).toMatchObject({ code: 'system' });
    expect((result as ReadError).message).toMatch(/said nothing for 50 ms; tried 4 times/);
    expect(waits).toEqual([500, 1000, 2000]);
  });

  it('is asked again after a silence', async () => {
    expect((await outcome('silence once', { stallMs: 1000 })).result).toBe('right');
  });

  it('is waited for as long as it asks', async () => {
    expect((await outcome('too many requests')).waits).toEqual([7000]);
    expect((await outcome('too many requests until a date')).waits).toEqual([9000]);
  });

  it('that announces more than it has is found out', async () => {
    const { open } = await remote(NUMBERED, QUIRKS['no ranges, a size too large']);
    const source = await open();
    expect(source.size).toBe(6_000_000);
    expectBytes(await source.read(2_000_000, 1_000_000), 2_000_000);
    expect((await failure(source.read(2_999_999, 2))).message).toMatch(/broke the connection off/);
  });

  it('is left before all of a large file has come', async () => {
    const { server, open } = await remote(
      { size: 7_000_000_000, bytes: () => new Uint8Array(0) },
      ({ response, file }) => {
        response.writeHead(200, { 'content-length': file?.size });
        const more = () => {
          while (!response.destroyed && response.write(new Uint8Array(256 * 1024)));
        };
        response.on('drain', more);
        more();
        return true;
      },
    );
    const source = await open();
    expect((await source.read(1000, 1_000_000)).length).toBe(1_000_000);
    const far = await failure(source.read(MAX_UNRANGED_BYTES, 1));
    expect(far).toMatchObject({ code: 'budget' });
    expect(far.hint).toMatch(/Download/);
    await source.close();
    expect(server.sent()).toBeLessThan(40_000_000);
  });

  it('is not there', async () => {
    const { server, open } = await remote(NUMBERED);
    await server.close();
    expect((await failure(open())).message).toMatch(/nothing there takes connections/);
  });

  it('is left when the user ends it', async () => {
    const stop = new AbortController();
    const { open } = await remote(NUMBERED, QUIRKS['silence before the answer'], { signal: stop.signal });
    const opening = failure(open());
    setTimeout(() => stop.abort(), 50);
    expect((await opening).message).toMatch(/interrupted/);
  });
});

describe('the token', () => {
  const SECRET = 'hf_aSecretThatNobodyMaySee';

  it('goes to its own host and to no other', async () => {
    const other = await remote(NUMBERED);
    const home = await serve({}, ({ send }) => {
      send(302, { location: other.server.at(PATH).href });
      return true;
    });
    closing.push(home.close);
    const client = clientWith({ credential: { origin: home.origin, token: SECRET } });
    const source = await openHttp({ name: 'model', url: home.at(PATH) }, client);
    await source.read(2_500_000, 10);
    expect(home.seen.map(({ authorization }) => authorization)).toEqual([`Bearer ${SECRET}`]);
    expect(other.server.seen.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
  });

  it('is not sent to an address of its host that another one chose', async () => {
    const home = await serve({ [PATH]: NUMBERED }, ({ path, send, well }) => {
      if (path === PATH) well();
      else send(302, { location: away.at('/').href });
      return true;
    });
    const away: FileServer = await serve({}, ({ send }) => {
      send(302, { location: home.at(PATH).href });
      return true;
    });
    closing.push(home.close, away.close);
    const client = clientWith({ credential: { origin: home.origin, token: SECRET } });
    const source = await openHttp({ name: 'model', url: home.at('/first') }, client);
    await source.read(2_500_000, 10);
    expect(home.seen.map(({ path, authorization }) => [path, authorization !== undefined])).toEqual([
      ['/first', true],
      [PATH, false],
      [PATH, false],
    ]);
  });

  it.each(Object.keys(QUIRKS) as (keyof typeof QUIRKS)[])('stands in no error: %s', async (name) => {
    const server = await serve({ [PATH]: NUMBERED }, QUIRKS[name]);
    closing.push(server.close);
    const credential = { origin: server.origin, token: SECRET };
    const client = clientWith({ stallMs: 40, credential, hubOrigin: server.origin });
    const told: string[] = [];
    try {
      const source = await openHttp({ name: 'model', url: server.at(PATH) }, client);
      await source.read(2_000_000, 10).finally(() => source.close());
    } catch (error) {
      for (let at: unknown = error; at instanceof Error; at = at.cause) {
        told.push(JSON.stringify({ ...at }), String(at.stack), String((at as ReadError).hint));
      }
    }
    expect(told.join('\n')).not.toContain(SECRET);
    expect(told.join('\n')).not.toMatch(/secret words|signature/);
  });
});

describe('an address', () => {
  it('that leads from https to http is left', async () => {
    const answers = new Map([
      ['https://models.example/a', { status: 302, headers: { location: 'http://127.0.0.1/a' } }],
    ]);
    const client = clientWith({ fetch: async (url) => new Response(null, answers.get(url)) });
    const url = new URL('https://models.example/a');
    expect((await failure(openHttp({ name: 'a', url }, client))).message).toMatch(
      /sends on from https to http/,
    );
  });
});
