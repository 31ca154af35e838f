/** Exif data, where programs that draw JPEG and WebP pictures write what they drew with. */

export interface PictureText {
  readonly keyword: string;
  readonly text: string;
}

const USER_COMMENT = 0x9286;
const EXIF_DIRECTORY = 0x8769;
const ASCII = 2;
const UNDEFINED = 7;

/** Bytes of one entry of a directory. */
const ENTRY = 12;

/** What a text must begin with to be kept under that keyword: ComfyUI writes them into tags of cameras. */
const KEYWORD = /^(prompt|workflow|parameters):\s*/i;

/**
 * The texts in Exif data, which is a TIFF file: the comment of the user, as `parameters`; and what begins with
 * `prompt:` or `workflow:`, in any tag of the first directory. Broken data has none.
 * Sources: Exif 2.32, sections 4.6.2 and 4.6.5; AUTOMATIC1111 stable-diffusion-webui modules/images.py
 * (`save_image_with_geninfo`, which writes the comment); ComfyUI comfy_extras/nodes_images.py (`SaveAnimatedWEBP`).
 */
export function exifTexts(data: Uint8Array): readonly PictureText[] {
  // in JPEG, and in some WebP, the data has a mark before it
  const marked = String.fromCharCode(...data.subarray(0, 6)) === 'Exif\0\0';
  const tiff = marked ? data.subarray(6) : data;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (tiff.length < 8) return [];
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return [];
  const little = order === 0x4949;
  const found: PictureText[] = [];
  const main = entriesAt(view, view.getUint32(4, little), little);
  const below = main.find(({ tag, bytes }) => tag === EXIF_DIRECTORY && bytes.length === 4);
  for (const entry of main) {
    const { type, bytes } = entry;
    if (type === ASCII) found.push(...tagText(bytes));
    if (entry === below) {
      const at = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, little);
      const comment = entriesAt(view, at, little).find(({ tag }) => tag === USER_COMMENT);
      if (comment?.type === UNDEFINED)
        found.push({ keyword: 'parameters', text: commentText(comment.bytes) });
    }
  }
  return found;
}

interface Entry {
  readonly tag: number;
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** Bytes of one value, by type. */
const SIZES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];

/**
 * The entries of a directory; those that reach outside the data are left out, and those behind values that take more than
 * there is: they lie over each other.
 */
function entriesAt(view: DataView, at: number, little: boolean): readonly Entry[] {
  if (at + 2 > view.byteLength) return [];
  const said = view.getUint16(at, little);
  const count = Math.min(said, Math.floor((view.byteLength - at - 2) / ENTRY));
  const found: Entry[] = [];
  let left = view.byteLength;
  for (let index = 0; index < count; index++) {
    const entry = at + 2 + index * ENTRY;
    const type = view.getUint16(entry + 2, little);
    const length = (SIZES[type] ?? 0) * view.getUint32(entry + 4, little);
    // what fits into four bytes stands in the entry itself
    const place = length <= 4 ? entry + 8 : view.getUint32(entry + 8, little);
    if (length === 0 || place + length > view.byteLength) continue;
    left -= length;
    if (left < 0) break;
    const bytes = new Uint8Array(view.buffer, view.byteOffset + place, length);
    found.push({ tag: view.getUint16(entry, little), type, bytes });
  }
  return found;
}

function tagText(bytes: Uint8Array): readonly PictureText[] {
  const text = withoutEnd(new TextDecoder().decode(bytes));
  const keyword = KEYWORD.exec(text);
  if (keyword === null) return [];
  return [{ keyword: (keyword[1] ?? '').toLowerCase(), text: text.slice(keyword[0].length) }];
}

/** A comment begins with eight bytes that name its encoding. */
function commentText(bytes: Uint8Array): string {
  const body = bytes.subarray(8);
  if (String.fromCharCode(...bytes.subarray(0, 7)) !== 'UNICODE')
    return withoutEnd(new TextDecoder().decode(body));
  return withoutEnd(utf16(body));
}

/**
 * Text of two bytes a unit. Which comes first is said nowhere: programs write both orders whatever the order of the data
 * around. Line ends and spaces, which every infotext has, tell it.
 */
function utf16(bytes: Uint8Array): string {
  let big = 0;
  let small = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) {
    if (bytes[at] === 0) big += 1;
    if (bytes[at + 1] === 0) small += 1;
  }
  if (small > big) return new TextDecoder('utf-16le').decode(bytes);
  const swapped = Uint8Array.from(bytes, (_, index) => bytes[index ^ 1] ?? 0);
  return new TextDecoder('utf-16le').decode(swapped);
}

function withoutEnd(text: string): string {
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
}
