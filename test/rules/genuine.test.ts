import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { validateCheckpoint } from '../../src/rules/validate.ts';
import { openCheckpoint } from '../../src/index.ts';
import { checkpoint, type PartSpec } from '../build/checkpoint.ts';
import { type ListingEntry, listingIndex } from '../build/listing.ts';
import { golden } from '../build/parts.ts';

/** No rule cries wolf: whatever a reference library makes, or people publish, has no error and no warning. */

/** Genuine, and yet some program will go wrong with it: the rule's page says which. */
const REALLY_AT_RISK = new Map([
  // what a converter really writes
  ['bk-sdm-tiny-ldm-gapped-raw', ['TOPO009']],
  // the same shapes predict noise or velocity, nothing tells which, and programs guess
  ['sd2-diffusers', ['SCHED002']],
  ['sd2-ldm', ['SCHED002']],
  ['sd2-whole-ldm', ['SCHED002']],
  // programs that drop the guidance embedding
  ['lcm-sd1-diffusers', ['COMP026', 'READ001']],
  ['lcm-sdxl-diffusers', ['COMP026', 'READ001']],
  // families that some program takes for another
  ['sd-x4-upscaler-ldm', ['READ001']],
  ['zero123-ldm', ['READ001']],
  ['svd-whole-sgm', ['READ001']],
  ['sd2-depth-whole-ldm', ['READ001', 'READ002']],
  // Forge holds every Stable Diffusion 2 for one that predicts noise
  ['sd2-unclip-l-ldm', ['READ002']],
  ['sd2-unclip-h-ldm', ['READ002']],
  // markers that three programs do not read, nor a fourth that of zero terminal SNR
  ['sdxl-whole-sgm-vpred', ['READ002', 'READ004']],
  // v-prediction that only metadata tells, and programs that do not read it
]);

async function alarms(parts: readonly PartSpec[], more: object = {}): Promise<string[]> {
  const { findings } = await validateCheckpoint(checkpoint({ parts, ...more }));
  return findings
    .filter(({ severity }) => severity !== 'note')
    .map(({ rule, args }) => `${rule} ${JSON.stringify(args)}`);
}

describe('golden listings', () => {
  const entries = listingIndex();
  test.each(entries.map((entry) => [entry.id, entry] as const))('%s', async (id, entry: ListingEntry) => {
    const found = await alarms([{ tensors: golden(entry.id) }]);
    expect(found.map((alarm) => alarm.split(' ')[0])).toEqual(REALLY_AT_RISK.get(id) ?? []);
  });
});

describe('the bundled models', () => {
  test.each(['sd1-eps.safetensors', 'sd1-v'])('%s', async (name) => {
    const model = await openCheckpoint(`fixtures/shapes/${name}`);
    const { findings } = await validateCheckpoint(model);
    const alarms = findings.filter(({ severity }) => severity !== 'note').map(({ rule }) => rule);
    expect(alarms).toEqual(REALLY_AT_RISK.get(name) ?? []);
    expect(model.unchecked).toEqual([]);
  });
});

const CONFIGS = '../shared/data/configs';

/** Published folders of configs with the golden listings of their weights; COMP.test.ts runs the rules on them. */
const PUBLISHED = [
  ['runwayml/stable-diffusion-v1-5', 'sd1', { unet: 'sd1-diffusers', vae: 'vae-sd1-diffusers' }],
  ['runwayml/stable-diffusion-inpainting', 'sd1-inpainting', { unet: 'sd1-inpainting-diffusers' }],
  ['stabilityai/stable-diffusion-2-1', 'sd2-v', { unet: 'sd2-diffusers' }],
  ['stabilityai/stable-diffusion-x4-upscaler', 'sd-x4-upscaler', { unet: 'sd-x4-upscaler-diffusers' }],
  ['stabilityai/stable-diffusion-xl-base-1.0', 'sdxl', { unet: 'sdxl-diffusers' }],
  ['playgroundai/playground-v2.5-1024px-aesthetic', 'playground-2.5', { unet: 'playground-2.5-diffusers' }],
  ['Kwai-Kolors/Kolors', 'kolors', { unet: 'kolors-diffusers' }],
] as const;

describe.skipIf(!existsSync(CONFIGS))(
  'families of published folders (skipped where the shared configs are absent)',
  () => {
    test.each(PUBLISHED)('%s is %s', async (folder, family, weights) => {
      const json = (path: string): unknown => {
        const file = join(CONFIGS, folder, path);
        return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
      };
      const parts = Object.entries(weights).map(([name, id]): PartSpec => {
        return { name, tensors: golden(id), config: json(`${name}/config.json`) };
      });
      const made = checkpoint({
        parts,
        container: 'diffusers-folder',
        schedulerConfig: json('scheduler/scheduler_config.json'),
      });
      const { components } = await validateCheckpoint(made);
      const unet = components.find(({ kind }) => kind === 'unet');
      expect(unet?.id).toBe(family);
      expect(unet?.problems).toEqual([]);
    });

    test.each(['bk_base', 'bk_tiny'])('nota/%s', async (name) => {
      const config: unknown = JSON.parse(readFileSync(join(CONFIGS, 'nota', name, 'config.json'), 'utf8'));
      const tensors = golden(`${name.replace('_', '-sdm-')}-diffusers`);
      expect(await alarms([{ name: 'unet', tensors, config }])).toEqual([]);
    });
  },
);
