/** Tells DDUF files from other zips, without reading them. */

/** The name of the first entry, as the first bytes have it: at most one folder deep, and of an allowed kind. */
const FIRST_NAME = /^(?:[^/]+\/)?[^/]+\.(?:json|model|safetensors|txt)$/;

/** Whether a zip may be a DDUF file, by its name or its first entry; a checkpoint of torch begins otherwise. */
export function mayBeDduf(path: string, head: Uint8Array): boolean {
  if (head[0] !== 0x50 || head[1] !== 0x4b || head[2] !== 3 || head[3] !== 4) return false;
  if (path.endsWith('.dduf')) return true;
  const length = (head[26] ?? 0) + 256 * (head[27] ?? 0);
  const name = String.fromCharCode(...head.subarray(30, Math.min(30 + length, head.length)));
  return FIRST_NAME.test(name);
}
