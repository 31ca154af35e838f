/**
 * Which module of the net a node was exported from, as its exporter notes it.
 * Sources: torch.onnx, the TorchScript exporter (`/down_blocks.0/resnets.0/conv1/Conv`) and the one of torch.export
 * (`pkg.torch.onnx.name_scopes`).
 */

const NAME_SCOPES = 'pkg.torch.onnx.name_scopes';

/** A Python list of texts, as it is written for people. */
const ITEM = /'([^'\\]*)'/g;

/**
 * The dotted path of the module; undefined where nothing is noted.
 * @param text a node's name, or what stands under `key` beside the node
 */
export function scopeOf(text: string, key?: string): string | undefined {
  if (key === undefined) {
    if (!text.startsWith('/')) return undefined;
    const parts = text.split('/').slice(1, -1);
    // a member of a sequence is named with the sequence, which stands before it once more: `/encoder/encoder.0/Conv`
    return parts.filter((part, index) => !parts[index + 1]?.startsWith(`${part}.`)).join('.');
  }
  if (key !== NAME_SCOPES) return undefined;
  // modules from the outermost in, each by its whole path, and last the operation itself
  const scopes = [...text.matchAll(ITEM)].map(([, scope]) => scope ?? '');
  return scopes.at(-2);
}
