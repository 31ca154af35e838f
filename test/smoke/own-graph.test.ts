import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTree } from '../../src/bytes/file.ts';
import { openWorkspace } from '../../src/bytes/workspace.ts';
import { type OpenedSession, openSession } from '../../src/cli/open-session.ts';
import type { Checkpoint } from '../../src/formats/checkpoint.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { createSession, denoise } from '../../src/smoke/index.ts';
import { fromOwn, toOwn } from '../../src/smoke/own-values.ts';
import { inputsIn, relativeError, tensorIn } from './golden.ts';

const FIXTURES = 'fixtures/onnx';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ungarble-own-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const availableMemory = async (): Promise<number> => 1e12;

/** A folder with the U-Net in one of its forms, as a part of a pipeline that has nothing else. */
async function pipeline(name: string, file: string, as: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(join(folder, 'unet'), { recursive: true });
  await copyFile(join(FIXTURES, file), join(folder, 'unet', as));
  await copyFile(join(FIXTURES, 'config.json'), join(folder, 'unet', 'config.json'));
  return join(folder, 'unet');
}

async function opened<T>(path: string, use: (session: OpenedSession['session']) => Promise<T>): Promise<T> {
  const { session, close } = await openSession(path, { availableMemory });
  try {
    return await use(session);
  } finally {
    await close();
  }
}

describe('a U-Net that carries its graph', () => {
  test.each(['unet-script.onnx', 'unet-export.onnx'])('%s gives what diffusers gives', async (file) => {
    const values = await readFile(join(FIXTURES, 'golden.safetensors'));
    await opened(join(FIXTURES, file), async (session) => {
      expect(session.graph.own).toBeDefined();
      const engine = await session.unet();
      const results = await engine.run(inputsIn(values, session.graph));
      expect(relativeError(results.get('out_sample'), tensorIn(values, 'out_sample'))).toBeLessThan(1e-4);
    });
  });

  test('denoises to the same latent as the net compiled from its weights', async () => {
    const request = { steps: 3, seed: 3, guidance: 1, size: { width: 64, height: 64 } } as const;
    const run = (path: string) => opened(path, (session) => denoise(session, request));
    const compiled = await run(
      await pipeline('compiled', 'unet.safetensors', 'diffusion_pytorch_model.safetensors'),
    );
    const own = await run(await pipeline('own', 'unet-script.onnx', 'model.onnx'));
    expect(relativeError(own.latent, compiled.latent)).toBeLessThan(1e-4);
    expect(own.plan.notes).toEqual(compiled.plan.notes);
  });

  test('is run as it is, though its config asks for what is not computed here', async () => {
    const [computed, own] = [
      await pipeline('asks-computed', 'unet.safetensors', 'diffusion_pytorch_model.safetensors'),
      await pipeline('asks-own', 'unet-script.onnx', 'model.onnx'),
    ];
    for (const folder of [computed, own]) {
      const path = join(folder, 'config.json');
      const config = JSON.parse(await readFile(path, 'utf8')) as object;
      await writeFile(path, JSON.stringify({ ...config, act_fn: 'hardswish' }));
    }
    await expect(openSession(computed, { availableMemory })).rejects.toThrow('act_fn');
    await opened(own, async (session) => {
      expect(session.graph.own).toBeDefined();
      expect(() => session.tapped()).toThrow('act_fn');
    });
  });

  test('is not run where it is no net that denoises', async () => {
    await expect(openSession(join(FIXTURES, 'segmenter.onnx'), { availableMemory })).rejects.toThrow(
      'its graph reads picture and no sample: it is no net that denoises',
    );
  });

  test.each([
    ['its operators are loaded as code', { foreignDomains: ['com.example'] }, 'which are loaded as code'],
    ['it reads what nothing makes', { extra: 'mask' }, 'which nothing here makes'],
    ['it is made for several pictures at once', { batch: 2 }, 'a batch of 2'],
  ])('is not run where %s', async (_, change: Change, reason) => {
    const folder = await pipeline('changed', 'unet-script.onnx', 'model.onnx');
    const checkpoint = changed(await openCheckpoint(await openTree(folder)), change);
    const workspace = await openWorkspace(checkpoint.files.map(({ path }) => join(folder, path)));
    await expect(createSession(checkpoint, workspace)).rejects.toThrow(reason);
    await workspace.close();
  });

  test('is not run where its file is damaged', async () => {
    const folder = await pipeline('damaged', 'unet-script.onnx', 'model.onnx');
    const checkpoint = await openCheckpoint(await openTree(folder));
    const fault = { kind: 'onnx-no-graph', file: 'model.onnx', onnx: 'broken' } as const;
    const workspace = await openWorkspace(checkpoint.files.map(({ path }) => join(folder, path)));
    await expect(createSession({ ...checkpoint, faults: [fault] }, workspace)).rejects.toThrow(
      'onnx-no-graph',
    );
    await workspace.close();
  });
});

interface Change {
  readonly foreignDomains?: readonly string[];
  /** An input more. */
  readonly extra?: string;
  readonly batch?: number;
}

function changed(checkpoint: Checkpoint, { foreignDomains, extra, batch }: Change): Checkpoint {
  const parts = checkpoint.parts.map((part) => {
    if (part.graph === undefined) throw new Error('no graph');
    const inputs = part.graph.inputs.map((input) => ({
      ...input,
      dims: [batch ?? 'batch', ...(input.dims ?? []).slice(1)],
    }));
    const more = extra === undefined ? [] : [{ name: extra, dtype: 'F32' as const, dims: [1] }];
    const graph = {
      ...part.graph,
      foreignDomains: foreignDomains ?? [],
      inputs: [...inputs, ...more],
    };
    return { ...part, graph };
  });
  return { ...checkpoint, parts };
}

describe('numbers for a graph of its own kind', () => {
  const port = (dtype: 'F16' | 'I64' | 'F32', scalar = false) => ({ name: 'x', dtype, scalar });

  test('half precision, there and back', () => {
    const data = Float32Array.of(
      0,
      1,
      -2.5,
      65504,
      65520,
      1e-8,
      6e-8,
      5.96e-8,
      1.0009765625,
      1.00048828125,
      5.71828,
    );
    const { data: halves, type } = toOwn({ data, dims: [data.length] }, port('F16'));
    expect(type).toBe('float16');
    expect([...fromOwn(halves, 'F16')]).toEqual([
      0,
      1,
      -2.5,
      65504,
      Number.POSITIVE_INFINITY,
      0,
      2 ** -24,
      2 ** -24,
      1.0009765625,
      1,
      5.71875,
    ]);
  });

  test('every half-precision number stays what it is', () => {
    const bits = Uint16Array.from({ length: 65_536 }, (_, index) => index);
    const numbers = fromOwn(bits, 'F16');
    const back = toOwn({ data: numbers, dims: [bits.length] }, port('F16')).data;
    const differ = bits.filter((each, index) => !Number.isNaN(numbers[index]) && back[index] !== each);
    expect([...differ]).toEqual([]);
  });

  test('a timestep as a whole number, and without axes', () => {
    const given = { data: Float32Array.of(981.4), dims: [1] };
    expect(toOwn(given, port('I64', true))).toEqual({
      type: 'int64',
      data: BigInt64Array.of(981n),
      dims: [],
    });
    expect(toOwn(given, port('F32'))).toEqual({ type: 'float32', data: given.data, dims: [1] });
  });
});
