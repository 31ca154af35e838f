import * as fc from '../build/properties.ts';
import { describe, expect, test } from 'vitest';
import type { NamedTensor } from '../../src/topology/named.ts';
import { blocksOf } from '../../src/topology/net.ts';
import { reconstruct } from '../../src/topology/reconstruct.ts';
import { LISTINGS, named, readListing } from '../build/listing.ts';

/** Whatever the names and shapes: nothing is thrown, and no tensor is lost. */

const PARTS = [
  'input_blocks output_blocks middle_block down_blocks up_blocks mid_block resnets attentions downsamplers upsamplers',
  'in_layers out_layers emb_layers skip_connection transformer_blocks attn1 attn2 to_q to_k to_v to_out ff net proj',
  'norm norm1 norm2 norm3 conv conv1 conv2 op qkv proj_in proj_out time_embed label_emb out conv_in conv_out weight',
  'bias time_embedding class_embedding add_embedding encoder_hid_proj linear_1 linear_2 0 1 2 3 11 999 1000 01 -1',
].flatMap((line) => line.split(' '));

const name = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 9 }).map((parts) => parts.join('.')),
  fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 9 }).map((parts) => parts.join('')),
  fc.string({ maxLength: 12 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', '', '.', '..'),
);
const shape = fc.array(fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 2 ** 50 })), {
  maxLength: 6,
});
const tensor = fc.tuple(name, shape).map(([each, dims]) => named(each, dims));

/** Every tensor is owned once, or named in a problem. */
function accounted(tensors: readonly NamedTensor[]): void {
  const { net, problems } = reconstruct(tensors, 'p.');
  if (net === undefined) return;
  const owned = blocksOf(net).flatMap((block) => block.tensors.map(({ tensor }) => tensor));
  const others = problems.flatMap((problem) => {
    if (problem.kind === 'unexpected-tensor') return [problem.tensor];
    return problem.kind === 'duplicate-role' ? problem.tensors : [];
  });
  expect(new Set(owned).size).toBe(owned.length);
  const seen = new Set([...owned, ...others]);
  expect(tensors.filter((each) => !seen.has(each.tensor))).toEqual([]);
}

describe('reconstruct', () => {
  test('takes any names and shapes', () => {
    fc.assert(fc.property(fc.array(tensor, { maxLength: 60 }), accounted), { numRuns: 2000 });
  });

  test.each([
    'sd1-ldm',
    'sdxs-0.9-ldm-gapped',
    'svd-ldm',
    'guided-diffusion-64-ldm',
    'kandinsky-2.2-diffusers',
  ])('takes any part of %s, with strangers in it', (id) => {
    const listing = readListing(`${LISTINGS}/${id}.txt`);
    const part = fc.tuple(fc.shuffledSubarray(listing), fc.array(tensor, { maxLength: 5 }));
    fc.assert(
      fc.property(part, ([kept, strangers]) => accounted([...kept, ...strangers])),
      { numRuns: 60 },
    );
  });

  test('reads the tensors in any order', () => {
    const listing = readListing(`${LISTINGS}/sdxl-ldm.txt`);
    const sorted = reconstruct(listing, '').net?.skips;
    const shuffled = fc.shuffledSubarray(listing, { minLength: listing.length });
    fc.assert(
      fc.property(shuffled, (tensors) => {
        const { net, problems } = reconstruct(tensors, '');
        expect(problems).toEqual([]);
        expect(net?.skips).toEqual(sorted);
      }),
      { numRuns: 10 },
    );
  });
});
