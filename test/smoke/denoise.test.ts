import { afterEach, describe, expect, test } from 'vitest';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFile, openTree } from '../../src/bytes/file.ts';
import { openWorkspace, type Workspace } from '../../src/bytes/workspace.ts';
import type { Checkpoint } from '../../src/formats/checkpoint.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { denoise, type DenoiseRequest } from '../../src/smoke/denoise.ts';
import type { Values } from '../../src/smoke/engine.ts';
import { readTokenizer } from '../../src/smoke/prompt/index.ts';
import { createSession, type Session, type SessionOptions } from '../../src/smoke/session.ts';
import { tensorIn } from './golden.ts';
import { writeFolderOfEps } from './shapes-folder.ts';

const SHAPES = 'fixtures/shapes';
const MODEL = join(SHAPES, 'sd1-v');

const opened: Workspace[] = [];
const made: string[] = [];
afterEach(async () => {
  for (const workspace of opened.splice(0)) await workspace.close();
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** A session over a diffusers folder, with the tokenizer in it. */
async function sessionOf(folder: string, options: SessionOptions = {}): Promise<Session> {
  const tree = await openTree(folder);
  const found = await readTokenizer(tree, 'tokenizer');
  if (found === undefined) throw new Error('no tokenizer');
  const tokenizers = new Map([['text_encoder', found]]);
  return ready(await openCheckpoint(tree), folder, { tokenizers, ...options });
}

/** The single file of ε as a folder. */
async function epsFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sd1-eps-'));
  made.push(folder);
  await writeFolderOfEps(folder);
  return folder;
}

/** A session over a single file. */
async function fileSession(name: string): Promise<Session> {
  const source = await openFile(join(SHAPES, name), name);
  const checkpoint = await openCheckpoint(source);
  await source.close();
  return ready(checkpoint, SHAPES, {});
}

async function ready(checkpoint: Checkpoint, folder: string, options: SessionOptions): Promise<Session> {
  const workspace = await openWorkspace(checkpoint.files.map(({ path }) => join(folder, path)));
  opened.push(workspace);
  return createSession(checkpoint, workspace, { threads: 1, device: 'cpu', ...options });
}

/** The run that diffusers made: its start, its result. */
async function golden(kind: string): Promise<{ request: DenoiseRequest; latent: Values; picture: Values }> {
  const file = await readFile(join(SHAPES, 'golden', `denoise-${kind}.safetensors`));
  return {
    request: {
      prompt: 'a red circle on blue',
      sampler: 'ddim',
      steps: 20,
      guidance: 3,
      start: tensorIn(file, 'start').data as Float32Array,
    },
    latent: tensorIn(file, 'final'),
    picture: tensorIn(file, 'picture'),
  };
}

function furthest(found: Values | undefined, right: Values): number {
  expect(found?.dims).toEqual(right.dims);
  const { data } = found as Values;
  return Math.max(...(data as Float32Array).map((value, at) => Math.abs(value - Number(right.data[at]))));
}

/** A picture goes from −1 to 1: one of 255 steps. */
const STEP = 2 / 255;

describe('a whole run agrees with diffusers', () => {
  test.each([
    ['eps', epsFolder],
    ['v', async () => MODEL],
  ])('sd1-%s, as a folder', async (kind, folder) => {
    const { request, latent, picture } = await golden(kind);
    const path = await folder();
    const run = await denoise(await sessionOf(path), request);
    expect(furthest(run.latent, latent)).toBeLessThan(1e-4);
    expect(furthest(run.picture, picture)).toBeLessThan(STEP);
    expect(run.plan.scale?.factor).toMatchObject({ known: 'declared' });
  });
});

describe('a lone file', () => {
  test('has no tokenizer for its own vocabulary: only the empty prompt can be asked', async () => {
    const session = await fileSession('sd1-eps.safetensors');
    const run = await denoise(session, { steps: 2, sampler: 'euler' });
    expect(run.plan.text.map(({ prompt }) => prompt.text)).toEqual(['']);
    expect(run.plan.notes.join()).toContain('only the empty prompt can be asked');
    expect(run.picture?.dims).toEqual([1, 3, 32, 32]);
    await expect(denoise(session, { prompt: 'a red circle on blue' })).rejects.toThrow('cannot be asked');
  });
});

describe('what cannot be', () => {
  test('a net that does not fit is refused with both figures, before anything is loaded', async () => {
    const stages: string[] = [];
    const session = await sessionOf(MODEL, {
      availableMemory: async () => 1e6,
      onStage: ({ what }) => stages.push(what),
    });
    await expect(denoise(session)).rejects.toThrow(/needs about 0\.3 GB of memory, and 0\.0 GB is free/);
    expect(stages).toEqual([]);
  });

  test('a run is ended between two steps', async () => {
    const session = await sessionOf(MODEL);
    const abort = new AbortController();
    const steps: number[] = [];
    const run = denoise(session, {
      steps: 10,
      signal: abort.signal,
      onStep({ call }) {
        steps.push(call);
        if (call === 2) abort.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(steps).toEqual([1, 2]);
    await session.close();
  });

  test.each([
    [{ seed: -1 }, 'a whole number from 0 is needed'],
    [{ guidance: Number.NaN }, 'guidance NaN: a number from 0 to 100 is needed'],
    [{ rescale: 2 }, 'rescale 2: a number from 0 to 1 is needed'],
    [{ vaeScale: 0 }, 'VAE scale 0: a number above 0 is needed'],
    [{ size: { width: 8, height: 32 } }, 'near to it is 16x32'],
    [{ start: new Float32Array(3) }, '3 numbers to start from, 1024 are needed'],
  ] satisfies [DenoiseRequest, string][])('%j', async (request, words) => {
    await expect(denoise(await sessionOf(MODEL), request)).rejects.toThrow(words);
  });
});
