/**
 * Inflates raw deflate data, and gives up as soon as more comes out than was declared: what a bomb costs is what
 * it says it costs. Undefined where the data is no deflate data, or more or less of it than declared.
 */
export async function inflate(packed: Uint8Array, size: number): Promise<Uint8Array | undefined> {
  const out = new Uint8Array(size);
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
      if (had + chunk.length > size) {
        await reader.cancel();
        return undefined;
      }
      out.set(chunk, had);
      had += chunk.length;
    }
  } catch {
    return undefined;
  }
  await written;
  return had === size ? out : undefined;
}
