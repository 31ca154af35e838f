/** What people see of a GGUF file: the bundled model as ComfyUI-GGUF and stable-diffusion.cpp write it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { memorySource } from '../../src/bytes/memory.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { asComfyUi, asStableDiffusionCpp } from '../build/gguf-models.ts';
import { transcript, ungarble } from './session.ts';

let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ungarble-gguf-'));
  const file = new Uint8Array(readFileSync('fixtures/shapes/sd1-eps.safetensors'));
  const { parts } = await openCheckpoint(memorySource('sd1-eps.safetensors', file));
  const sources = parts.flatMap(({ tensors }) =>
    tensors.map((tensor) => ({
      tensor,
      bytes: file.subarray(tensor.offset, tensor.offset + tensor.byteLength),
    })),
  );
  const comfyUi = asComfyUi(sources, 'Q8_0');
  writeFileSync(join(folder, 'comfyui.gguf'), comfyUi);
  writeFileSync(join(folder, 'cut.gguf'), comfyUi.subarray(0, 2_000_000));
  writeFileSync(join(folder, 'sd-cpp.gguf'), asStableDiffusionCpp(sources, 'Q8_0'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['inspect-gguf', ['inspect', 'comfyui.gguf']],
  ['validate-gguf', ['validate', '.']],
])('%s', async (name, argv) => {
  const outcome = await ungarble(argv, folder);
  await expect(transcript(argv, outcome)).toMatchFileSnapshot(`transcripts/${name}.md`);
});

test('as JSON it is a container of its own', async () => {
  const { stdout } = await ungarble(['inspect', 'sd-cpp.gguf', '--json'], folder);
  const inspection: unknown = JSON.parse(stdout);
  const schema = JSON.parse(readFileSync('schemas/inspect.schema.json', 'utf8')) as object;
  expect(new Ajv2020({ strict: true, allowUnionTypes: true }).validate(schema, inspection)).toBe(true);
  expect(inspection).toMatchObject({
    checkpoint: { container: 'gguf', tensors: 870, dtypes: { F16: 658, F32: 12, Q8_0: 200 } },
  });
});
