import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkConfigs } from '../../src/components/configs.ts';
import { identifyComponents } from '../../src/components/index.ts';
import { compRules } from '../../src/rules/comp.ts';
import type { Rule, RuleContext } from '../../src/rules/rule.ts';
import { checkpoint, type CheckpointSpec, type PartSpec, type TensorSpec } from '../build/checkpoint.ts';
import { golden, sd1, sd2, sdxl } from '../build/parts.ts';
import { compFixtures, contextOf } from './fixtures/comp.ts';
import type { RuleFixture } from './fixtures/fixture.ts';
import { setupFixtures } from './fixtures/sched.ts';

function found(rule: Rule, context: RuleContext): string[] {
  return [...rule.check(context)].map(({ args }) => rule.words(args).what);
}

/** Everything the rules find, as `COMP001 …`. */
function findings(context: RuleContext): string[] {
  return compRules.flatMap((rule) => found(rule, context).map((what) => `${rule.id} ${what}`));
}

const { RES004: _, ...ofSetups } = setupFixtures;
const fixtures: Readonly<Record<string, RuleFixture>> = { ...compFixtures, ...ofSetups };

describe('every rule', () => {
  test('is in the registry once and has a fixture', () => {
    const ids = compRules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.keys(fixtures).sort()).toEqual([...ids].sort());
  });

  test.each(compRules.map((rule) => [rule.id, rule] as const))(
    '%s fails and passes where it should',
    async (id, rule) => {
      const fixture = fixtures[id];
      expect(fixture).toBeDefined();
      const drafts = [...rule.check((await fixture?.fails()) as RuleContext)];
      expect(drafts.length).toBeGreaterThan(0);
      for (const { args, place } of drafts) {
        const words = rule.words(args);
        expect(words.what).not.toMatch(/undefined|NaN|\.$/);
        expect(words.found).toBeTruthy();
        expect(words.expected).toBeTruthy();
        expect(place.file ?? place.component).toBeTruthy();
      }
      expect(found(rule, (await fixture?.passes()) as RuleContext)).toEqual([]);
    },
  );
});

describe('sound whole checkpoints give no finding', () => {
  const whole: readonly (readonly [string, () => TensorSpec[]])[] = [
    ['sd1', () => sd1()],
    ['sd1-inpainting', () => sd1('sd1-inpainting-ldm')],
    ['sd2', () => sd2()],
    ['sdxl', () => sdxl()],
    ['sdxl-v', () => [...sdxl(), ['v_pred', [0]], ['ztsnr', [0]]]],
    [
      'refiner',
      () => [
        ...golden('sdxl-refiner-ldm', 'model.diffusion_model.'),
        ...golden('vae-sdxl-ldm', 'first_stage_model.'),
        ...golden('openclip-g-text', 'conditioner.embedders.0.model.'),
      ],
    ],
    [
      'svd',
      () => [
        ...golden('svd-ldm', 'model.diffusion_model.'),
        ...golden('vae-svd-ldm', 'first_stage_model.'),
        ...golden('openclip-h-visual', 'conditioner.embedders.0.open_clip.model.'),
      ],
    ],
  ];
  test.each(whole)('%s', async (_, tensors) => {
    const list = findings(await contextOf({ parts: [{ tensors: tensors() }] }));
    // storing an SDXL VAE in fp16 is worth its note
    expect(list.filter((what) => !what.startsWith('COMP025'))).toEqual([]);
  });
});

const CONFIGS = '../shared/data/configs';

/** Component folders of a real diffusers folder: its configs, without weights. */
function folder(path: string): CheckpointSpec {
  const json = (file: string): unknown => JSON.parse(readFileSync(`${path}/${file}`, 'utf8'));
  const parts = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(`${path}/${entry.name}/config.json`))
    .map((entry): PartSpec => ({ name: entry.name, tensors: [], config: json(`${entry.name}/config.json`) }));
  const scheduler = 'scheduler/scheduler_config.json';
  return {
    parts,
    container: 'diffusers-folder',
    ...(existsSync(`${path}/model_index.json`) ? { modelIndex: json('model_index.json') } : {}),
    ...(existsSync(`${path}/${scheduler}`) ? { schedulerConfig: json(scheduler) } : {}),
  };
}

describe.skipIf(!existsSync(CONFIGS))('configs of real folders', () => {
  const folders = existsSync(CONFIGS)
    ? readdirSync(CONFIGS).flatMap((owner) =>
        readdirSync(`${CONFIGS}/${owner}`).map((model) => `${owner}/${model}`),
      )
    : [];

  test('are all valid', async () => {
    let checked = 0;
    for (const model of folders) {
      const path = `${CONFIGS}/${model}`;
      const spec = folder(path);
      const lone = existsSync(`${path}/config.json`)
        ? [{ tensors: [], config: JSON.parse(readFileSync(`${path}/config.json`, 'utf8')) as unknown }]
        : [];
      const reports = await checkConfigs(checkpoint({ ...spec, parts: [...spec.parts, ...lone] }));
      checked += reports.length;
      expect(reports.filter(({ issues }) => issues.length > 0)).toEqual([]);
    }
    expect(checked).toBeGreaterThan(20);
  });

  const weights: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    [
      'runwayml/stable-diffusion-v1-5',
      { unet: 'sd1-diffusers', vae: 'vae-sd1-diffusers', text_encoder: 'clip-l-text' },
    ],
    [
      'runwayml/stable-diffusion-inpainting',
      { unet: 'sd1-inpainting-diffusers', vae: 'vae-sd1-diffusers', text_encoder: 'clip-l-text' },
    ],
    [
      'stabilityai/stable-diffusion-2-1',
      { unet: 'sd2-diffusers', vae: 'vae-sd1-diffusers', text_encoder: 'clip-h-text-hf' },
    ],
    [
      'stabilityai/stable-diffusion-x4-upscaler',
      { unet: 'sd-x4-upscaler-diffusers', vae: 'vae-x4-upscaler-diffusers', text_encoder: 'clip-h-text-hf' },
    ],
    [
      'stabilityai/stable-diffusion-xl-base-1.0',
      {
        unet: 'sdxl-diffusers',
        vae: 'vae-sdxl-diffusers',
        text_encoder: 'clip-l-text',
        text_encoder_2: 'clip-g-text-hf',
      },
    ],
    [
      'playgroundai/playground-v2.5-1024px-aesthetic',
      {
        unet: 'playground-2.5-diffusers',
        vae: 'vae-sdxl-diffusers',
        text_encoder: 'clip-l-text',
        text_encoder_2: 'clip-g-text-hf',
      },
    ],
  ];

  test.each(weights)('%s with its weights gives no finding', async (model, listings) => {
    const spec = folder(`${CONFIGS}/${model}`);
    const parts = spec.parts.map((part) => ({
      ...part,
      tensors: golden(listings[part.name ?? ''] ?? 'taesd-diffusers'),
    }));
    const list = findings(await contextOf({ ...spec, parts }));
    // the safety checker's folder is no part of these configs
    expect(list.filter((what) => !what.includes('safety_checker'))).toEqual([]);
  });
});

describe('words', () => {
  test('a config is corrected by the message alone', async () => {
    const config = { _class_name: 'UNet2DConditionModel', block_out_channels: [320, '640'], in_channels: 0 };
    const context = await contextOf({ parts: [{ name: 'unet', tensors: golden('sd1-diffusers'), config }] });
    const rule = compRules.find(({ id }) => id === 'COMP002') as Rule;
    const words = [...rule.check(context)].map(({ args }) => rule.words(args));
    expect(words).toEqual([
      {
        what: 'unet/config.json has 0 at /in_channels',
        found: '0',
        expected: 'a whole number of channels, 1 or more',
      },
      {
        what: 'unet/config.json has "640" at /block_out_channels/1',
        found: '"640"',
        expected: 'a list of channel counts, outermost level first, such as [320, 640, 1280, 1280]',
      },
    ]);
  });

  test('who disagrees with whom is named', async () => {
    const context = await compFixtures['COMP016']?.fails();
    const rule = compRules.find(({ id }) => id === 'COMP016') as Rule;
    const [draft] = [...rule.check(context as RuleContext)];
    expect(rule.words(draft?.args ?? {}).found).toBe(
      'tensor v_pred: v_prediction and modelspec.prediction_type: epsilon',
    );
  });
});

test('rules look at names from files without falling into prototypes', async () => {
  const hostile: TensorSpec[] = ['__proto__', 'constructor', 'toString.weight', '.', '..', ''].map((name) => [
    name,
    [1],
  ]);
  const context = await contextOf({
    parts: [{ tensors: hostile }],
    metadata: { constructor: 'x' },
    modelIndex: ['x'],
  });
  expect(() => findings(context)).not.toThrow();
  expect(identifyComponents(context.checkpoint).flatMap(({ tensors }) => tensors)).toHaveLength(
    hostile.length,
  );
});
