import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import * as fc from '../build/properties.ts';
import { describe, expect, test } from 'vitest';
import { parseJson, type JsonValue } from '../../src/formats/json.ts';
import { scheduleFromConfig } from '../../src/schedule/from-config.ts';
import { classDefaults, schedulerClassNamed } from '../../src/schedule/settings.ts';
import { type Config, golden } from './golden.ts';

const defaults = golden<Readonly<Record<string, Config>>>('defaults');

function read(config: object) {
  const { value } = parseJson(new TextEncoder().encode(JSON.stringify(config)));
  return scheduleFromConfig(value as JsonValue, 'scheduler/scheduler_config.json');
}

/** Stable Diffusion 1's own config, which is silent about the prediction type. */
const SD1 = {
  _class_name: 'PNDMScheduler',
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  clip_sample: false,
  num_train_timesteps: 1000,
  set_alpha_to_one: false,
  skip_prk_steps: true,
  steps_offset: 1,
  trained_betas: null,
};

describe("the defaults of diffusers' classes", () => {
  test.each(Object.entries(defaults))('%s', (name, expected) => {
    const known = schedulerClassNamed(name);
    expect(known).toBeDefined();
    const own = classDefaults(known ?? 'DDIMScheduler');
    const said = Object.entries(own).map(([key, value]) => [
      key,
      value === Number.NEGATIVE_INFINITY ? '-Infinity' : value,
    ]);
    const theirs = said.map(([key]) => [key, expected[String(key)]]);
    expect(said).toEqual(theirs);
    // nothing that decides what is sampled is left out
    const minor =
      /^(dynamic_thresholding_ratio|sample_max_value|disable_corrector|solver_p|predict_x0|flow_shift|time_shift_type|use_dynamic_shifting|shift_terminal)$/;
    expect(Object.keys(expected).filter((key) => !(key in own) && !minor.test(key))).toEqual([]);
  });
});

describe('a scheduler config', () => {
  test('tells what is declared from what is assumed', () => {
    const { facts, settings, sampler, problems, className } = read(SD1);
    expect(problems).toEqual([]);
    expect(className).toBe('PNDMScheduler');
    expect(sampler?.id).toBe('pndm');
    expect(facts.beta_end).toEqual({
      value: 0.012,
      known: 'declared',
      from: 'scheduler/scheduler_config.json beta_end',
    });
    expect(facts.prediction_type).toEqual({
      value: 'epsilon',
      known: 'convention',
      from: 'the default of diffusers PNDMScheduler',
    });
    // the class does not have it, so neither the config nor a default says anything of it
    expect(facts.clip_sample).toBeUndefined();
    expect(settings).toMatchObject({ steps_offset: 1, timestep_spacing: 'leading', set_alpha_to_one: false });
  });

  test('that is all but empty shows the defaults that bite', () => {
    const { facts, sampler } = read({ _class_name: 'DDIMScheduler' });
    const assumed = Object.entries(facts).map(([key, fact]) => [key, fact.known, fact.value]);
    expect(assumed).toContainEqual(['beta_start', 'convention', 0.0001]);
    expect(assumed).toContainEqual(['beta_end', 'convention', 0.02]);
    expect(assumed).toContainEqual(['beta_schedule', 'convention', 'linear']);
    expect(assumed).toContainEqual(['clip_sample', 'convention', true]);
    expect(assumed).toContainEqual(['steps_offset', 'convention', 0]);
    expect(sampler?.id).toBe('ddim');
  });

  test.each(['FlowMatchEulerDiscreteScheduler', '__proto__', 'constructor'])(
    'of the unknown class %s assumes nothing and names no sampler',
    (name) => {
      const spec = read({ _class_name: name, beta_end: 0.012, num_train_timesteps: 'many' });
      expect(spec.sampler).toBeUndefined();
      expect(spec.settings).toBeUndefined();
      expect(Object.keys(spec.facts)).toEqual(['beta_end']);
      expect(spec.problems).toEqual([
        { kind: 'unknown-class', className: name },
        { kind: 'bad-value', key: 'num_train_timesteps', found: '"many"' },
      ]);
    },
  );

  test('without a class says so', () => {
    expect(read({ beta_end: 0.012 }).problems).toEqual([{ kind: 'no-class' }]);
    expect(scheduleFromConfig(null).problems).toEqual([{ kind: 'not-an-object', found: 'null' }]);
  });

  test('of a class that nothing here runs keeps its facts', () => {
    const { settings, sampler, problems } = read({ _class_name: 'UniPCMultistepScheduler', beta_end: 0.012 });
    expect(sampler).toBeUndefined();
    expect(settings?.beta_end).toBe(0.012);
    expect(problems).toEqual([{ kind: 'no-sampler', className: 'UniPCMultistepScheduler' }]);
  });

  test.each([
    [{ _class_name: 'PNDMScheduler' }, 'skip_prk_steps'],
    [{ _class_name: 'DDIMScheduler', thresholding: true }, 'thresholding'],
    [{ _class_name: 'DPMSolverMultistepScheduler', solver_order: 3 }, 'solver_order'],
    [{ _class_name: 'DPMSolverMultistepScheduler', algorithm_type: 'sde-dpmsolver++' }, 'algorithm_type'],
    [{ _class_name: 'DPMSolverMultistepScheduler', variance_type: 'learned_range' }, 'variance_type'],
    [{ _class_name: 'EulerAncestralDiscreteScheduler', prediction_type: 'sample' }, 'prediction_type'],
    [{ _class_name: 'EulerDiscreteScheduler', interpolation_type: 'log_linear' }, 'interpolation_type'],
  ])('%j names no sampler, and why', (config, key) => {
    const { sampler, problems } = read(config);
    expect(sampler).toBeUndefined();
    expect(problems).toEqual([{ kind: 'unsupported', key }]);
  });

  test('with a word that diffusers does not know does not fall back to a default', () => {
    const { sampler, problems, facts } = read({ ...SD1, beta_schedule: 'cosine', prediction_type: 5 });
    expect(sampler).toBeUndefined();
    expect(problems).toEqual([
      { kind: 'bad-value', key: 'beta_schedule', found: '"cosine"' },
      { kind: 'bad-value', key: 'prediction_type', found: '"5"' },
    ]);
    expect(facts.beta_schedule?.known).not.toBe('declared');
  });

  test('that asks for two kinds of sigmas at once, which diffusers refuses, names no sampler', () => {
    const keys = ['use_karras_sigmas', 'use_beta_sigmas'];
    const { sampler, problems } = read({
      _class_name: 'EulerDiscreteScheduler',
      ...Object.fromEntries(keys.map((key) => [key, true])),
    });
    expect(sampler).toBeUndefined();
    expect(problems).toEqual([{ kind: 'conflict', keys }]);
  });

  test.each([
    ['num_train_timesteps', 1e12],
    ['num_train_timesteps', 1],
    ['beta_end', 1],
    ['beta_start', 0],
    ['trained_betas', []],
    ['trained_betas', [0.1, 'x']],
  ])('with %s %j is not run', (key, value) => {
    const { sampler, problems } = read({ ...SD1, [key]: value });
    expect(sampler).toBeUndefined();
    expect(problems).toMatchObject([{ kind: 'bad-value', key }]);
  });

  test('as diffusers saved it for a trained model is read', () => {
    const file = new URL('../../fixtures/shapes/sd1-v/scheduler/scheduler_config.json', import.meta.url);
    const { value } = parseJson(readFileSync(file));
    const { sampler, settings, problems } = scheduleFromConfig(value as JsonValue);
    expect(problems).toEqual([]);
    expect(sampler?.id).toBe('pndm');
    expect(settings).toMatchObject({ beta_schedule: 'scaled_linear', steps_offset: 1 });
  });

  test('may limit λ by an infinity that its reader kept as text', () => {
    const { settings, sampler } = read({
      _class_name: 'DPMSolverMultistepScheduler',
      lambda_min_clipped: '-Infinity',
    });
    expect(settings?.lambda_min_clipped).toBe(Number.NEGATIVE_INFINITY);
    expect(sampler?.id).toBe('dpmpp_2m');
  });

  test('of any content is read without a throw, and what is declared is never altered', () => {
    const keys = Object.keys(defaults['DPMSolverMultistepScheduler'] ?? {});
    const config = fc.dictionary(fc.constantFrom('_class_name', ...keys), fc.jsonValue());
    const name = fc.constantFrom(...Object.keys(defaults), 'Other');
    fc.assert(
      fc.property(config, name, (config, _class_name) => {
        const { facts, problems } = read({ ...config, _class_name });
        const bad = new Set<string>(problems.flatMap((problem) => ('key' in problem ? [problem.key] : [])));
        const altered = Object.entries(facts).filter(
          ([key, { known, value }]) => known === 'declared' && !isDeepStrictEqual(value, config[key]),
        );
        // the infinity that Python writes is the only value that is not taken as it stands
        expect(altered.every(([key]) => key === 'lambda_min_clipped' && config[key] === '-Infinity')).toBe(
          true,
        );
        const unsaid = Object.entries(facts).filter(
          ([key, { known }]) => known === 'convention' && key in config && !bad.has(key),
        );
        expect(unsaid).toEqual([]);
      }),
    );
  });
});
