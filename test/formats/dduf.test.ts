import * as fc from '../build/properties.ts';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../src/bytes/memory.ts';
import type { Checkpoint } from '../../src/formats/checkpoint.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { readTensor } from '../../src/formats/read-tensor.ts';
import { buildDduf, buildFolder, type Content, pipelineFiles, weights } from '../build/folder.ts';
import { soundZip } from '../build/torch-defects.ts';

const open = (bytes: Uint8Array, name = 'model.dduf'): Promise<Checkpoint> =>
  openCheckpoint(memorySource(name, bytes));

const reasons = ({ faults }: Checkpoint) =>
  faults.map((fault) =>
    fault.kind === 'dduf-invalid' ? `${fault.entry ?? ''}: ${fault.reason}` : fault.kind,
  );

describe('a DDUF file', () => {
  it('is the folder that it was made of, in one file', async () => {
    const bytes = buildDduf();
    const packed = await open(bytes);
    const folder = await openCheckpoint(buildFolder(pipelineFiles()));
    expect([packed.container, packed.faults, packed.unchecked]).toEqual(['dduf', [], []]);
    expect(packed.files).toMatchObject([{ path: 'model.dduf', size: bytes.length, format: 'dduf' }]);
    expect(packed.schedulerConfig).toEqual(folder.schedulerConfig);
    expect(packed.parts.map(({ name, files, config }) => [name, files, config])).toEqual(
      folder.parts.map(({ name, config }) => [name, [0], config]),
    );
    const source = memorySource('model.dduf', bytes);
    const file = memorySource('weights', weights());
    for (const [at, part] of packed.parts.entries()) {
      for (const [place, tensor] of part.tensors.entries()) {
        const same = folder.parts[at]?.tensors[place];
        expect([tensor.name, tensor.shape, tensor.dtype, tensor.file]).toEqual([
          same?.name,
          same?.shape,
          same?.dtype,
          0,
        ]);
        expect(await readTensor(source, tensor)).toEqual(
          await readTensor(file, { ...tensor, offset: same?.offset ?? 0 }),
        );
      }
    }
  });

  it('has each config read once: what was held against its checksum is at hand', async () => {
    const config = { _class_name: 'UNet2DConditionModel', sample_size: 123_457 };
    const bytes = buildDduf({ 'unet/config.json': config });
    const start = Buffer.from(bytes).indexOf(JSON.stringify(config));
    expect(start).toBeGreaterThan(0);
    const file = memorySource('model.dduf', bytes);
    const reads: number[] = [];
    const { parts } = await openCheckpoint({
      ...file,
      read: (offset, length) => {
        reads.push(offset);
        return file.read(offset, length);
      },
    });
    expect(parts.find(({ name }) => name === 'unet')?.config?.value).toEqual(new Map(Object.entries(config)));
    expect(reads.filter((offset) => offset === start)).toHaveLength(1);
  });

  it('is known by its content, whatever its name', async () => {
    expect((await open(buildDduf(), 'model.zip')).container).toBe('dduf');
    expect((await open(soundZip(), 'model.dduf')).container).not.toBe('pytorch');
  });

  it.each<[string, Readonly<Record<string, Content | undefined>>, string[]]>([
    [
      'without index',
      { 'model_index.json': undefined },
      [': it has no model_index.json', 'model-index-missing'],
    ],
    ['with a program', { 'run.py': '' }, ['run.py: files of its kind do not belong there', 'custom-code']],
    ['too deep', { 'unet/a/b.json': '{}' }, ['unet/a/b.json: it lies more than one folder deep']],
    [
      'with a folder that the index does not name',
      { 'other/config.json': '{}' },
      ['other/: model_index.json does not name it'],
    ],
    [
      'with a folder without config',
      { 'vae/config.json': undefined },
      [
        'vae/: none of config.json, tokenizer_config.json, preprocessor_config.json, scheduler_config.json lies in it',
        'config-missing',
      ],
    ],
  ])('%s breaks a rule', async (_, changes, expected) => {
    expect(reasons(await open(buildDduf(changes)))).toEqual(expected);
  });

  it('whose entries are compressed breaks a rule, and nothing is made up', async () => {
    const packed = await open(buildDduf({}, 8));
    expect(reasons(packed)).toContain('unet/config.json: it is compressed');
    expect(packed.parts.flatMap(({ tensors }) => tensors)).toEqual([]);
  });

  it('says where in the archive a fault stands', async () => {
    const broken = weights();
    broken[8] = 0x5b;
    const [alone] = (await open(broken, 'model.safetensors')).faults;
    const bytes = buildDduf({ 'vae/diffusion_pytorch_model.safetensors': broken });
    const { faults } = await open(bytes);
    const fault = faults.find(({ file }) => file === 'vae/diffusion_pytorch_model.safetensors');
    const start = Buffer.from(bytes).indexOf(broken);
    expect(start).toBeGreaterThan(0);
    expect(fault).toEqual({
      ...alone,
      file: 'vae/diffusion_pytorch_model.safetensors',
      bytes: { offset: start + (alone?.bytes?.offset ?? Number.NaN), length: alone?.bytes?.length },
    });
  });

  it('that is damaged is a fault or the same, and never a crash', async () => {
    const bytes = buildDduf();
    const sound = await open(bytes);
    const change = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const damaged = bytes.slice();
        for (const { at, to } of changes) damaged[at] = to;
        const { parts, faults } = await open(damaged);
        const tensors = (all: Checkpoint['parts']) => all.map((part) => part.tensors);
        // the tensors of one with faults may be any
        expect(tensors(faults.length === 0 ? parts : sound.parts)).toEqual(tensors(sound.parts));
      }),
      { numRuns: 200 },
    );
  });
});
