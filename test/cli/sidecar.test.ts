import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MAX_YAML_BYTES } from '../../src/bytes/limits.ts';
import { listed, writeModel } from './models.ts';
import { ungarble } from './session.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ungarble-sidecar-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const yaml = (parameterization: string): string =>
  `model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n  params:\n    parameterization: ${parameterization}\n    linear_start: 0.00085\n    linear_end: 0.012\n    scale_factor: 0.18215\n`;

interface Report {
  readonly files: readonly {
    readonly findings: readonly {
      readonly rule: string;
      readonly severity: string;
      readonly place: { readonly file?: string; readonly pointer?: string };
    }[];
    readonly unchecked: readonly { readonly path: string; readonly reason: string }[];
  }[];
}

/** Checks a Stable Diffusion 1 that says v-prediction, with these files beside it. */
async function checked(
  beside: Readonly<Record<string, string>>,
  argv: readonly string[] = [],
  model = 'model.safetensors',
) {
  writeModel(join(folder, model), listed('sd1-ldm', 'model.diffusion_model.'), {
    metadata: { ss_v_parameterization: 'True' },
  });
  for (const [name, text] of Object.entries(beside)) writeFileSync(join(folder, name), text);
  const { stdout, stderr, code } = await ungarble(['validate', model, '--format', 'json', ...argv], folder);
  if (stdout === '') throw new Error(stderr);
  const [file] = (JSON.parse(stdout) as Report).files;
  return { code, file, rules: file?.findings.map(({ rule }) => rule) ?? [] };
}

describe('a YAML of the same name beside a file', () => {
  test('is read without being named, and its rules run', async () => {
    const { file, rules, code } = await checked({ 'model.yaml': yaml('eps') });
    expect(rules).toContain('SCHED021');
    expect(file?.findings.find(({ rule }) => rule === 'SCHED001')?.place).toMatchObject({
      file: 'model.yaml',
      pointer: '/model/params/parameterization',
    });
    expect(code).toBe(1);
  });

  test('is no fault where it says what the model says', async () => {
    const { rules } = await checked({ 'model.yaml': yaml('v') });
    expect(rules).toContain('SCHED021');
    expect(rules).not.toContain('SCHED001');
  });

  test('gives way to a setup that is named', async () => {
    const { file, rules } = await checked(
      { 'model.yaml': yaml('eps'), 'mine.yaml': 'prediction_type: v_prediction\n' },
      ['--against', 'mine.yaml'],
    );
    expect(rules).not.toContain('SCHED001');
    const note = file?.findings.find(({ rule }) => rule === 'SCHED021');
    expect(JSON.stringify(note)).toContain('a setup was named');
  });

  test('that is broken is a finding', async () => {
    const { file, rules } = await checked({ 'model.yaml': 'model: [a' });
    expect(rules).toContain('SCHED022');
    expect(file?.findings.find(({ rule }) => rule === 'SCHED022')?.severity).toBe('warning');
  });

  test.each([
    ['of another name', { 'other.yaml': yaml('eps') }],
    ['of another ending', { 'model.yml': yaml('eps') }],
  ])('%s is not looked at', async (_, beside) => {
    const { rules } = await checked(beside);
    expect(rules.filter((rule) => /^SCHED02[12]|^SCHED001/.test(rule))).toEqual([]);
  });

  test('that is too large to be one is said to be unchecked', async () => {
    const { file, rules } = await checked({ 'model.yaml': '#'.repeat(MAX_YAML_BYTES + 1) });
    expect(rules.filter((rule) => /^SCHED02[12]/.test(rule))).toEqual([]);
    expect(file?.unchecked).toContainEqual(
      expect.objectContaining({ path: 'model.yaml', reason: expect.stringContaining('which no config is') }),
    );
  });

  test('belongs to no file without a net', async () => {
    writeModel(join(folder, 'lora.safetensors'), listed('lora-sd1-kohya'));
    writeFileSync(join(folder, 'lora.yaml'), 'trigger: word\n');
    const { stdout } = await ungarble(['validate', 'lora.safetensors', '--format', 'json'], folder);
    const [file] = (JSON.parse(stdout) as Report).files;
    expect(file?.findings.filter(({ rule }) => rule.startsWith('SCHED'))).toEqual([]);
  });
});
