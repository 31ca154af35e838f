/** Sound checkpoints of every container, written here by torch's rules: each opens to the same tensors. */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../../src/bytes/memory.ts';
import { openCheckpoint } from '../../../src/formats/index.ts';
import { tensorPieces } from '../../../src/formats/read-tensor.ts';
import { buildFolder } from '../../build/folder.ts';
import { built, call, global, persistent, type Pickled, tuple } from '../../build/pickle.ts';
import { buildLegacy, buildTar, buildTorchZip, rebuilt, tarFiles } from '../../build/torch.ts';
import { counting, f32, type TorchTensor } from '../../build/torch-tensor.ts';
import { open, tensorsOf, valuesOf } from './open.ts';

const shared = f32(0, 1, 2, 3, 4, 5);
const view = (name: string, shape: number[], strides: number[], offset = 0): TorchTensor => ({
  name,
  dtype: 'F32',
  shape,
  strides,
  offset,
  itemSize: 4,
  data: shared,
});

const TENSORS = [
  counting('conv.weight', [2, 1, 2, 1]),
  view('row', [3], [1], 3),
  view('transposed', [3, 2], [1, 3]),
  view('expanded', [2, 3], [0, 1]),
  view('every.other', [3], [2], 1),
];

const VALUES = {
  'conv.weight': [0, 1, 2, 3],
  row: [3, 4, 5],
  transposed: [0, 3, 1, 4, 2, 5],
  expanded: [0, 1, 2, 0, 1, 2],
  'every.other': [1, 3, 5],
};

describe.each([
  ['zip', () => buildTorchZip(TENSORS)],
  ['zip without zip64', () => buildTorchZip(TENSORS, { zip: { narrow: true } })],
  ['zip without descriptors', () => buildTorchZip(TENSORS, { zip: { plain: true } })],
  ['zip, big-endian', () => buildTorchZip(TENSORS, { bigEndian: true })],
  ['stacked pickles', () => buildLegacy(TENSORS)],
  ['stacked pickles, big-endian', () => buildLegacy(TENSORS, { bigEndian: true })],
  ['tar', () => buildTar(tarFiles(TENSORS))],
])('a checkpoint as %s', (_, build) => {
  it('opens to its tensors, whatever their layout', async () => {
    const checkpoint = await open(build());
    expect([checkpoint.container, checkpoint.faults, checkpoint.unchecked]).toEqual(['pytorch', [], []]);
    expect(checkpoint.pickles?.map(({ verdict }) => verdict)).toEqual(['data-only']);
    expect(await valuesOf(build())).toEqual(VALUES);
  });

  it('is known by its content', async () => {
    const { container, faults } = await open(build(), 'model.safetensors');
    expect(container).toBe('pytorch');
    expect(faults.map(({ kind }) => kind)).toEqual(['misnamed-file']);
  });
});

describe('the layout of a tensor', () => {
  it('is absent where the bytes can be mapped as they lie', async () => {
    const [first, row, transposed] = tensorsOf(await open(buildTorchZip(TENSORS)));
    expect(first).not.toHaveProperty('layout');
    expect(first?.offset).toBeGreaterThan(0);
    expect((first?.offset ?? 1) % 64).toBe(0);
    expect(row).not.toHaveProperty('layout');
    expect(transposed?.layout).toEqual({ strides: [1, 3], extent: 24 });
  });

  it('says that elements are big-endian, save where they are single bytes', async () => {
    const bytes = { name: 'b', dtype: 'U8', shape: [2], itemSize: 1, data: Uint8Array.of(1, 2) } as const;
    const file = buildTorchZip([counting('a', [2]), bytes], { bigEndian: true });
    const [a, b] = tensorsOf(await open(file));
    expect(a?.layout).toEqual({ strides: [1], extent: 8, bigEndian: true });
    expect(b).not.toHaveProperty('layout');
  });

  it('is gone through in pieces', async () => {
    const bytes = buildTorchZip(TENSORS);
    const source = memorySource('m.pt', bytes);
    const tensor = tensorsOf(await openCheckpoint(source)).find(({ name }) => name === 'transposed');
    if (tensor === undefined) throw new Error('no such tensor');
    const pieces: number[][] = [];
    for await (const piece of tensorPieces(source, tensor, 10)) {
      pieces.push([...new Float32Array(Uint8Array.from(piece).buffer)]);
    }
    expect(pieces).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
  });
});

describe('where the weights are', () => {
  const a = counting('a', [1]);
  const b = counting('b', [2]);
  const names = async (root: (tensors: ReadonlyMap<string, Pickled>) => Pickled) => {
    const checkpoint = await open(buildTorchZip([a, b], { root }));
    expect(checkpoint.faults).toEqual([]);
    const [name, shape] = [tensorsOf(checkpoint).map((one) => one.name), [...checkpoint.metadata]];
    return { names: name, metadata: Object.fromEntries(shape) };
  };
  const dict = (...pairs: readonly (readonly [Pickled, Pickled])[]): Pickled => new Map(pairs);

  it('is state_dict first, and everything else by its path', async () => {
    const found = await names((tensors) =>
      dict(
        ['epoch', 3],
        ['pytorch-lightning_version', '1.4.2'],
        ['optimizer_states', [dict(['state', dict([0, dict(['exp_avg', tensors.get('b') as Pickled])])])]],
        ['state_dict', dict(['model.a', tensors.get('a') as Pickled])],
        ['hyper_parameters', dict(['scale_factor', 0.18215], ['sizes', [1, 2]])],
      ),
    );
    expect(found).toEqual({
      names: ['model.a', 'optimizer_states.0.state.0.exp_avg'],
      metadata: {
        epoch: '3',
        'pytorch-lightning_version': '1.4.2',
        'hyper_parameters.scale_factor': '0.18215',
      },
    });
  });

  it('is the top where tensors lie there, with what lies below by its path', async () => {
    const found = await names((tensors) =>
      dict(['a', tensors.get('a') as Pickled], ['ema', dict(['b', tensors.get('b') as Pickled])]),
    );
    expect(found.names).toEqual(['a', 'ema.b']);
  });

  it('is a known key, else the only dictionary', async () => {
    const inner = (tensors: ReadonlyMap<string, Pickled>) => dict(['b', tensors.get('b') as Pickled]);
    expect((await names((tensors) => dict(['step', 1], ['model', inner(tensors)]))).names).toEqual(['b']);
    expect((await names((tensors) => dict(['my_net', inner(tensors)]))).names).toEqual(['b']);
  });

  it('is inside ordered dictionaries with metadata, and inside parameters', async () => {
    const ordered = global('collections', 'OrderedDict');
    const parameter = (value: Pickled) =>
      call(global('torch._utils', '_rebuild_parameter'), value, true, call(ordered));
    const found = await names((tensors) => {
      const pairs = [
        tuple('a', parameter(tensors.get('a') as Pickled)),
        tuple('b', tensors.get('b') as Pickled),
      ];
      return built(call(ordered, pairs), dict(['_metadata', dict(['', dict(['version', 1])])]));
    });
    expect(found).toEqual({ names: ['a', 'b'], metadata: {} });
  });
});

describe('tensors that are not read', () => {
  it('are named as what they are, and unchecked', async () => {
    const a = counting('a', [2]);
    const root = () =>
      new Map<Pickled, Pickled>([
        ['a', rebuilt(a, '0')],
        ['q', call(global('torch._utils', '_rebuild_qtensor'), null)],
        ['s', call(global('torch._utils', '_rebuild_sparse_tensor'), null)],
      ]);
    const { faults, unchecked, parts } = await open(buildTorchZip([a], { root }));
    expect(parts[0]?.tensors.map(({ name }) => name)).toEqual(['a']);
    expect(faults.map(({ kind }) => kind)).toEqual(['tensor-not-read', 'tensor-not-read']);
    expect(unchecked[0]?.reason).toContain('a quantised tensor');
  });

  it('of the third version take their dtype from the call', async () => {
    const data = Uint8Array.of(1, 2, 3, 4);
    const storage = persistent(tuple('storage', global('torch.storage', 'UntypedStorage'), '0', 'cpu', 4));
    const hooks = call(global('collections', 'OrderedDict'));
    const dtype = global('torch', 'float8_e4m3fn');
    const rebuild = global('torch._utils', '_rebuild_tensor_v3');
    const root = () =>
      new Map([['w', call(rebuild, storage, 0, tuple(2, 2), tuple(2, 1), false, hooks, dtype)]]);
    const held: TorchTensor = { name: 'w', dtype: 'U8', shape: [4], itemSize: 1, data };
    const { faults, parts } = await open(buildTorchZip([held], { root }));
    expect(faults).toEqual([]);
    expect(parts[0]?.tensors).toMatchObject([{ name: 'w', dtype: 'F8_E4M3', shape: [2, 2], byteLength: 4 }]);
  });
});

describe('a component folder', () => {
  const weights = buildTorchZip([counting('conv_in.weight', [4, 4])]);

  it('is read from .bin where there are no safetensors', async () => {
    const tree = buildFolder({ 'config.json': {}, 'diffusion_pytorch_model.bin': weights });
    const { container, faults, parts } = await openCheckpoint(tree);
    expect([container, faults]).toEqual(['pytorch', []]);
    expect(parts).toMatchObject([{ name: '', files: [0], tensors: [{ name: 'conv_in.weight' }] }]);
  });

  it('is read from shards of .bin by their index', async () => {
    const [first, second] = ['pytorch_model-00001-of-00002.bin', 'pytorch_model-00002-of-00002.bin'];
    const tree = buildFolder({
      'config.json': {},
      'pytorch_model.bin.index.json': {
        metadata: { total_size: 12 },
        weight_map: { a: first, b: second },
      },
      [first]: buildTorchZip([counting('a', [2])]),
      [second]: buildTorchZip([counting('b', [1])]),
    });
    const { container, faults, parts, pickles } = await openCheckpoint(tree);
    expect([container, faults]).toEqual(['pytorch-sharded', []]);
    expect(parts[0]?.tensors.map(({ name, file }) => [name, file])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
    expect(pickles?.map(({ file }) => file)).toEqual([first, second]);
  });

  it('with one checkpoint of any name is that checkpoint', async () => {
    const { container, parts } = await openCheckpoint(buildFolder({ 'model.ckpt': weights }));
    expect(container).toBe('pytorch');
    expect(parts[0]?.tensors).toHaveLength(1);
  });
});
