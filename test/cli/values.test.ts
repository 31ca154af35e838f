import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/index.ts';
import { buildSafetensors } from '../build/safetensors.ts';
import { ungarble } from './session.ts';

const MODEL = resolve('fixtures/shapes/sd1-eps.safetensors');
const CONV = 'model.diffusion_model.input_blocks.1.0.in_layers.2.weight';

let folder = '';
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'ungarble-values-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The model with the bytes of one tensor changed. */
async function written(name: string, change: (bytes: Uint8Array) => void): Promise<void> {
  const bytes = new Uint8Array(readFileSync(MODEL));
  const { parts } = await openCheckpoint(MODEL);
  const tensor = parts.flatMap(({ tensors }) => tensors).find((each) => each.name === CONV);
  if (tensor === undefined) throw new Error(`no ${CONV}`);
  change(bytes.subarray(tensor.offset, tensor.offset + tensor.byteLength));
  writeFileSync(join(folder, name), bytes);
}

describe('validate --values', () => {
  test('a sound model has nothing but the note on what the weights do not say', async () => {
    const { code, stdout, stderr } = await ungarble(
      ['validate', '--values', '--format', 'json', MODEL],
      folder,
    );
    const report = JSON.parse(stdout) as { files: { findings: { rule: string }[]; unchecked: unknown[] }[] };
    expect(report.files[0]?.findings.map(({ rule }) => rule)).toEqual(['VAL028']);
    expect(report.files[0]?.unchecked).toEqual([]);
    expect([code, stderr]).toEqual([0, '']);
  });

  test('a folder of components is read as a single file is', async () => {
    symlinkSync(resolve('fixtures/shapes/sd1-v'), join(folder, 'model'));
    const { code, stdout } = await ungarble(['validate', '--values', 'model'], folder);
    expect(code).toBe(0);
    expect(stdout).toContain('note[VAL028]');
  });

  test('a number that is none is found, in a net whose wiring is then not judged', async () => {
    await written('nan.safetensors', (bytes) => bytes.set([0, 0x7e], 20));
    const { code, stdout } = await ungarble(['validate', '--values', 'nan.safetensors'], folder);
    expect(code).toBe(1);
    expect(stdout).toContain('error[VAL001] not-a-number');
    expect(stdout).toContain('the first at index 10');
    expect(stdout).toContain('wiring not judged: some of its numbers are NaN or infinite');
    const plain = await ungarble(['validate', 'nan.safetensors'], folder);
    expect(plain.code).toBe(0);
  });

  test('what cannot be read as numbers is said, and no exit of 0', async () => {
    writeFileSync(
      join(folder, 'f4.safetensors'),
      buildSafetensors([{ name: 'weight', dtype: 'F4', shape: [4, 8], data: new Uint8Array(16) }]),
    );
    const { code, stdout } = await ungarble(['validate', '--values', 'f4.safetensors'], folder);
    expect(code).toBe(3);
    expect(stdout).toContain('values of 1 tensor not read: ungarble has no numbers for F4');
  });

  test('tells a terminal how far it is, and leaves nothing there', async () => {
    const { stderr } = await ungarble(['validate', '--values', MODEL], folder, { columns: 100 });
    expect(stderr).toMatch(/values \d+ %/);
    expect(stderr).toMatch(/wiring \d+ %/);
    expect(stderr.endsWith('\r\u001b[K')).toBe(true);
  });
});
