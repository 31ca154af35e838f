/** Exif data, and pictures of JPEG and WebP that carry it. */

const ASCII = 2;
const LONG = 4;
const UNDEFINED = 7;

interface ExifOptions {
  /** Texts by tag in the first directory. */
  readonly tags?: Readonly<Record<number, string>>;
  /** The comment of the user, its eight bytes of encoding with it. */
  readonly comment?: Uint8Array;
  readonly little?: boolean;
}

/** A TIFF file of one directory, and one below it for the comment. */
export function exif({ tags = {}, comment, little = false }: ExifOptions): Uint8Array {
  const bytes: number[] = [];
  const put = (value: number, width: 2 | 4): void => {
    const parts = Array.from({ length: width }, (_, at) => (value >>> (8 * at)) & 255);
    bytes.push(...(little ? parts : parts.toReversed()));
  };
  const texts = Object.entries(tags).map(([tag, text]) => ({
    tag: Number(tag),
    data: Buffer.from(`${text}\0`),
  }));
  const count = texts.length + (comment === undefined ? 0 : 1);
  const below = 8 + 2 + count * 12 + 4;
  let data = below + (comment === undefined ? 0 : 2 + 12 + 4);
  const rest: Uint8Array[] = [];
  const entry = (tag: number, type: number, length: number, value: number): void => {
    put(tag, 2);
    put(type, 2);
    put(length, 4);
    put(value, 4);
  };
  bytes.push(...Buffer.from(little ? 'II' : 'MM'));
  put(42, 2);
  put(8, 4);
  put(count, 2);
  for (const { tag, data: text } of texts) {
    entry(tag, ASCII, text.length, data);
    data += text.length;
    rest.push(text);
  }
  if (comment !== undefined) entry(0x8769, LONG, 1, below);
  put(0, 4);
  if (comment !== undefined) {
    put(1, 2);
    entry(0x9286, UNDEFINED, comment.length, data);
    put(0, 4);
    rest.push(comment);
  }
  return Buffer.concat([Buffer.from(bytes), ...rest]);
}

/** A comment as `UNICODE`, the bytes of each unit in either order. */
export function unicodeComment(text: string, little = false): Uint8Array {
  const body = Buffer.from(text, 'utf16le');
  return Buffer.concat([Buffer.from('UNICODE\0'), little ? body : body.swap16()]);
}

/** A JPEG whose Exif segment comes after one of another kind. */
export function jpeg(data: Uint8Array): Uint8Array {
  const segment = (kind: number, body: Uint8Array): Buffer => {
    const head = Buffer.from([0xff, kind, 0, 0]);
    head.writeUInt16BE(body.length + 2, 2);
    return Buffer.concat([head, body]);
  };
  const marked = Buffer.concat([Buffer.from('Exif\0\0'), data]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, Buffer.from('JFIF\0')),
    segment(0xe1, marked),
    Buffer.from([0xff, 0xda, 0, 2, 0xff, 0xd9]),
  ]);
}

/** A WebP whose Exif chunk comes after one of odd length. */
export function webp(data: Uint8Array): Uint8Array {
  const chunk = (kind: string, body: Uint8Array): Buffer => {
    const head = Buffer.alloc(8);
    head.write(kind, 'latin1');
    head.writeUInt32LE(body.length, 4);
    return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
  };
  const body = Buffer.concat([Buffer.from('WEBP'), chunk('VP8 ', Buffer.alloc(5)), chunk('EXIF', data)]);
  return chunk('RIFF', body);
}
