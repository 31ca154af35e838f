import { expect, test } from 'vitest';
import { elementCount } from '../../src/formats/checkpoint.ts';
import { byteLengthOf } from '../../src/formats/dtype.ts';
import { compile } from '../../src/smoke/compile/index.ts';
import { reconstruct } from '../../src/topology/reconstruct.ts';
import { LISTINGS, listingIndex, readListing } from '../build/listing.ts';

/** U-Nets of another grammar, which are named and not rebuilt. */
const OTHER_GRAMMAR = /^(stable-cascade|unet1d|unet3d|unet-motion|kandinsky-3|uvit2d|i2vgen)/;

/** Nets that are not run, and why not. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['svd', 'nets that mix over frames are not run'],
  ['sv3d-u', 'nets that mix over frames are not run'],
  ['sv3d-p', 'nets that mix over frames are not run'],
  // its widths are no multiple of the 64 that everybody assumes, and a listing has no config
  ['custom-sdxl', 'nothing says how many heads down_blocks.2.attentions.0 has'],
]);

/** What of a listing's net, at its real size, stands in the way of a run; undefined where it compiles. */
function obstacle(file: string): string | undefined {
  const tensors = readListing(`${LISTINGS}/${file}`).map(({ name, tensor }) => {
    const byteLength = byteLengthOf(tensor.dtype, elementCount(tensor.shape));
    return { name, tensor: { ...tensor, byteLength } };
  });
  const { net } = reconstruct(tensors, '');
  if (net === undefined) return 'no net';
  try {
    compile(net, { files: [{ path: 'weights', size: Number.MAX_SAFE_INTEGER }] });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const nets = listingIndex().filter(({ kind, id }) => kind === 'unet' && !OTHER_GRAMMAR.test(id));

test.each(nets.map(({ id, file }) => [id, file ?? `${id}.txt`] as const))('%s', (id, file) => {
  expect(obstacle(file)).toBe(REFUSED.get(id.replace(/-(ldm|diffusers)$/, '')));
});
