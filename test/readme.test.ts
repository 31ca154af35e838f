import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ungarble } from './cli/session.ts';

/**
 * The README shows what the commands really print. `UPDATE_README=1 npx vitest run test/readme.test.ts` writes
 * their output into it.
 */
const README = resolve('README.md');
const BLOCK = /^```console\n\$ ungarble (.+)\n([\s\S]*?)```$/gm;

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ungarble-readme-'));
  symlinkSync(resolve('fixtures'), join(folder, 'fixtures'));
  const [model, name] = [
    'fixtures/shapes/sd1-eps.safetensors',
    'model.diffusion_model.output_blocks.4.0.in_layers.2.weight',
  ];
  const script = ['scripts/damage.mjs', model, join(folder, 'damaged.safetensors'), '--remove', name];
  execFileSync(process.execPath, script);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('README.md', () => {
  test('shows what the commands print', async () => {
    const text = readFileSync(README, 'utf8');
    let told = text;
    const blocks = [...text.matchAll(BLOCK)];
    expect(blocks.length).toBeGreaterThanOrEqual(3);
    for (const [whole, typed] of blocks) {
      const { stdout, stderr, code } = await ungarble((typed as string).split(' '), folder);
      expect(stderr).toBe('');
      expect([0, 1]).toContain(code);
      told = told.replace(whole, () => `\`\`\`console\n$ ungarble ${typed}\n${stdout}\`\`\``);
    }
    if (process.env['UPDATE_README'] === '1') writeFileSync(README, told);
    expect(readFileSync(README, 'utf8')).toBe(told);
  });

  test('names the two commands that do all the set-up', () => {
    const text = readFileSync(README, 'utf8');
    expect(text).toContain('npm ci && npm start -- inspect fixtures/shapes/sd1-eps.safetensors\n');
    // what CI runs is what a newcomer runs
    expect(text).toContain('npm ci && npm test\n');
    expect(readFileSync('.ci/run', 'utf8')).toContain('\nnpm ci && npm test\n');
  });
});
