import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CheckpointSpec, checkpoint } from '../build/checkpoint.ts';
import { golden, sd2, sdxl } from '../build/parts.ts';
import { READ_PAIRS } from '../rules/fixtures/read.ts';
import { writeModel } from './models.ts';
import { ungarble } from './session.ts';

/** What other programs make of a file, from the file to the screen. */

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ungarble-readings-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a checkpoint whose numbers were never written, and says how it is called. */
function write(spec: CheckpointSpec): string {
  const { container, files, metadata } = checkpoint(spec);
  for (const [index, { name = '', tensors, config }] of spec.parts.entries()) {
    const file = files[index]?.path ?? '';
    const shapes = tensors.map(([tensor, shape]) => ({ name: tensor, shape, dtype: 'F16' as const }));
    writeModel(join(folder, 'model', file), shapes, { metadata: Object.fromEntries(metadata) });
    if (config !== undefined) writeJson(`${name}/config.json`, config);
  }
  if (container !== 'diffusers-folder') return join('model', files[0]?.path ?? '');
  const components = spec.parts.map(({ name, config }) => [name, ['diffusers', classOf(config)]]);
  writeJson('model_index.json', { ...Object(spec.modelIndex), ...Object.fromEntries(components) });
  mkdirSync(join(folder, 'model/scheduler'));
  writeJson('scheduler/scheduler_config.json', spec.schedulerConfig);
  return 'model';
}

function classOf(config: unknown): unknown {
  return new Map(Object.entries(Object(config) as object)).get('_class_name');
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(join(folder, 'model', path), JSON.stringify(value));
}

interface Found {
  readonly rule: string;
  readonly words: { readonly what: string };
}

async function findings(spec: CheckpointSpec): Promise<readonly Found[]> {
  const { stdout, stderr } = await ungarble(['validate', write(spec), '--format', 'json'], folder);
  if (stdout === '') throw new Error(stderr);
  const { files } = JSON.parse(stdout) as {
    readonly files: readonly { readonly findings: readonly Found[] }[];
  };
  return files.flatMap((file) => file.findings);
}

test.each(Object.keys(READ_PAIRS))('%s fails', async (id) => {
  const rules = await findings(READ_PAIRS[id]?.fails() as CheckpointSpec);
  expect(rules.map(({ rule }) => rule)).toContain(id);
});

test.each(Object.keys(READ_PAIRS))('%s passes', async (id) => {
  const rules = await findings(READ_PAIRS[id]?.passes() as CheckpointSpec);
  expect(rules.map(({ rule }) => rule)).not.toContain(id);
});

test('velocity of a Stable Diffusion 2 that metadata speaks of is told of the one program that assumes noise', async () => {
  const metadata = { 'modelspec.prediction_type': 'v' };
  const found = await findings({ parts: [{ tensors: sd2() }], metadata });
  expect(found.flatMap(({ rule, words }) => (rule === 'READ002' ? [words.what] : []))).toEqual([
    expect.stringContaining('Forge takes'),
  ]);
  expect(found.map(({ rule }) => rule)).not.toContain('COMP031');
});

test('velocity of an SDXL that metadata speaks of is told once', async () => {
  const metadata = { 'modelspec.prediction_type': 'v' };
  const rules = (await findings({ parts: [{ tensors: sdxl() }], metadata })).map(({ rule }) => rule);
  expect(rules).toContain('COMP031');
  expect(rules).not.toContain('READ002');
});

test.each([80, 40])(
  'a refiner says in %i columns which programs leave it alone, and by what',
  async (columns) => {
    const tensors = [
      ...golden('sdxl-refiner-ldm', 'model.diffusion_model.'),
      ...golden('vae-sdxl-ldm', 'first_stage_model.'),
      ...golden('openclip-g-text', 'conditioner.embedders.0.model.'),
    ];
    const path = write({ parts: [{ tensors }] });
    const { stdout } = await ungarble(['inspect', path], folder, { columns, env: { NO_COLOR: '1' } });
    expect(stdout.split('\n').filter((line) => line.length > columns)).toEqual([]);
    const screen = stdout.replaceAll(/\s+/g, ' ');
    const nothing = columns === 40 ? 'takes it for nothing' : 'nothing';
    expect(screen).toContain(`stable-diffusion.cpp ${nothing} it cannot tell which model this is: `);
    expect(screen).toContain(`kohya sd-scripts ${nothing} none of its scripts for U-Nets has such a net`);
    expect(screen).not.toContain('predicts ·');
  },
);
