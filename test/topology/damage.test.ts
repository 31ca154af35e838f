import { describe, expect, test } from 'vitest';
import type { NamedTensor } from '../../src/topology/named.ts';
import { reconstruct, type Reconstruction } from '../../src/topology/reconstruct.ts';
import { LISTINGS, named, readListing } from '../build/listing.ts';

/** Damage larger than one tensor: blocks cut out, swapped in, or widened. */

const sd1 = readListing(`${LISTINGS}/sd1-ldm.txt`);
const sd1Diffusers = readListing(`${LISTINGS}/sd1-diffusers.txt`);
const sdxl = readListing(`${LISTINGS}/sdxl-ldm.txt`);

function without(tensors: readonly NamedTensor[], start: string): Reconstruction {
  return reconstruct(
    tensors.filter(({ name }) => !name.startsWith(start)),
    'model.diffusion_model.',
  );
}

function missingBlocks({ problems }: Reconstruction): string[] {
  return problems.flatMap((problem) => (problem.kind === 'missing-block' ? [problem.fileBlock] : []));
}

describe('a block cut out', () => {
  test.each([
    ['output_blocks.4.', ['output_blocks.4.0', 'output_blocks.4.1']],
    ['input_blocks.7.', ['input_blocks.7.0', 'input_blocks.7.1']],
    ['input_blocks.11.', ['input_blocks.11.0']],
    ['output_blocks.11.', ['output_blocks.11.0', 'output_blocks.11.1']],
    ['input_blocks.3.', ['input_blocks.3.0']],
    ['output_blocks.2.1.', ['output_blocks.2.1']],
    ['input_blocks.4.1.', ['input_blocks.4.1']],
    ['middle_block.2.', ['middle_block.2']],
    ['input_blocks.0.', ['input_blocks.0.0']],
    ['out.0.', []],
    ['time_embed.', ['time_embedding']],
  ])('%s is named', (start, blocks) => {
    const result = without(sd1, start);
    expect(result.problems.length).toBeGreaterThan(0);
    expect(missingBlocks(result)).toEqual(
      expect.arrayContaining(blocks.map((block) => expect.stringContaining(block))),
    );
  });

  test('in diffusers names, in the middle and at the end of a stage', () => {
    expect(missingBlocks(without(sd1Diffusers, 'up_blocks.1.resnets.1.'))[0]).toContain(
      'up_blocks.1.resnets.1',
    );
    expect(missingBlocks(without(sd1Diffusers, 'up_blocks.1.resnets.2.'))[0]).toContain(
      'up_blocks.1.resnets.2',
    );
    expect(missingBlocks(without(sd1Diffusers, 'down_blocks.3.resnets.1.'))[0]).toContain(
      'down_blocks.3.resnets.1',
    );
  });

  test('the middle block leaves a net that is Stable Diffusion 1 in all but one thing', () => {
    const { net, problems } = without(sd1, 'middle_block.');
    expect(problems).toEqual([]);
    expect(net?.family.nearest).toEqual({
      id: 'sd1',
      title: 'Stable Diffusion 1',
      differs: [{ field: 'mid', found: 'none', expected: '[1]' }],
    });
  });
});

describe('a block from another model', () => {
  test('a wider encoder resnet is a skip that does not fit', () => {
    const wider = sd1.map(({ name, tensor }) => {
      if (!name.startsWith('input_blocks.8.0.')) return named(name, tensor.shape);
      const outer = name.includes('out_layers.3.weight') ? 2 : 1;
      // every width that the resnet writes, none that it reads
      const shape = tensor.shape.map((dim, axis) =>
        axis < outer && dim === 1280 && !name.includes('in_layers.0') ? 1536 : dim,
      );
      return named(name, shape);
    });
    const { problems } = reconstruct(wider, '');
    const kinds = new Set(problems.map(({ kind }) => kind));
    expect(kinds.has('chain-mismatch')).toBe(true);
    expect(problems.find(({ kind }) => kind === 'chain-mismatch')).toMatchObject({
      block: 'down_blocks.2.attentions.1',
      gets: 1536,
      expects: 1280,
    });
  });

  test('a decoder made for a narrower skip names the skip', () => {
    const narrower = sd1.map(({ name, tensor }) => {
      if (!/^output_blocks\.9\.0\.(in_layers|skip_connection)/.test(name)) return named(name, tensor.shape);
      return named(
        name,
        tensor.shape.map((dim) => (dim === 960 ? 800 : dim)),
      );
    });
    expect(reconstruct(narrower, '').problems).toEqual([
      {
        kind: 'skip-mismatch',
        block: 'up_blocks.3.resnets.0',
        fileBlock: 'output_blocks.9.0',
        producer: 'down_blocks.0.attentions.1',
        below: 640,
        skip: 320,
        expects: 800,
      },
    ]);
  });
});

describe('names', () => {
  test('messages use the prefix and words of the file', () => {
    const result = without(sd1, 'output_blocks.4.0.in_layers.2.weight');
    expect(result.problems).toMatchObject([
      {
        kind: 'missing-tensor',
        fileName: 'model.diffusion_model.output_blocks.4.0.in_layers.2.weight',
        fileBlock: 'model.diffusion_model.output_blocks.4.0',
        canonical: 'up_blocks.1.resnets.1.conv1.weight',
        expectedShape: [1280, 2560, 3, 3],
      },
    ]);
  });

  test('a misnamed tensor is offered the name that is missing', () => {
    const slip = sdxl.map(({ name, tensor }) =>
      named(
        name === 'input_blocks.4.1.proj_in.weight' ? 'input_blocks.4.1.projin.weight' : name,
        tensor.shape,
      ),
    );
    const { problems } = reconstruct(slip, '');
    expect(problems.find(({ kind }) => kind === 'unexpected-tensor')).toMatchObject({
      nearest: 'input_blocks.4.1.proj_in.weight',
    });
  });

  test('`__proto__` and empty names are tensors like any other', () => {
    const { net, problems } = reconstruct([...sd1, named('__proto__', [1]), named('', [2])], '');
    expect(net?.family.id).toBe('sd1');
    expect(problems.map(({ kind }) => kind)).toEqual(['unexpected-tensor', 'unexpected-tensor']);
  });

  test('an index in the millions invents no blocks', () => {
    const far = ['0.weight', '0.bias', '2.weight', '2.bias'].map((leaf) =>
      named(`input_blocks.9999999.0.in_layers.${leaf}`, [1]),
    );
    const { net, problems } = reconstruct([...sd1, ...far], '');
    expect(net?.family.id).toBe('sd1');
    expect(problems).toHaveLength(4);
  });
});
