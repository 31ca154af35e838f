import { describe, expect, test } from 'vitest';
import { flatten, unflatten } from '../../src/topology/dialects/litema.ts';
import { reconstruct } from '../../src/topology/reconstruct.ts';
import { listingIndex, named, readListing } from '../build/listing.ts';

const ldm = listingIndex().filter(({ kind, id }) => kind === 'unet' && /-ldm(-gapped)?$/.test(id));

describe('LitEma names', () => {
  test.each(ldm.map(({ id, file }) => [id, file] as const))(
    '%s: dots come back where they were',
    (_, file) => {
      const names = readListing(`fixtures/listings/${file}`).map(({ name }) => name);
      const kept = names.filter(
        (name) =>
          !/^(cc_projection|clip_to_seq|encoder_p|aug_proj|to_model|proj_n|ln_model|img_layer)/.test(name),
      );
      expect(kept.map((name) => unflatten(flatten(name)))).toEqual(kept);
    },
  );

  test('the averaged weights are a second, complete net', () => {
    const flat = readListing('fixtures/listings/sd1-ldm.txt').map(({ name, tensor }) =>
      named(flatten(name), tensor.shape),
    );
    const { net, problems } = reconstruct(flat, 'model_ema.diffusion_model');
    expect(problems).toEqual([]);
    expect(net?.family.id).toBe('sd1');
    expect(net?.stem.fileId).toBe('model_ema.diffusion_modelinput_blocks00');
  });

  test('what is not of the grammar keeps its name', () => {
    expect(unflatten('decay')).toBeUndefined();
    expect(unflatten('')).toBeUndefined();
  });
});
