/**
 * WebGPU through SwiftShader, a program that plays a GPU on the CPU: the path that a real one takes, at a hundredth of
 * the CPU's speed. Debian's chromium brings it. A few nets by default; UNGARBLE_TEST_WEBGPU=all runs all of them, and
 * UNGARBLE_TEST_VULKAN_ICD names another driver's manifest.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { globSync } from 'tinyglobby';
import { build } from 'tsdown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** Largest error against diffusers over the largest value. */
const BOUND = 2e-5;

/** Pipelines are compiled on the way, on as many cores as the machine has left. */
const PATIENCE = 600_000;

/** Inside the package, where the runtime is found. */
const OUT = join('node_modules', '.cache', 'ungarble-webgpu');

const NETS: readonly (readonly [name: string, layout: 'diffusers' | 'ldm'])[] =
  process.env['UNGARBLE_TEST_WEBGPU'] === 'all'
    ? [
        ['sd1', 'diffusers'],
        ['sd1', 'ldm'],
        ['sd2', 'diffusers'],
        ['sdxl', 'diffusers'],
        ['kolors', 'diffusers'],
        ['lcm', 'diffusers'],
        ['kandinsky-2.2', 'diffusers'],
        ['ddpm', 'diffusers'],
        ['unet2d-classes', 'diffusers'],
        ['simple-projection', 'diffusers'],
        ['guided-diffusion', 'ldm'],
        ['ldm-unconditional', 'ldm'],
      ]
    : [
        ['guided-diffusion', 'ldm'],
        ['simple-projection', 'diffusers'],
      ];

/** Manifest of a Vulkan driver that computes on the CPU. */
function softwareDriver(): string | undefined {
  const named = process.env['UNGARBLE_TEST_VULKAN_ICD'];
  if (named !== undefined) return existsSync(named) ? named : undefined;
  const places = [
    '/usr/lib/chromium*/vk_swiftshader_icd.json',
    '/usr/lib/*/chromium*/vk_swiftshader_icd.json',
    '/usr/lib64/chromium*/vk_swiftshader_icd.json',
    '/opt/google/chrome/vk_swiftshader_icd.json',
  ];
  return process.platform === 'linux' && process.arch === 'x64'
    ? globSync(places, { absolute: true }).sort()[0]
    : undefined;
}

interface Said {
  readonly device?: {
    readonly provider: string;
    readonly adapter?: string;
    readonly software?: boolean;
    readonly fallback?: string;
  };
  readonly error?: number;
  readonly refused?: { readonly code: string; readonly message: string; readonly hint?: string };
}

let temporary = '';
const driver = softwareDriver();

beforeAll(async () => {
  temporary = mkdtempSync(join(tmpdir(), 'ungarble-webgpu-'));
  await build({
    entry: { child: 'test/smoke/webgpu-child.ts' },
    outDir: OUT,
    format: 'esm',
    platform: 'node',
    dts: false,
    logLevel: 'error',
    config: false,
    outExtensions: () => ({ js: '.js' }),
  });
}, PATIENCE);
afterAll(() => {
  rmSync(temporary, { recursive: true, force: true });
  rmSync(OUT, { recursive: true, force: true });
});

async function run(name: string, layout: string, device: string, icd: string): Promise<Said> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(OUT, 'child.js'), name, layout, device, temporary],
    {
      env: {
        ...process.env,
        VK_DRIVER_FILES: icd,
        VK_ICD_FILENAMES: icd,
        // chromium brings a Vulkan loader too
        LD_LIBRARY_PATH: dirname(icd),
      },
      timeout: PATIENCE,
    },
  );
  return JSON.parse(stdout) as Said;
}

const found = driver === undefined ? 'skipped: no SwiftShader on this machine' : driver;

describe.skipIf(driver === undefined)(`WebGPU on a played GPU (${found})`, () => {
  test.each(NETS)(
    '%s, %s, agrees with diffusers',
    async (name, layout) => {
      const { device, error } = await run(name, layout, 'webgpu', driver as string);
      expect(device).toEqual({ provider: 'webgpu', adapter: expect.any(String), software: true });
      expect(error).toBeLessThan(BOUND);
    },
    PATIENCE,
  );

  test('auto does not take it for a GPU, and says why', async () => {
    const { device, error } = await run('ddpm', 'diffusers', 'auto', driver as string);
    expect(device?.provider).toBe('cpu');
    expect(device?.fallback).toMatch(/^WebGPU cannot be used: .* is a program on the CPU, not a GPU/);
    expect(error).toBeLessThan(BOUND);
  });
});

describe.runIf(process.platform === 'linux')('without a GPU', () => {
  const nothing = '/nonexistent/icd.json';

  test('WebGPU that is asked for by name is refused, with what to do', async () => {
    const { refused } = await run('ddpm', 'diffusers', 'webgpu', nothing);
    expect(refused?.code).toBe('device');
    expect(refused?.message).toMatch(/^WebGPU cannot be used: /);
    expect(refused?.hint).toContain('--device cpu always works');
  });

  test('auto goes on to the CPU, and says why', async () => {
    const { device } = await run('ddpm', 'diffusers', 'auto', nothing);
    expect(device).toMatchObject({
      provider: 'cpu',
      fallback: expect.stringContaining('WebGPU cannot be used'),
    });
  });

  test('what another system has is refused', async () => {
    const { refused } = await run('ddpm', 'diffusers', 'coreml', nothing);
    expect(refused?.message).toBe('Core ML cannot be used: this build of onnxruntime-node does not have it');
  });
});
