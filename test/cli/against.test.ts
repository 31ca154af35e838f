import { Ajv2020 } from 'ajv/dist/2020.js';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { patchedApiFlow } from '../build/flows.ts';
import { writeMade } from './catalogue-parts.ts';
import { listed } from './models.ts';
import { ungarble } from './session.ts';

const folder = mkdtempSync(join(tmpdir(), 'ungarble-against-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a report with setups is as its schema says', async () => {
  const argv = writeMade(folder, {
    tensors: listed('lora-sd1-kohya'),
    against: { 'flow.json': patchedApiFlow(), 'setup.yaml': 'steps: 20\n' },
  });
  const { stdout } = await ungarble([...argv, '--format', 'json'], folder);
  const report = JSON.parse(stdout) as { readonly against: readonly { readonly name: string }[] };
  expect(report.against.map(({ name }) => name)).toEqual(['flow.json', 'setup.yaml']);
  const schema = JSON.parse(
    readFileSync(new URL('../../schemas/validate.schema.json', import.meta.url), 'utf8'),
  ) as object;
  const ajv = new Ajv2020({ allowUnionTypes: true });
  expect(ajv.validate(schema, report) ? [] : ajv.errors).toEqual([]);
});
