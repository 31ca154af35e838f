import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SETUP_KEYS } from '../../../src/setup/setup.ts';
import { patchedApiFlow } from '../../build/flows.ts';
import { refusal, setupOf, valuesOf } from './read.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../../schemas/setup.schema.json', import.meta.url), 'utf8'),
) as {
  readonly properties: Readonly<Record<string, unknown>>;
};

test('the schema has every field, and no other', () => {
  const others = new Set(['format', 'name', 'program', 'notes']);
  expect(Object.keys(schema.properties).filter((key) => !others.has(key))).toEqual([...SETUP_KEYS]);
});

describe('setup.yaml', () => {
  test('plain values', async () => {
    const setup = await setupOf(
      `# what we run with
prediction_type: v_prediction
beta_schedule: scaled_linear
beta_start: 0.00085
beta_end: 1.2e-2
steps: 25
resolution: { width: 768, height: 512 }
loras:
  - { name: style, strength: 0.8 }
`,
      'setup.yaml',
    );
    expect(valuesOf(setup)).toEqual({
      prediction_type: 'v_prediction',
      beta_schedule: 'scaled_linear',
      beta_start: 0.00085,
      beta_end: 0.012,
      steps: 25,
      resolution: { width: 768, height: 512 },
      loras: [{ name: 'style', strength: 0.8 }],
    });
    expect(setup.fields.steps).toEqual({
      value: 25,
      known: 'declared',
      from: 'setup.yaml steps',
      file: 'setup.yaml',
      pointer: '/steps',
    });
  });

  test('a setup read from elsewhere is one, with its sources', async () => {
    const read = await setupOf(patchedApiFlow(), 'flow.json');
    const { fields, program } = read;
    const written = { format: 'ungarble/setup@1', program, ...fields };
    expect(new Ajv2020({ allowUnionTypes: true }).validate(schema, written)).toBe(true);
    expect((await setupOf(written, 'kept.json')).fields).toEqual(fields);
  });

  test('what is wrong is told with its place', async () => {
    const { issues } = await refusal('prediction_type: v\nstpes: 20\nclip_skip: 0\n', 'setup.yaml');
    expect(issues).toEqual([
      { pointer: '/stpes', found: '20', expected: 'no such key' },
      {
        pointer: '/prediction_type',
        found: '"v"',
        expected: '"epsilon", "v_prediction", "sample", "edm", "edm_v_prediction" or "flow"',
      },
      {
        pointer: '/clip_skip',
        found: '0',
        expected: 'a whole number: 1 for the last layer, 2 for the one before',
      },
    ]);
  });
});
