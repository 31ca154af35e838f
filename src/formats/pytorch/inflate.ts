/**
 * Inflates raw deflate data, and gives up as soon as more comes out than was declared: what a bomb costs is what
 * it says it costs. Undefined where the data is no deflate data, or more or less of it than declared.
 */
export async function inflate(packed: Uint8Array, size: number): Promise<Uint8Array | undefined> {
  const out = new Uint8Array(size);
  const { had, broken, more } = await inflateInto(out, packed);
  return broken || more || had !== size ? undefined : out;
}

/** The first bytes that come out of raw deflate data, at most `length`; `packed` may be cut off. */
export async function inflateHead(packed: Uint8Array, length: number): Promise<Uint8Array> {
  const out = new Uint8Array(length);
  const { had } = await inflateInto(out, packed);
  return out.subarray(0, had);
}

interface Inflated {
  /** Bytes that were filled. */
  readonly had: number;
  /** It is no deflate data, or ends too early. */
  readonly broken: boolean;
  /** More would come. */
  readonly more: boolean;
}

/** Inflates until `out` is full. */
async function inflateInto(out: Uint8Array, packed: Uint8Array): Promise<Inflated> {
  const stream = new DecompressionStream('deflate-raw');
  const writer = stream.writable.getWriter();
  // a failure shows on the reading side
  const written = writer
    .write(Uint8Array.from(packed))
    .then(() => writer.close())
    .catch(() => undefined);
  const reader = stream.readable.getReader();
  let had = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const chunk: Uint8Array = value;
      const fits = chunk.subarray(0, out.length - had);
      out.set(fits, had);
      had += fits.length;
      if (fits.length < chunk.length) {
        await reader.cancel();
        return { had, broken: false, more: true };
      }
    }
  } catch {
    return { had, broken: true, more: false };
  }
  await written;
  return { had, broken: false, more: false };
}
