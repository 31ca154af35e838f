import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patchedApiFlow } from '../build/flows.ts';
import type { TensorSpec } from '../build/safetensors.ts';
import { listed, writeModel } from './models.ts';
import { transcript, ungarble, type Terminal } from './session.ts';

let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ungarble-transcripts-'));
  const unet = listed('sd1-ldm', 'model.diffusion_model.');
  const rest = [
    ...listed('vae-sd1-ldm', 'first_stage_model.'),
    ...listed('clip-l-text', 'cond_stage_model.transformer.'),
  ];
  writeModel(join(folder, 'sd1.safetensors'), [...unet, ...rest], {
    metadata: { format: 'pt', 'modelspec.title': 'Test model', ss_base_model_version: 'sd_v1' },
  });
  writeModel(join(folder, 'xl/xl.safetensors'), listed('sdxl-ldm', 'model.diffusion_model.'));
  writeModel(join(folder, 'lora.safetensors'), listed('lora-sd1-kohya'));
  writeModel(join(folder, 'cut.safetensors'), unet, { cut: 1_000_000 });
  writeModel(
    join(folder, 'damaged.safetensors'),
    unet
      .filter(({ name }) => !name.includes('output_blocks.5.0.in_layers.0') && !name.includes('.out.'))
      .map((tensor) =>
        tensor.name.endsWith('output_blocks.8.0.in_layers.2.weight') ? narrowed(tensor) : tensor,
      ),
  );
  writeModel(join(folder, 'hostile.safetensors'), [...unet, ...hostile()], {
    metadata: {
      __proto__x: 'own',
      'evil\u001b[31mkey': 'clear\u001b[2J bidi\u202egnp.exe zero\u200bwidth bell\u0007',
      'modelspec.title': `long ${'x'.repeat(5000)} end`,
      ss_japanese: '日本語のモデル',
    },
  });
  writeFileSync(join(folder, 'page.safetensors'), '<!doctype html><title>Log in</title>');
  writeFileSync(join(folder, 'old.ckpt'), Buffer.from('\u0089HDF\r\n\u001a\n', 'latin1'));
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'flow.json'), JSON.stringify(patchedApiFlow()));
  const linear = {
    _class_name: 'DDIMScheduler',
    beta_start: 0.00085,
    beta_end: 0.012,
    beta_schedule: 'linear',
  };
  writeFileSync(
    join(folder, 'linear.json'),
    JSON.stringify({ ...linear, clip_sample: false, steps_offset: 1 }),
  );
  writeFileSync(
    join(folder, 'wrong.yaml'),
    'model:\n  params:\n    parameterization: velocity\n    linear_start: 12\n',
  );
  await ungarble(['pin', 'sd1.safetensors', '--out', 'other.lock.json'], folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function narrowed({ name, shape }: TensorSpec): TensorSpec {
  return { name, dtype: 'F16', shape: [shape[0] ?? 0, 640, ...shape.slice(2)] };
}

function hostile(): TensorSpec[] {
  const names = [
    '\u001b[31mred\u001b[0m',
    'line\nbreak',
    'bidi\u202egnp.exe',
    '__proto__',
    '',
    `long.${'very.'.repeat(300)}name`,
    '\ud800 alone',
    String.raw`looks \x1b escaped`,
  ];
  return names.map((name) => ({ name: `model.diffusion_model.${name}`, dtype: 'F16', shape: [1] }));
}

const NARROW = { columns: 60, env: { NO_COLOR: '1' } };
const PLAIN_40 = { columns: 40, env: { NO_COLOR: '1' } };

const CASES: readonly (readonly [name: string, argv: readonly string[], terminal?: Terminal])[] = [
  ['inspect-sd1', ['inspect', 'sd1.safetensors']],
  ['inspect-sd1-skips', ['inspect', 'sd1.safetensors', '--skips', '--width', '100']],
  ['inspect-sd1-40-columns', ['inspect', 'sd1.safetensors'], PLAIN_40],
  ['inspect-sd1-ascii', ['inspect', 'sd1.safetensors'], { env: { LANG: 'C' } }],
  ['inspect-sd1-colour', ['inspect', 'sd1.safetensors', '--color', 'always', '--width', '60']],
  ['inspect-xl-odd-size', ['inspect', 'xl/xl.safetensors', '--resolution', '1000x1000']],
  ['inspect-lora', ['inspect', 'lora.safetensors']],
  ['inspect-damaged', ['inspect', 'damaged.safetensors']],
  ['inspect-hostile', ['inspect', 'hostile.safetensors']],
  ['inspect-page', ['inspect', 'page.safetensors']],
  ['inspect-absent', ['inspect', 'absent.safetensors']],
  ['inspect-no-path', ['inspect']],
  ['inspect-bad-resolution', ['inspect', 'sd1.safetensors', '--resolution', 'big']],
  ['inspect-unknown-option', ['inspect', 'sd1.safetensors', '--jsno']],
  ['validate-sound', ['validate', 'sd1.safetensors']],
  ['validate-folder', ['validate', '.']],
  ['validate-hostile', ['validate', 'hostile.safetensors', '--all']],
  [
    'validate-damaged-80-columns',
    ['validate', 'damaged.safetensors'],
    { columns: 80, env: { NO_COLOR: '1' } },
  ],
  ['validate-damaged-40-columns', ['validate', 'damaged.safetensors'], PLAIN_40],
  ['validate-cut', ['validate', 'cut.safetensors']],
  ['validate-odd-size', ['validate', 'xl', '--resolution', '1000x1000', '--fail-on', 'warning']],
  ['validate-unchecked', ['validate', 'old.ckpt']],
  ['validate-fail-on-never', ['validate', 'damaged.safetensors', '--fail-on', 'never', '--format', 'json']],
  ['validate-empty-folder', ['validate', 'empty']],
  ['validate-no-match', ['validate', '*.gguf']],
  ['validate-glob', ['validate', '{sd1,lora}.safetensors', 'xl/*']],
  ['validate-unknown-format', ['validate', 'sd1.safetensors', '--format', 'yaml']],
  ['explain-60-columns', ['explain', 'skip-mismatch'], { columns: 60, env: { NO_COLOR: '1' } }],
  ['explain-by-name', ['explain', 'topo003']],
  ['explain-unknown', ['explain', 'TOPO999']],
  ['pin-sd1-60-columns', ['pin', 'sd1.safetensors', '--out', 'a.lock.json'], NARROW],
  ['pin-with-setup', ['pin', 'sd1.safetensors', '--setup', 'flow.json', '--out', 'b.lock.json']],
  ['pin-no-net', ['pin', 'lora.safetensors', '--out', 'c.lock.json']],
  ['validate-against-flow', ['validate', 'sd1.safetensors', '--against', 'flow.json']],
  [
    'validate-against-lock',
    ['validate', 'sd1.safetensors', '--against', 'other.lock.json', '--against', 'linear.json'],
  ],
  ['validate-against-wrong', ['validate', 'sd1.safetensors', '--against', 'wrong.yaml']],
  ['validate-against-absent', ['validate', 'sd1.safetensors', '--against', 'absent.yaml']],
  ['validate-against-json', ['validate', 'lora.safetensors', '--against', 'flow.json', '--format', 'json']],
  ['no-command', []],
  ['unknown-command', ['inspct', 'sd1.safetensors']],
];

test.each(CASES.map(([name, argv, terminal = {}]) => ({ name, argv, terminal })))('$name', async (one) => {
  const { name, argv, terminal } = one;
  const outcome = await ungarble(argv, folder, terminal);
  await expect(transcript(argv, outcome)).toMatchFileSnapshot(`transcripts/${name}.md`);
  // whatever a file is called, nothing but our own colours may act on a terminal
  const bare = (outcome.stdout + outcome.stderr).replaceAll(/\u001b\[\d+m/g, '');
  expect(bare).not.toMatch(/[^\n\P{Cc}]|[\u200b-\u200f\u202a-\u202e\u2066-\u2069]/u);
  const { columns = Number.POSITIVE_INFINITY } = terminal;
  expect(bare.split('\n').filter((line) => line.length > columns)).toEqual([]);
});
