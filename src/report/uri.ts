/** A path as a URI reference: relative ones stay relative, every name is percent-encoded. */
export function uriOf(path: string): string {
  const segments = path.replaceAll('\\', '/').split('/');
  const encoded = segments
    // half a surrogate pair has no encoding
    .map((segment) => encodeURIComponent(segment.replaceAll(/\p{Cs}/gu, '\ufffd')))
    .join('/');
  return path.startsWith('/') ? `file://${encoded}` : encoded.replace(/^(?:\.\/)+/, '');
}
