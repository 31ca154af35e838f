/**
 * What a file is by its first bytes, for the formats that are not read as weights. A file is never taken for
 * what its name says.
 */

import { varintAt } from './protobuf.ts';

/**
 * What becomes of a file: `model` is one of another framework, `archive` has to be unpacked first, `other` is no model,
 * `weights` is read, or would be if it were whole.
 */
type Nature = 'weights' | 'model' | 'archive' | 'other';

/** A format by content. */
export interface Recognised {
  readonly id: string;
  /** What people call it. */
  readonly title: string;
  readonly nature: Nature;
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

/** A row of the table: `[id, title, bytes, at, text]`. */
type Row = readonly [id: string, title: string, bytes: readonly number[], at?: number, text?: string];

const rows = (nature: Nature, list: readonly Row[]): readonly Signature[] =>
  list.map(([id, title, bytes, at = 0, text]) => ({
    id,
    title,
    nature,
    at,
    bytes,
    ...(text === undefined ? {} : { text }),
  }));

/** In order: what is more particular stands first. Sources: each format's specification or its own reader. */
const SIGNATURES: readonly Signature[] = [
  ...rows('weights', [
    ['pytorch-zip', 'PyTorch checkpoint', ZIP, 0, 'data.pkl'],
    // the magic number that torch.save wrote before 1.6, as a pickled integer
    [
      'pytorch-legacy',
      'PyTorch checkpoint of the old kind',
      [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19],
    ],
    ...[2, 3, 4, 5].map((protocol): Row => ['pickle', 'Python pickle', [0x80, protocol]]),
  ]),
  ...rows('model', [
    ['numpy-zip', 'NumPy archive', ZIP, 0, '.npy'],
    ['keras-zip', 'Keras model', ZIP, 0, 'model.weights.h5'],
    ['hdf5', 'HDF5 file, as Keras models are', [0x89, ...ascii('HDF\r\n\x1a\n')]],
    ['numpy', 'NumPy array', [0x93, ...ascii('NUMPY')]],
    ['tflite', 'TensorFlow Lite model', ascii('TFL3'), 4],
    ['executorch', 'ExecuTorch program', ascii('ET1'), 4],
    ['ncnn-param', 'ncnn model (its .param)', ascii('7767517\n')],
    ['ncnn-param', 'ncnn model (its .param)', ascii('7767517\r\n')],
    ['ncnn-param-bin', 'ncnn model (its .param.bin)', [0xdd, 0x85, 0x76, 0x00]],
    ['tensorrt', 'TensorRT engine', ascii('ptrt')],
    ['tensorrt', 'TensorRT engine', ascii('ftrt')],
    ['ggml', 'GGML file, older than GGUF', ascii('lmgg')],
    ['ggml', 'GGML file, older than GGUF', ascii('fmgg')],
    ['ggml', 'GGML file, older than GGUF', ascii('tjgg')],
  ]),
  ...rows('archive', [
    ['zip', 'zip archive', ZIP],
    ['7z', '7-Zip archive', [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
    ['rar', 'RAR archive', ascii('Rar!\x1a\x07')],
    ['gzip', 'gzip file', [0x1f, 0x8b]],
    ['zstd', 'Zstandard file', [0x28, 0xb5, 0x2f, 0xfd]],
    ['xz', 'xz file', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
    ['bzip2', 'bzip2 file', ascii('BZh')],
    ['lz4', 'LZ4 file', [0x04, 0x22, 0x4d, 0x18]],
    ['tar', 'tar archive', ascii('ustar'), 257],
  ]),
  ...rows('other', [
    ['png', 'PNG picture', [0x89, ...ascii('PNG\r\n\x1a\n')]],
    ['jpeg', 'JPEG picture', [0xff, 0xd8, 0xff]],
    ['gif', 'GIF picture', ascii('GIF8')],
    ['webp', 'WebP picture', ascii('RIFF'), 0, 'WEBP'],
    ['pdf', 'PDF document', ascii('%PDF-')],
    ['sqlite', 'SQLite database', ascii('SQLite format 3\0')],
    ['elf', 'program for Linux (ELF)', [0x7f, ...ascii('ELF')]],
    ['pe', 'program for Windows (PE)', ascii('MZ'), 0, 'PE\0\0'],
    ['macho', 'program for macOS (Mach-O)', [0xcf, 0xfa, 0xed, 0xfe]],
    ['script', 'script', ascii('#!')],
  ]),
];

function stands(head: Uint8Array, { at, bytes }: Signature): boolean {
  return head.length >= at + bytes.length && bytes.every((byte, i) => head[at + i] === byte);
}

/** The head as text, one character a byte. */
function latin1(head: Uint8Array): string {
  return Array.from(head, (byte) => String.fromCharCode(byte)).join('');
}

/** The format that begins with these bytes, or undefined. */
export function recognise(head: Uint8Array): Recognised | undefined {
  const text = latin1(head);
  for (const signature of SIGNATURES) {
    if (!stands(head, signature)) continue;
    if (signature.text !== undefined && !text.includes(signature.text)) continue;
    const { id, title, nature } = signature;
    return { id, title, nature };
  }
  return withoutSignature(head) ?? textFormat(head);
}

/** Formats that have no signature, told by how their first fields are written. */
function withoutSignature(head: Uint8Array): Recognised | undefined {
  if (isSavedModel(head)) return { id: 'tf-saved-model', title: 'TensorFlow SavedModel', nature: 'model' };
  if (isCoreMl(head)) return { id: 'coreml', title: 'Core ML model', nature: 'model' };
  if (isGraphDef(head)) return { id: 'tf-graph', title: 'TensorFlow graph', nature: 'model' };
  if (isFlax(head)) return { id: 'flax', title: 'Flax weights (msgpack)', nature: 'model' };
  return undefined;
}

/** A field of protobuf that holds bytes: where they begin and end; undefined where it is another field. */
function protobufBytes(
  head: Uint8Array,
  at: number,
  tag: number,
): { readonly from: number; readonly to: number } | undefined {
  if (head[at] !== tag) return undefined;
  const length = varintAt(head, at + 1, 5);
  if (length === undefined || length.value === 0) return undefined;
  return { from: length.next, to: length.next + length.value };
}

/** The text of such a field, where it lies within the head and is a name. */
function protobufName(
  head: Uint8Array,
  at: number,
  tag: number,
): { readonly name: string; readonly next: number } | undefined {
  const field = protobufBytes(head, at, tag);
  if (field === undefined || field.to > head.length) return undefined;
  const name = latin1(head.subarray(field.from, field.to));
  return /^[\w.\-/:^]+$/.test(name) ? { name, next: field.to } : undefined;
}

/** saved_model_schema_version = 1, meta_graphs { meta_info_def { stripped_op_list or tags … } }. tensorflow/core/protobuf. */
function isSavedModel(head: Uint8Array): boolean {
  if (head[0] !== 0x08 || head[1] !== 0x01) return false;
  const graph = protobufBytes(head, 2, 0x12);
  const info = graph === undefined ? undefined : protobufBytes(head, graph.from, 0x0a);
  return (
    info !== undefined && (head[info.from] === 0x12 || head[info.from] === 0x22 || head[info.from] === 0x2a)
  );
}

/** specificationVersion, description { input { name } }. Apple coremltools, mlmodel/format/Model.proto. */
function isCoreMl(head: Uint8Array): boolean {
  const [tag, version = 0] = head;
  if (tag !== 0x08 || version === 0 || version > 0x20) return false;
  const description = protobufBytes(head, 2, 0x12);
  const input = description === undefined ? undefined : protobufBytes(head, description.from, 0x0a);
  return input !== undefined && protobufName(head, input.from, 0x0a) !== undefined;
}

/** node { name, op }. tensorflow/core/framework/graph.proto. */
function isGraphDef(head: Uint8Array): boolean {
  const node = protobufBytes(head, 0, 0x0a);
  const name = node === undefined ? undefined : protobufName(head, node.from, 0x0a);
  const op = name === undefined ? undefined : protobufName(head, name.next, 0x12);
  return op !== undefined && /^_?[A-Z]/.test(op.name);
}

/** A map of msgpack whose first key is a short text. Flax, serialization.msgpack_serialize. */
function isFlax(head: Uint8Array): boolean {
  const [first = 0] = head;
  const keyAt = first >= 0x81 && first <= 0x8f ? 1 : first === 0xde ? 3 : 0;
  const length = (head[keyAt] ?? 0) - 0xa0;
  if (keyAt === 0 || length < 1 || length > 31 || head.length < keyAt + 1 + length) return false;
  return /^\w+$/.test(latin1(head.subarray(keyAt + 1, keyAt + 1 + length)));
}

/** What a text is, where all of the head is one. */
function textFormat(head: Uint8Array): Recognised | undefined {
  const text = textOf(head)?.trimStart();
  if (text === undefined || text === '') return undefined;
  if (/^(?:<\?xml[^>]*>\s*)?<net\s[^>]*\bversion=/.test(text)) {
    return { id: 'openvino', title: 'OpenVINO model (its .xml)', nature: 'model' };
  }
  if (/^<(?:\?xml|[a-zA-Z])/.test(text)) return { id: 'xml', title: 'XML text', nature: 'other' };
  if (/^[{[]/.test(text)) return { id: 'json', title: 'JSON text', nature: 'other' };
  return { id: 'text', title: 'plain text', nature: 'other' };
}

/** The head as text; undefined where it holds what no text does. */
function textOf(head: Uint8Array): string | undefined {
  // the last character may be cut
  const text = new TextDecoder('utf-8').decode(head).replace(/\ufffd$/, '');
  return /[\0-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]/.test(text) ? undefined : text;
}

const POINTER = 'version https://git-lfs';

/** A Git LFS pointer, which stands where the file itself should. */
export function readLfsPointer(
  head: Uint8Array,
): { readonly size?: string; readonly oid?: string } | undefined {
  const text = latin1(head);
  if (!text.startsWith(POINTER)) return undefined;
  const size = /^size (\d{1,20})$/m.exec(text)?.[1];
  const oid = /^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1];
  return { ...(size === undefined ? {} : { size }), ...(oid === undefined ? {} : { oid }) };
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

/** Answers of servers that were saved in place of a file: short, and about an error. */
const REPLIES =
  /^(?:(?:<\?xml[^>]*>\s*)?<Error>|\{\s*"(?:error|message|detail|errors?)"\s*:|(?:entry|repository|revision|file|page|404)? ?not found\b|invalid (?:username|credentials)|access (?:to .{1,120}? )?(?:is )?(?:denied|restricted)|unauthorized\b|forbidden\b|too many requests\b|rate limit)/i;

/** Bytes of a file that may be such an answer. */
const LONGEST_REPLY = 4096;

/** The first line of a server's answer about an error, saved in place of the file; undefined for anything else. */
export function readErrorReply(head: Uint8Array, size: number): string | undefined {
  if (size > LONGEST_REPLY) return undefined;
  const text = textOf(head)?.trim();
  if (text === undefined || !REPLIES.test(text)) return undefined;
  return text.split('\n')[0]?.slice(0, 120);
}
