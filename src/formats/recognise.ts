/**
 * What a file is by its first bytes, for the formats that are not read as weights. A file is never taken for
 * what its name says.
 */

/** A format by content. */
export interface Recognised {
  readonly id: string;
  /** What people call it. */
  readonly title: string;
}

interface Signature extends Recognised {
  /** Where the bytes stand. */
  readonly at: number;
  readonly bytes: readonly number[];
  /** Text that must follow within the head, to tell apart what shares a signature. */
  readonly text?: string;
}

const ascii = (text: string) => Array.from(text, (character) => character.charCodeAt(0));

const ZIP = [0x50, 0x4b, 0x03, 0x04];

/** In order: what is more particular stands first. */
const SIGNATURES: readonly Signature[] = [
  { id: 'pytorch-zip', title: 'PyTorch checkpoint', at: 0, bytes: ZIP, text: 'data.pkl' },
  { id: 'numpy-zip', title: 'NumPy archive', at: 0, bytes: ZIP, text: '.npy' },
  { id: 'zip', title: 'zip archive', at: 0, bytes: ZIP },
  // the magic number that torch.save wrote before 1.6, as a pickled integer
  {
    id: 'pytorch-legacy',
    title: 'PyTorch checkpoint of the old kind',
    at: 0,
    bytes: [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19],
  },
  ...[2, 3, 4, 5].map((protocol) => ({
    id: 'pickle',
    title: 'Python pickle',
    at: 0,
    bytes: [0x80, protocol],
  })),
  { id: 'hdf5', title: 'HDF5', at: 0, bytes: [0x89, ...ascii('HDF\r\n\x1a\n')] },
  { id: 'png', title: 'PNG picture', at: 0, bytes: [0x89, ...ascii('PNG\r\n\x1a\n')] },
  { id: 'jpeg', title: 'JPEG picture', at: 0, bytes: [0xff, 0xd8, 0xff] },
  { id: 'numpy', title: 'NumPy array', at: 0, bytes: [0x93, ...ascii('NUMPY')] },
  { id: '7z', title: '7-Zip archive', at: 0, bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c] },
  { id: 'rar', title: 'RAR archive', at: 0, bytes: ascii('Rar!\x1a\x07') },
  { id: 'gzip', title: 'gzip file', at: 0, bytes: [0x1f, 0x8b] },
  { id: 'zstd', title: 'Zstandard file', at: 0, bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { id: 'xz', title: 'xz file', at: 0, bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { id: 'tflite', title: 'TensorFlow Lite model', at: 4, bytes: ascii('TFL3') },
  { id: 'tar', title: 'tar archive', at: 257, bytes: ascii('ustar') },
];

function stands(head: Uint8Array, { at, bytes }: Signature): boolean {
  return head.length >= at + bytes.length && bytes.every((byte, i) => head[at + i] === byte);
}

/** The head as text, one character a byte. */
function latin1(head: Uint8Array): string {
  return Array.from(head, (byte) => String.fromCharCode(byte)).join('');
}

/**
 * Whether it begins like an ONNX model: field 1 (`ir_version`, a small varint), then another field of
 * `ModelProto` that is a length-delimited one. A guess, because protobuf has no signature.
 */
function looksLikeOnnx(head: Uint8Array): boolean {
  const [tag, version, next] = head;
  if (tag !== 0x08 || version === undefined || version === 0 || version > 0x20 || next === undefined)
    return false;
  const field = next >> 3;
  return (next & 7) === 2 && field >= 2 && field <= 8;
}

/** The format that begins with these bytes, or undefined. */
export function recognise(head: Uint8Array): Recognised | undefined {
  const text = latin1(head);
  for (const signature of SIGNATURES) {
    if (!stands(head, signature)) continue;
    if (signature.text !== undefined && !text.includes(signature.text)) continue;
    return { id: signature.id, title: signature.title };
  }
  return looksLikeOnnx(head) ? { id: 'onnx', title: 'ONNX model' } : undefined;
}

const POINTER = 'version https://git-lfs';

/** A Git LFS pointer, which stands where the file itself should. */
export function readLfsPointer(head: Uint8Array): { readonly size?: string } | undefined {
  const text = latin1(head);
  if (!text.startsWith(POINTER)) return undefined;
  const size = /^size (\d{1,20})$/m.exec(text)?.[1];
  return size === undefined ? {} : { size };
}

/** A web page, which stands where the file itself should: a login or error page that was saved. */
export function readHtmlPage(head: Uint8Array): { readonly title?: string } | undefined {
  const text = latin1(head)
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart();
  if (!/^<(?:!doctype html|html|head|body|script)\b/i.test(text)) return undefined;
  const title = /<title[^>]*>([^<]{1,200})/i.exec(text)?.[1]?.trim();
  return title === undefined ? {} : { title };
}
