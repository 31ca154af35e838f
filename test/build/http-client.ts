import { HttpClient, type HttpOptions } from '../../src/bytes/http-client.ts';

/** A client that waits for nothing between its tries. */
export function clientWith(options: Partial<HttpOptions> = {}): HttpClient {
  return new HttpClient({
    fetch: (url, init) => fetch(url, init),
    sleep: async () => {},
    now: () => 0,
    userAgent: 'test/1',
    ...options,
  });
}
