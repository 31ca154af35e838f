import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFile, openTree } from '../../../src/bytes/file.ts';
import { openWorkspace } from '../../../src/bytes/workspace.ts';
import type { Checkpoint } from '../../../src/formats/checkpoint.ts';
import { openCheckpoint } from '../../../src/formats/index.ts';
import { relocate } from '../../../src/formats/onnx/relocate.ts';
import { readTensor } from '../../../src/formats/read-tensor.ts';
import { rules } from '../../../src/rules/index.ts';
import { openEngine } from '../../../src/smoke/engine.ts';
import { buildFolder } from '../../build/folder.ts';
import { buildOnnx } from '../../build/onnx.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ungarble-onnx-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const WEIGHTS = Float32Array.of(1, 2, 3, 4);

/** y = x · w, with w in another file. */
const model = (location: string): Uint8Array =>
  buildOnnx({
    nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'], name: '/layer/MatMul' }],
    tensors: [{ name: 'w', dtype: 'F32', shape: [2, 2], external: { location, offset: '16', length: '16' } }],
    inputs: [['x', ['batch', 2]]],
    outputs: [['y', ['batch', 2]]],
  });

async function open(folder: string): Promise<Checkpoint> {
  const source = await openFile(join(folder, 'model.onnx'), 'model.onnx');
  try {
    return await openCheckpoint(source, { beside: () => openTree(folder) });
  } finally {
    await source.close();
  }
}

const data = new Uint8Array(32);
data.set(new Uint8Array(WEIGHTS.buffer), 16);

/** As the Hugging Face hub lays its cache out: files are links to blobs. */
async function cache(): Promise<string> {
  const repository = join(root, 'models--someone--net');
  const snapshot = join(repository, 'snapshots', 'abc');
  const blobs = join(repository, 'blobs');
  await mkdir(snapshot, { recursive: true });
  await mkdir(blobs, { recursive: true });
  await writeFile(join(blobs, '1111'), model('weights.pb'));
  await writeFile(join(blobs, '2222'), data);
  await symlink('../../blobs/1111', join(snapshot, 'model.onnx'));
  await symlink('../../blobs/2222', join(snapshot, 'weights.pb'));
  return snapshot;
}

describe('weights beside a model', () => {
  test('are followed through the links of the Hugging Face cache, read and run', async () => {
    const folder = await cache();
    const { faults, files, parts } = await open(folder);
    expect(faults).toEqual([]);
    expect(files.map(({ path, size }) => [path, size])).toEqual([
      ['model.onnx', expect.any(Number)],
      ['weights.pb', 32],
    ]);
    const tensor = parts[0]?.tensors[0];
    expect(tensor).toMatchObject({ name: 'w', file: 1, offset: 16, byteLength: 16 });
    const workspace = await openWorkspace(files.map(({ path }) => join(folder, path)));
    try {
      if (tensor === undefined) throw new Error('no tensor');
      const read = await readTensor(await workspace.source(1), tensor);
      expect(new Float32Array(Uint8Array.from(read).buffer)).toEqual(WEIGHTS);
      const moved = relocate(model('weights.pb'), new Map([['weights.pb', workspace.paths[1] ?? '']]));
      const engine = await openEngine(
        {
          model: moved,
          inputs: [{ name: 'x', type: 'FLOAT', dims: ['batch', 2] }],
          outputs: [{ name: 'y', type: 'FLOAT', dims: ['batch', 2] }],
          divisor: 1,
          taps: [],
          scores: [],
          moments: [],
          externalFiles: [],
          converted: [],
        },
        workspace.folder,
      );
      const results = await engine.run(new Map([['x', { data: Float32Array.of(1, 10), dims: [1, 2] }]]));
      expect(results.get('y')?.data).toEqual(Float32Array.of(31, 42));
      await engine.dispose();
    } finally {
      await workspace.close();
    }
  });

  test('are not followed out of the folder', async () => {
    const folder = join(root, 'led-out');
    await mkdir(folder);
    await writeFile(join(root, 'secret'), data);
    await writeFile(join(folder, 'model.onnx'), model('weights.pb'));
    await symlink('../secret', join(folder, 'weights.pb'));
    const { faults, files } = await open(folder);
    expect(faults).toMatchObject([
      { kind: 'onnx-external-path', reason: 'it is a link that leads out of the folder' },
    ]);
    expect(files).toHaveLength(1);
  });

  test('may lie in a folder below, under a path with a dot before it', async () => {
    const folder = join(root, 'below');
    await mkdir(join(folder, 'data'), { recursive: true });
    await writeFile(join(folder, 'model.onnx'), model('./data/weights.pb'));
    await writeFile(join(folder, 'data', 'weights.pb'), data);
    const { faults, files } = await open(folder);
    expect(faults).toEqual([]);
    expect(files[1]?.path).toBe('data/weights.pb');
  });

  test('are listed with the model where a folder is named', async () => {
    const folder = join(root, 'component');
    await mkdir(folder);
    await writeFile(join(folder, 'model.onnx'), model('weights.pb'));
    await writeFile(join(folder, 'weights.pb'), data);
    const { faults, parts, container } = await openCheckpoint(await openTree(folder));
    expect([faults, container, parts[0]?.files]).toEqual([[], 'onnx', [0, 1]]);
  });
});

test('a place that is not known is no place', () => {
  expect(() => relocate(model('weights.pb'), new Map())).toThrow(RangeError);
});

test("a pipeline that Optimum exported: the autoencoder's halves stand for it", async () => {
  const onnx = buildOnnx({
    nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
    tensors: [{ name: 'w', dtype: 'F32', shape: [2, 2] }],
    inputs: [['x', [2, 2]]],
    outputs: [['y', [2, 2]]],
  });
  const index = { _class_name: 'P', vae: ['diffusers', 'AutoencoderKL'] };
  const halves = { 'vae_decoder/model.onnx': onnx, 'vae_encoder/model.onnx': onnx };
  const whole = await openCheckpoint(buildFolder({ 'model_index.json': index, ...halves }));
  expect(whole.faults).toEqual([]);
  expect(whole.parts.map(({ name }) => name)).toEqual(['vae_decoder', 'vae_encoder']);
  const rule = rules.find(({ id }) => id === 'COMP014');
  const context = { checkpoint: whole, components: [], configs: [] };
  expect([...(rule?.check(context) ?? [])]).toEqual([]);
  const lone = await openCheckpoint(buildFolder({ 'model_index.json': { _class_name: 'P' }, ...halves }));
  expect(lone.parts).toEqual([]);
});
