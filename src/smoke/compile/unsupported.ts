/** A net that cannot be compiled, and why, in a sentence. Names in it are as the file has them. */
export class UnsupportedNetError extends Error {
  override readonly name = 'UnsupportedNetError';
}
