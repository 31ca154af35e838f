/**
 * WebGPU through SwiftShader, a program that plays a GPU on the CPU: the path that a real one takes, at a hundredth of
 * the CPU's speed. Debian's chromium brings it. A few nets by default; UNGARBLE_TEST_WEBGPU=all runs all of them, and
 * UNGARBLE_TEST_VULKAN_ICD names another driver's manifest.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import onnxProto from 'onnx-proto';
import { globSync } from 'tinyglobby';
import { build } from 'tsdown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/smoke/compile/graph.ts';
import { type CompiledGraph, compile, conventionsOf } from '../../src/smoke/compile/index.ts';
import { staysOnCpu } from '../../src/smoke/device.ts';
import { Golden } from './golden.ts';

/** Largest error against the reference over the largest value; docs/gpu.md has what was measured. */
const BOUND = 2e-5;

/** Pipelines are compiled on the way, on as many cores as the machine has left. */
const PATIENCE = 600_000;

/** Inside the package, where the runtime is found. */
const CACHE = join('node_modules', '.cache');

/** A U-Net in the layout of diffusers or LDM, a half of an autoencoder, a text encoder. */
type Kind = 'diffusers' | 'ldm' | 'decoder' | 'encoder' | 'text';

const ALL = process.env['UNGARBLE_TEST_WEBGPU'] === 'all';

type Net = readonly [name: string, kind: Kind, dtype: 'F32' | 'F16' | 'BF16'];

/** The cheapest of each sort, and what the runtime alone has wrong: norms of two epsilons, convolutions of six channels. */
const FEW: readonly Net[] = [
  ['only-text', 'diffusers', 'F32'],
  ['vae-attention', 'decoder', 'F16'],
  ['simple-projection', 'diffusers', 'F32'],
  ['clip-text', 'text', 'F32'],
];

const MORE: readonly Net[] = [
  ['sd1-inpainting', 'diffusers', 'F32'],
  ['if-stage-2', 'diffusers', 'F32'],
  ['sdxl-refiner', 'diffusers', 'F32'],
  ['vae', 'encoder', 'F32'],
  ['vae', 'decoder', 'F32'],
  ['vae-attention', 'encoder', 'F16'],
  ['clip-text-projection', 'text', 'F16'],
  ['openclip-text', 'text', 'BF16'],
  ['simple-projection', 'diffusers', 'BF16'],
  ['guided-diffusion', 'ldm', 'F16'],
  ['sdxl', 'diffusers', 'F32'],
  ['sd1', 'diffusers', 'F32'],
  ['ddpm', 'diffusers', 'F32'],
  ['sd1', 'ldm', 'F16'],
  ['sd2', 'diffusers', 'F32'],
  ['kolors', 'diffusers', 'F32'],
  ['lcm', 'diffusers', 'F32'],
  ['kandinsky-2.2', 'diffusers', 'F32'],
  ['unet2d-classes', 'diffusers', 'F32'],
  ['ldm-unconditional', 'ldm', 'F16'],
  ['score-sde', 'diffusers', 'F32'],
  ['fourier', 'diffusers', 'F32'],
  ['if-stage-1', 'ldm', 'F16'],
  ['kandinsky-2.1', 'ldm', 'F16'],
  ['ungated', 'diffusers', 'F32'],
  ['unet2d-class-timestep', 'diffusers', 'F32'],
  ['kandinsky-2.2-hint', 'diffusers', 'F32'],
  ['sd2-unclip', 'diffusers', 'F32'],
  ['sd-x4-upscaler', 'diffusers', 'F32'],
];

const NETS = ALL ? [...FEW, ...MORE] : FEW;

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
  readonly ms?: number;
  readonly refused?: { readonly code: string; readonly message: string; readonly hint?: string };
}

let temporary = '';
let built = '';
const driver = softwareDriver();

beforeAll(async () => {
  temporary = mkdtempSync(join(tmpdir(), 'ungarble-webgpu-'));
  mkdirSync(CACHE, { recursive: true });
  // its own, so that two runs at a time do not take each other's away
  built = mkdtempSync(join(CACHE, 'ungarble-webgpu-'));
  await build({
    entry: { child: 'test/smoke/webgpu-child.ts' },
    outDir: built,
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
  rmSync(built, { recursive: true, force: true });
});

async function run(name: string, kind: Kind, dtype: string, device: string, icd: string): Promise<Said> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(built, 'child.js'), name, kind, dtype, device, temporary],
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
    '%s, %s, %s, agrees with the reference',
    async (name, kind, dtype) => {
      const { device, error = Number.NaN, ms = 0 } = await run(name, kind, dtype, 'webgpu', driver as string);
      if (ALL)
        process.stdout.write(
          `| ${name} | ${kind} | ${dtype} | ${error.toExponential(1)} | ${(ms / 1000).toFixed(0)} s |\n`,
        );
      expect(device).toEqual({ provider: 'webgpu', adapter: expect.any(String), software: true });
      expect(error).toBeLessThan(BOUND);
    },
    PATIENCE,
  );

  test('auto does not take it for a GPU, and says why', async () => {
    const { device, error } = await run('ddpm', 'diffusers', 'F32', 'auto', driver as string);
    expect(device?.provider).toBe('cpu');
    expect(device?.fallback).toMatch(/^WebGPU cannot be used: .* is a program on the CPU, not a GPU/);
    expect(error).toBeLessThan(BOUND);
  });
});

describe('a graph for WebGPU', () => {
  async function compiled(name: string): Promise<CompiledGraph> {
    const { net, checkpoint } = await new Golden(name).diffusers(temporary, 'F16');
    const config = checkpoint.parts.find((part) => part.name === '')?.config?.value;
    return compile(net, { files: checkpoint.files, conventions: conventionsOf(net, config) });
  }

  test.each([
    ['lcm', []],
    ['sd1-inpainting', ['conv_in']],
    ['if-stage-2', ['conv_in']],
  ])('of %s leaves to the CPU its sinusoids and the convolutions of %j', async (name, blocks) => {
    const left = GraphBuilder.nodesWith((await compiled(name)).model, staysOnCpu);
    const of = (operator: string) => left.filter((node) => node.includes(`/${operator}.`));
    expect(of('Conv').map((node) => node.slice(0, node.indexOf('/')))).toEqual(blocks);
    expect(of('Sin').length).toBeGreaterThan(0);
    expect(of('Cos').length).toBe(of('Sin').length);
    expect(left.length).toBe(blocks.length + 2 * of('Sin').length);
  });

  test('has norms of one epsilon', async () => {
    const { model } = await compiled('only-text');
    const epsilons = (bytes: Uint8Array) =>
      new Set(
        onnxProto.onnx.ModelProto.decode(bytes).graph?.node?.flatMap(({ opType, attribute }) =>
          opType === 'InstanceNormalization' ? (attribute ?? []).map(({ f }) => f?.toExponential(1)) : [],
        ),
      );
    expect(epsilons(model)).toEqual(new Set(['1.0e-3', '1.0e-5']));
    const adapted = GraphBuilder.adapted(model, { plainAttention: true, oneEpsilon: true });
    expect(epsilons(adapted)).toEqual(new Set(['1.0e-5']));
  });
});

describe.runIf(process.platform === 'linux')('without a GPU', () => {
  const nothing = '/nonexistent/icd.json';

  test('WebGPU that is asked for by name is refused, with what to do', async () => {
    const { refused } = await run('ddpm', 'diffusers', 'F32', 'webgpu', nothing);
    expect(refused?.code).toBe('device');
    expect(refused?.message).toMatch(/^WebGPU cannot be used: /);
    expect(refused?.hint).toContain('--device cpu always works');
  });

  test('auto goes on to the CPU, and says why', async () => {
    const { device } = await run('ddpm', 'diffusers', 'F32', 'auto', nothing);
    expect(device).toMatchObject({
      provider: 'cpu',
      fallback: expect.stringContaining('WebGPU cannot be used'),
    });
  });

  test('what another system has is refused', async () => {
    const { refused } = await run('ddpm', 'diffusers', 'F32', 'coreml', nothing);
    expect(refused?.message).toBe('Core ML cannot be used: this build of onnxruntime-node does not have it');
  });
});
