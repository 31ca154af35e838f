import { describe, expect, it } from 'vitest';
import { MAX_CONFIG_BYTES } from '../../src/bytes/limits.ts';
import { memorySource } from '../../src/bytes/memory.ts';
import type { Fault } from '../../src/formats/fault.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { asBytes, buildFolder, type Content, pipelineFiles, shardedFiles, weights } from '../build/folder.ts';
import { soundGguf } from '../build/gguf.ts';
import { assemble, buildSafetensors, soundFile } from '../build/safetensors.ts';
import { soundZip } from '../build/torch-defects.ts';

const open = (files: Readonly<Record<string, Content>>, index?: string) =>
  openCheckpoint(buildFolder(files), index === undefined ? {} : { index });

const openBytes = (content: Content, name = 'model.safetensors') =>
  openCheckpoint(memorySource(name, asBytes(content)));

/** Kind and file, and whatever else is asked for. */
const brief = (faults: readonly Fault[]) => faults.map(({ kind, file }) => `${kind} ${file}`);

/** Files less those named. */
function without(files: Record<string, Content>, ...paths: string[]): Record<string, Content> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => !paths.includes(path)));
}

describe('a single file', () => {
  it('becomes one part without a name', async () => {
    const checkpoint = await openBytes(
      buildSafetensors([{ name: 'a', shape: [2] }], { metadata: { k: 'v' } }),
    );
    expect(checkpoint).toMatchObject({
      path: 'model.safetensors',
      container: 'safetensors',
      files: [{ path: 'model.safetensors', format: 'safetensors' }],
      parts: [{ name: '', files: [0] }],
      faults: [],
      unchecked: [],
    });
    expect(checkpoint.metadata.get('k')).toBe('v');
  });

  it('of GGUF is read as such, and named where it goes by another name', async () => {
    const { container, metadata, faults } = await openBytes(soundGguf(), 'model.gguf');
    expect([container, metadata.get('general.architecture'), faults]).toEqual(['gguf', 'sd1', []]);
    const other = await openBytes(soundFile(), 'model.gguf');
    expect([other.container, brief(other.faults)]).toEqual(['safetensors', ['misnamed-file model.gguf']]);
    const misnamed = await openBytes(soundGguf(), 'model.safetensors');
    expect([misnamed.container, brief(misnamed.faults)]).toEqual([
      'gguf',
      ['misnamed-file model.safetensors'],
    ]);
  });

  it('is known by its content, whatever its name', async () => {
    const { container, parts } = await openBytes(soundFile(), 'model.ckpt');
    expect([container, parts.length]).toEqual(['safetensors', 1]);
  });

  it.each([
    ['unsupported-format', 'pickle', [0x80, 4, 0x95, 0, 0]],
    ['unsupported-format', 'unknown', Uint8Array.of(3, 1, 4, 1, 5, 9, 2, 6)],
    ['foreign-model', 'hdf5', [0x89, ...asBytes('HDF\r\n\x1a\n')]],
    ['packed-archive', 'tar', [...new Uint8Array(257), ...asBytes('ustar'), ...new Uint8Array(20)]],
  ])('that is no model that is read is named and left unchecked: %s %s', async (kind, format, bytes) => {
    const { container, parts, faults, unchecked } = await openBytes(Uint8Array.from(bytes), 'model.bin');
    expect([container, parts]).toEqual(['unknown', []]);
    expect(faults).toMatchObject([{ kind, file: 'model.bin', format }]);
    expect(unchecked).toMatchObject([{ path: 'model.bin' }]);
  });

  it('that is called safetensors and is a pickle says so', async () => {
    const { faults } = await openBytes(Uint8Array.of(0x80, 2, 0x7d, 0x71, 0));
    expect(brief(faults)).toEqual([
      'misnamed-file model.safetensors',
      'unsupported-format model.safetensors',
    ]);
  });

  it('that is a damaged safetensors file is not taken for what its length looks like', async () => {
    // a header of 0x0280 bytes begins like a pickle
    const bytes = assemble(' '.repeat(0x280), new Uint8Array(8));
    expect(brief((await openBytes(bytes)).faults)).toEqual(['header-not-json model.safetensors']);
  });

  it('that is a pointer or a web page says so', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4265146304\n';
    expect((await openBytes(pointer)).faults).toMatchObject([{ kind: 'lfs-pointer', size: '4265146304' }]);
    const page = '\n<!DOCTYPE html><html><head><title>Sign in</title>';
    expect((await openBytes(page, 'm.ckpt')).faults).toMatchObject([{ kind: 'html-page', title: 'Sign in' }]);
  });
});

describe('a pipeline folder', () => {
  it('becomes one part for each component with weights', async () => {
    const checkpoint = await open(pipelineFiles());
    expect(checkpoint.container).toBe('diffusers-folder');
    expect(brief(checkpoint.faults)).toEqual([]);
    expect(checkpoint.unchecked).toEqual([]);
    expect(checkpoint.parts.map(({ name, files, config }) => [name, files, config?.path])).toEqual([
      ['unet', [0], 'unet/config.json'],
      ['vae', [1], 'vae/config.json'],
    ]);
    expect(checkpoint.parts[1]?.tensors[0]).toMatchObject({ name: 'conv_in.weight', file: 1 });
    expect(checkpoint.schedulerConfig?.path).toBe('scheduler/scheduler_config.json');
    expect(checkpoint.modelIndex?.path).toBe('model_index.json');
  });

  it('reads the set without a variant first, and each variant as a part of its own', async () => {
    const files = { ...pipelineFiles(), 'unet/diffusion_pytorch_model.fp16.safetensors': weights() };
    const { parts, unchecked } = await open(files);
    expect(parts[0]).toMatchObject({ name: 'unet', files: [0] });
    expect(parts[0]).not.toHaveProperty('variant');
    expect(parts[1]).toMatchObject({ name: 'unet', files: [1], variant: 'fp16' });
    expect(unchecked).toEqual([]);
  });

  it('reads a variant where there is nothing else', async () => {
    const files = without(pipelineFiles(), 'unet/diffusion_pytorch_model.safetensors');
    const { parts, unchecked } = await open({
      ...files,
      'unet/diffusion_pytorch_model.fp16.safetensors': weights(),
    });
    expect(parts[0]).toMatchObject({ name: 'unet', variant: 'fp16' });
    expect(unchecked).toEqual([]);
  });

  it('takes a .bin beside safetensors for the same weights, and reads it where it is alone', async () => {
    const zip = soundZip();
    const both = await open({ ...pipelineFiles(), 'unet/diffusion_pytorch_model.bin': zip });
    expect([both.faults, both.unchecked]).toEqual([[], []]);
    const files = without(pipelineFiles(), 'unet/diffusion_pytorch_model.safetensors');
    const alone = await open({ ...files, 'unet/diffusion_pytorch_model.bin': zip });
    expect([alone.faults, alone.unchecked]).toEqual([[], []]);
    expect(alone.parts[0]).toMatchObject({ name: 'unet', tensors: [{ name: 'a' }, { name: 'b' }] });
  });

  it('says what is missing', async () => {
    const files = without(
      pipelineFiles(),
      'unet/diffusion_pytorch_model.safetensors',
      'vae/config.json',
      'vae/diffusion_pytorch_model.safetensors',
      'scheduler/scheduler_config.json',
    );
    const { faults } = await open({ ...files, 'scheduler/x.txt': '' });
    expect(brief(faults)).toEqual([
      'weights-missing unet/diffusion_pytorch_model.safetensors',
      'component-missing model_index.json',
      'config-missing scheduler/scheduler_config.json',
    ]);
    expect(faults[1]).toMatchObject({ component: 'vae', className: 'AutoencoderKL', pointer: '/vae' });
  });

  it('is read by its folders where model_index.json is missing', async () => {
    const { faults, parts } = await open(without(pipelineFiles(), 'model_index.json'));
    expect(faults).toMatchObject([{ kind: 'model-index-missing', components: ['unet', 'vae'] }]);
    expect(parts.map((part) => part.name)).toEqual(['unet', 'vae']);
  });

  it('reports code and classes of its own', async () => {
    const { faults } = await open({
      ...pipelineFiles(),
      'pipeline.py': '',
      'unet/my_unet.py': '',
      'vae/config.json': { auto_map: { AutoModel: 'modeling.VAE', AutoConfig: ['other--cfg.Config', null] } },
      'model_index.json': {
        _class_name: ['pipeline', 'MyPipeline'],
        unet: ['my_unet', 'MyUNet'],
        vae: ['diffusers', 'AutoencoderKL'],
      },
    });
    expect(brief(faults)).toEqual([
      'custom-code pipeline.py',
      'custom-class model_index.json',
      'custom-class model_index.json',
      'custom-code unet/my_unet.py',
      'custom-class vae/config.json',
      'custom-class vae/config.json',
    ]);
    expect(faults[2]).toMatchObject({ pointer: '/unet', module: 'my_unet', className: 'MyUNet' });
    expect(faults[4]).toMatchObject({ pointer: '/auto_map/AutoModel', module: 'modeling', className: 'VAE' });
  });

  it('refuses components that are no plain folder name, and malformed entries', async () => {
    const index = {
      '../../etc': ['diffusers', 'X'],
      unet: ['diffusers'],
      vae: ['diffusers', 'AutoencoderKL'],
    };
    const { faults } = await open({ ...pipelineFiles(), 'model_index.json': index });
    expect(brief(faults)).toEqual(['path-refused model_index.json', 'model-index-entry model_index.json']);
    expect(faults[1]).toMatchObject({ component: 'unet', found: 'an array of a string' });
  });

  it('lists a checkpoint beside its folders as unchecked', async () => {
    const { unchecked } = await open({ ...pipelineFiles(), 'v1-5-pruned.safetensors': soundFile() });
    expect(unchecked.map((one) => one.path)).toEqual(['v1-5-pruned.safetensors']);
  });
});

describe('a config', () => {
  it.each([
    ['{"a": 1, "a": 2}', 'json-duplicate-key'],
    ['[1]', 'json-not-object'],
    ['{"a": }', 'json-invalid'],
    ['version https://git-lfs.github.com/spec/v1\n', 'lfs-pointer'],
    [' '.repeat(MAX_CONFIG_BYTES + 1), 'limit-exceeded'],
  ])('%.12j…: %s', async (text, kind) => {
    const { faults } = await open({ ...pipelineFiles(), 'unet/config.json': text });
    expect(brief(faults)).toEqual([`${kind} unet/config.json`]);
  });
});

describe('a lone component folder', () => {
  it('is read with its config', async () => {
    const { container, parts, faults } = await open({
      'config.json': { _class_name: 'UNet2DModel' },
      'diffusion_pytorch_model.safetensors': weights(),
    });
    expect([container, faults]).toEqual(['safetensors', []]);
    expect(parts).toMatchObject([{ name: '', config: { path: 'config.json' } }]);
  });

  it('lacks a config where loaders need one, and not around a checkpoint', async () => {
    expect(brief((await open({ 'model.safetensors': weights() })).faults)).toEqual([
      'config-missing config.json',
    ]);
    expect((await open({ 'dreamshaper_8.safetensors': weights() })).faults).toEqual([]);
  });

  it('of several checkpoints is ambiguous, of none is empty', async () => {
    const many = await open({ 'a.safetensors': weights(), 'b.safetensors': weights() });
    expect(many.faults).toMatchObject([
      { kind: 'ambiguous-folder', files: ['a.safetensors', 'b.safetensors'] },
    ]);
    expect([many.container, many.unchecked.length]).toEqual(['unknown', 1]);
    const none = await open({ 'README.md': '' });
    expect(none.faults).toMatchObject([{ kind: 'nothing-to-read', file: 'model' }]);
    expect([none.container, none.unchecked.length]).toEqual(['unknown', 1]);
  });

  it('of an unread format is named', async () => {
    const { container, faults } = await open({
      'model.h5': Uint8Array.of(0x89, ...asBytes('HDF\r\n\x1a\n')),
    });
    expect(container).toBe('unknown');
    expect(faults).toMatchObject([{ kind: 'foreign-model' }]);
  });

  it('of one GGUF file is that file', async () => {
    const { container, parts, faults } = await open({ 'model.gguf': soundGguf() });
    expect([container, parts.length, faults]).toEqual(['gguf', 1, []]);
  });

  it('of several GGUF files is none of them until one is named', async () => {
    const { container, unchecked } = await open({ 'a.gguf': soundGguf(), 'b.gguf': soundGguf() });
    expect([container, unchecked.length]).toEqual(['unknown', 2]);
  });
});

describe('shards', () => {
  const index = 'model.safetensors.index.json';
  const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
  const size = 296;
  const map = { 'conv_in.weight': first, 'conv_in.bias': second };
  const withIndex = (value: Content) => open({ ...shardedFiles(), [index]: value });

  it('are read by their index, from the folder or named directly', async () => {
    for (const checkpoint of [await open(shardedFiles()), await open(shardedFiles(), index)]) {
      expect(checkpoint).toMatchObject({ container: 'safetensors-sharded', faults: [], unchecked: [] });
      expect(checkpoint.parts).toMatchObject([{ files: [0, 1], config: { path: 'config.json' } }]);
      expect(checkpoint.parts[0]?.tensors).toMatchObject([{ file: 0 }, { name: 'conv_in.bias', file: 1 }]);
    }
  });

  it.each([
    ['fp16 before the number', 'diffusion_pytorch_model.fp16-00001-of-00001', 'index.fp16.json'],
    ['fp16 after the number', 'diffusion_pytorch_model-00001-of-00001.fp16', 'fp16.index.json'],
  ])('of a variant are read: %s', async (_, shard, end) => {
    const value = {
      metadata: {},
      weight_map: { 'conv_in.weight': `${shard}.safetensors`, 'conv_in.bias': `${shard}.safetensors` },
    };
    const { parts, faults } = await open({
      'config.json': {},
      [`${shard}.safetensors`]: weights(),
      [`diffusion_pytorch_model.safetensors.${end}`]: value,
    });
    expect(faults).toEqual([]);
    expect(parts).toMatchObject([{ variant: 'fp16', files: [0] }]);
  });

  it.each<[string, Content, object[]]>([
    ['no weight map', { metadata: {} }, [{ kind: 'index-without-weight-map', found: 'nothing' }]],
    ['no metadata', { weight_map: map }, [{ kind: 'index-without-metadata' }]],
    [
      'another total size',
      { metadata: { total_size: 7 }, weight_map: map },
      [{ kind: 'total-size-mismatch', declared: 7, actual: size }],
    ],
    [
      'a shard that is missing',
      {
        metadata: { total_size: size },
        weight_map: { ...map, x: 'gone.safetensors', y: 'gone.safetensors' },
      },
      [{ kind: 'shard-missing', shard: 'gone.safetensors', tensors: 2 }],
    ],
    [
      'a shard elsewhere',
      { metadata: {}, weight_map: { ...map, x: '../x.safetensors' } },
      [{ kind: 'shard-name-refused', shard: '../x.safetensors' }],
    ],
    [
      'tensors in each other’s shard',
      { metadata: {}, weight_map: { 'conv_in.weight': second, 'conv_in.bias': first } },
      [
        { kind: 'tensor-not-in-shard', tensor: 'conv_in.weight', shard: second, foundIn: first },
        { kind: 'tensor-not-in-shard', tensor: 'conv_in.bias', shard: first, foundIn: second },
      ],
    ],
    [
      'a tensor in no shard',
      { metadata: {}, weight_map: { ...map, x: first } },
      [{ kind: 'tensor-not-in-shard', tensor: 'x' }],
    ],
    [
      'a shard that is a number',
      { metadata: {}, weight_map: { ...map, x: 1 } },
      [{ kind: 'index-entry-invalid', tensor: 'x' }],
    ],
  ])('with %s', async (_, value, expected) => {
    const { faults } = await withIndex(value);
    expect(faults).toMatchObject(expected);
    expect(faults.length).toBe(expected.length);
  });

  it('with a tensor that the index does not name, and one in two shards', async () => {
    const both = buildSafetensors([
      { name: 'conv_in.bias', dtype: 'F16', shape: [4] },
      { name: 'conv_in.weight', dtype: 'F16', shape: [4, 4, 3, 3] },
      { name: 'extra', dtype: 'F16', shape: [1] },
    ]);
    const { faults, parts } = await open({ ...shardedFiles(), [second]: both });
    expect(faults.map((fault) => fault.kind)).toContain('tensor-not-in-index');
    expect(faults).toContainEqual({
      kind: 'tensor-in-two-shards',
      file: second,
      tensor: 'conv_in.weight',
      otherShard: first,
    });
    expect(parts[0]?.tensors.find((tensor) => tensor.name === 'conv_in.weight')?.file).toBe(0);
  });

  it('without an index, or not named by it', async () => {
    const { faults, parts } = await open(without(shardedFiles(), index, second));
    expect(faults).toMatchObject([{ kind: 'index-missing', file: index, shards: [first], expected: 2 }]);
    expect(parts).toMatchObject([{ files: [0] }]);
    const { unchecked } = await withIndex({ metadata: {}, weight_map: { 'conv_in.weight': first } });
    expect(unchecked.map((one) => one.path)).toEqual([second]);
  });
});
