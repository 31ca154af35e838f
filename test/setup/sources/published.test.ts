import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openFile } from '../../../src/bytes/file.ts';
import { alphasCumprod } from '../../../src/schedule/alphas.ts';
import type { Setup } from '../../../src/setup/setup.ts';
import { readAgainst } from '../../../src/setup/sources/index.ts';
import { scheduleOf } from '../../../src/setup/trained.ts';
import { setupOf } from './read.ts';

interface Golden {
  /** LDM's word for what the net predicts. */
  readonly parameterization?: string;
  /** SGM's c_skip, c_out, c_in and c_noise at one σ. */
  readonly scaling?: readonly number[];
  readonly alphas_cumprod?: {
    readonly count: number;
    readonly first: number;
    readonly middle: number;
    readonly last: number;
  };
  /** Ends of SGM's noise levels. */
  readonly sigmas?: readonly [number, number];
  readonly scale_factor: number;
}

interface Goldens {
  readonly sigma: number;
  readonly own: Readonly<Record<string, Golden & { readonly config: object }>>;
  readonly published: Readonly<Record<string, Golden>>;
}

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/setup/${name}`, import.meta.url), 'utf8'));
const { sigma, own, published } = fixture('sidecars.json') as Goldens;

/** What a net of that kind is scaled by at one noise level. Source: Karras et al. 2022, table 1; Salimans and Ho 2022. */
function scalingOf({ fields }: Setup): readonly number[] {
  const data = fields.sigma_data?.value ?? 1;
  const sum = sigma ** 2 + data ** 2;
  switch (fields.prediction_type?.value) {
    case 'epsilon':
      return [1, -sigma, 1 / Math.sqrt(sum), sigma];
    case 'v_prediction':
      return [1 / sum, -sigma / Math.sqrt(sum), 1 / Math.sqrt(sum), sigma];
    case 'edm_v_prediction':
      return [1 / sum, -sigma / Math.sqrt(sum), 1 / Math.sqrt(sum), Math.log(sigma) / 4];
    case 'edm':
      return [data ** 2 / sum, (sigma * data) / Math.sqrt(sum), 1 / Math.sqrt(sum), Math.log(sigma) / 4];
    default:
      throw new Error('nothing says what it predicts');
  }
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['eps', 'epsilon'],
  ['v', 'v_prediction'],
  ['x0', 'sample'],
]);

/** Each number of the golden that the setup tells, as it stands in both. */
function numbersOf(
  setup: Setup,
  golden: Golden,
): readonly (readonly [what: string, ours: number, its: number])[] {
  const { fields } = setup;
  const [least, most] = golden.sigmas ?? [];
  const schedule = scheduleOf(fields);
  const alphas = schedule === undefined ? [] : alphasCumprod(schedule, 'float64');
  const { count = 0, first, middle, last } = golden.alphas_cumprod ?? {};
  const none = Number.NaN;
  return [
    ['scale of the latent', fields.vae_scale?.value ?? none, golden.scale_factor],
    ...(golden.scaling ?? []).map(
      (its, index) => [`scaling ${index}`, scalingOf(setup)[index] ?? none, its] as const,
    ),
    ...[
      ['least sigma', fields.sigma_min?.value, least] as const,
      ['most sigma', fields.sigma_max?.value, most] as const,
      ['first alpha', alphas[0], first] as const,
      ['middle alpha', alphas[count >> 1], middle] as const,
      ['last alpha', alphas[count - 1], last] as const,
    ].flatMap(([what, ours = none, its]) => (its === undefined ? [] : [[what, ours, its] as const])),
  ];
}

function hold(setup: Setup, golden: Golden): void {
  const { parameterization, alphas_cumprod } = golden;
  const said = setup.fields.prediction_type?.value;
  expect(said).toBe(parameterization === undefined ? said : WORDS.get(parameterization));
  const schedule = scheduleOf(setup.fields);
  expect(schedule?.num_train_timesteps).toBe(alphas_cumprod?.count);
  const apart = numbersOf(setup, golden).filter(([, ours, its]) => !(Math.abs(ours / its - 1) < 1e-6));
  expect(apart).toEqual([]);
}

describe('a YAML config is what its own program makes of it', () => {
  test.each(Object.entries(own))('%s', async (name, golden) => {
    hold(await setupOf(golden.config, `${name}.yaml`), golden);
  });

  const folder = new URL('../../../../shared/data/sidecars/', import.meta.url);
  test.skipIf(!existsSync(folder)).each(Object.entries(published))(
    '%s (../shared/data)',
    async (name, golden) => {
      const source = await openFile(new URL(name, folder).pathname, name);
      const { setups } = await readAgainst(source);
      await source.close();
      const [setup, ...more] = setups;
      if (setup === undefined || more.length > 0) throw new Error(`${setups.length} setups`);
      hold(setup, golden);
    },
  );

  test.skipIf(!existsSync(folder))('and none that is at hand is left out', () => {
    const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
    expect(names.sort()).toEqual(Object.keys(published).sort());
  });
});

const configs = new URL('../../../../shared/data/configs/', import.meta.url);

test.skipIf(!existsSync(configs))('no scheduler config that is at hand is left out', () => {
  const goldens = fixture('schedulers.json') as { readonly published: Readonly<Record<string, unknown>> };
  const found = readdirSync(configs, { recursive: true })
    .map((path) => String(path).replaceAll('\\', '/'))
    .flatMap((path) => /^(.+)\/scheduler_config\.json$/.exec(path)?.[1] ?? []);
  const models = found.map((folder) => folder.replace(/\/scheduler$/, ''));
  expect(models.sort()).toEqual(Object.keys(goldens.published).sort());
});
