import { describe, expect, test } from 'vitest';
import { readSidecar } from '../../../src/setup/sources/sidecar.ts';

const read = (text: string) => readSidecar({ path: 'model.yaml', text });

describe('the YAML beside a checkpoint', () => {
  test('is a setup like any other', async () => {
    const { setup, issues } = await read(
      'model:\n  target: ldm.Latent\n  params:\n    parameterization: v\n    scale_factor: 0.18215\n',
    );
    expect(setup).toMatchObject({
      name: 'model.yaml',
      program: 'ldm',
      fields: {
        prediction_type: {
          value: 'v_prediction',
          known: 'declared',
          file: 'model.yaml',
          pointer: '/model/params/parameterization',
        },
      },
    });
    expect(issues).toEqual([]);
  });

  test.each([
    ['broken', 'model: [a', 'no YAML that can be read'],
    ['of a trainer', 'learning_rate: 1e-4\nmodel: sd15\n', 'no model with target and params in it'],
    ['empty', '', 'no model with target and params in it'],
    ['a list', '- 1\n', 'no model with target and params in it'],
    ['a diffusers config', '{"_class_name": "DDIMScheduler"}', 'no model with target and params in it'],
  ])('%s is none', async (_, text, problem) => {
    const reading = await read(text);
    expect(reading.setup).toBeUndefined();
    expect(reading.problem).toContain(problem);
  });

  test('with values of the wrong kind it says which', async () => {
    const reading = await read('model:\n  target: ldm.Latent\n  params:\n    parameterization: velocity\n');
    expect(reading.setup).toBeUndefined();
    expect(reading.issues.map(({ pointer }) => pointer)).toEqual(['/model/params/parameterization']);
  });
});
