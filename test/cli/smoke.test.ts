import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { decode } from 'fast-png';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { relativeError, tensorIn } from '../smoke/golden.ts';
import { ungarble } from './session.ts';

/** `ungarble smoke` in this process: what it says, writes and refuses. */
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'smoke-command-'));
  symlinkSync(resolve('fixtures'), join(folder, 'fixtures'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MODEL = 'fixtures/shapes/sd1-v';
const CPU = ['--device', 'cpu', '--threads', '1'];
const QUICK = ['--steps', '2', '--no-verdict', ...CPU];

const smoke = (argv: readonly string[], columns?: number, env: Readonly<Record<string, string>> = {}) =>
  ungarble(['smoke', ...argv], folder, { env, ...(columns === undefined ? {} : { columns }) });

/** A copy of the single file with one tensor's first half number made NaN. */
function poisoned(name: string, tensor: string): void {
  const bytes = readFileSync('fixtures/shapes/sd1-eps.safetensors');
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const begin = header[tensor]?.data_offsets[0];
  if (begin === undefined) throw new Error(`no tensor ${tensor}`);
  bytes.writeUInt16LE(0x7e00, 8 + length + begin);
  writeFileSync(join(folder, name), bytes);
}

describe('ungarble smoke', () => {
  test('draws the picture, writes it, and says by whom each choice was made', async () => {
    const prompt = 'a red circle on blue';
    const { code, stdout, stderr } = await smoke([MODEL, ...QUICK, '-p', prompt, '--out', 'a.png']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /predicts +v_prediction +declared +scheduler\/scheduler_config\.json prediction_type/,
    );
    expect(stdout).toContain(`prompt    “${prompt}”`);
    expect(stdout).toContain("32x32, decoded by the model's autoencoder");
    expect(stdout).toMatch(/ran on {2}the CPU: \S/);
    expect(stdout).toContain('wrote a.png');
    // a pipe is no place for half blocks
    expect(stdout).not.toContain('▀');
    const png = decode(readFileSync(join(folder, 'a.png')));
    expect([png.width, png.height, png.channels]).toEqual([32, 32, 3]);
    expect(png.text).toMatchObject({ prompt, predicts: 'v_prediction', seed: '0' });
  });

  test('gives the same picture for the same seed, and another for another', async () => {
    const picture = async (seed: string) => {
      await smoke([MODEL, ...QUICK, '--seed', seed, '--out', `${seed}.png`, '--force']);
      return decode(readFileSync(join(folder, `${seed}.png`))).data;
    };
    const first = await picture('5');
    expect(await picture('5')).toEqual(first);
    expect(await picture('6')).not.toEqual(first);
  });

  test('shows the picture and its progress on a terminal', async () => {
    const { stdout, stderr } = await smoke([MODEL, ...QUICK], 60, { COLORTERM: 'truecolor', TERM: 'xterm' });
    expect(stdout.split('\n').filter((line) => line.includes('▀'))).toHaveLength(16);
    expect(stderr).toMatch(/step 1 of \d {2}\d+ ms left|step 1 of \d {2}[\d.]+ s left/);
    expect(stderr.endsWith('\r\u001b[K')).toBe(true);
    const plain = await smoke([MODEL, ...QUICK, '--no-picture'], 60);
    expect(plain.stdout).not.toContain('▀');
  });

  test('is quiet and held to its schema as JSON', async () => {
    const { code, stdout, stderr } = await smoke([MODEL, ...QUICK, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const schema = JSON.parse(readFileSync('schemas/smoke.schema.json', 'utf8')) as object;
    const valid = new Ajv2020({ strict: false }).compile(schema);
    valid(JSON.parse(stdout));
    expect(valid.errors).toBeNull();
    expect(JSON.parse(stdout)).toMatchObject({
      device: { provider: 'cpu' },
      drawn: { picture: { width: 32 } },
    });
  });

  test('says sound of a sound net, what it read off it and who says what, and draws nothing', async () => {
    const { code, stdout, stderr } = await smoke([MODEL, ...CPU]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('✔ sound: it denoises, as what its files say it is');
    expect(stdout).toMatch(/prediction type +v_prediction +declared +scheduler\/scheduler_config\.json/);
    expect(stdout).toMatch(/\n +v_prediction +probed +read off the running net/);
    expect(stdout).not.toContain('decoded by');
  });

  test('says garbled of a net that is run for something else, and ends with 1', async () => {
    const { code, stdout } = await smoke([`${MODEL}/unet`, ...CPU, '--json']);
    expect(code).toBe(1);
    const { verdict, drawn } = JSON.parse(stdout);
    expect(drawn).toBeUndefined();
    // a U-Net without its pipeline says nothing: it would be run as most nets are
    expect(verdict.verdict).toBe('garbled');
    expect(verdict.evidence[0]).toMatchObject({ probe: 'prediction_type', finding: 'differs' });
    expect(verdict.read.prediction_type.type).toBe('v_prediction');
    const schema = JSON.parse(readFileSync('schemas/smoke.schema.json', 'utf8')) as object;
    const valid = new Ajv2020({ strict: false }).compile(schema);
    valid(JSON.parse(stdout));
    expect(valid.errors).toBeNull();
  });

  test('never writes over a file that is there, and finds that out first', async () => {
    writeFileSync(join(folder, 'mine.png'), 'mine');
    const { code, stdout, stderr } = await smoke([MODEL, ...QUICK, '--out', 'mine.png']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe('ungarble: mine.png is there already; --force writes over it\n');
    expect(readFileSync(join(folder, 'mine.png'), 'utf8')).toBe('mine');
  });

  test('names the step and the block where NaN begins, and ends with 1', async () => {
    const block = 'model.diffusion_model.output_blocks.4.0';
    poisoned('nan.safetensors', `${block}.in_layers.2.weight`);
    const { code, stderr } = await smoke(['nan.safetensors', ...QUICK]);
    const probed = await smoke(['nan.safetensors', '--out', 'nan.png', ...CPU]);
    expect(probed.code).toBe(1);
    expect(probed.stdout).toContain('first in up_blocks.1.resnets.1');
    expect(probed.stdout).not.toContain('wrote');
    expect(code).toBe(1);
    expect(stderr).toContain(
      'the net gives NaN or infinity at step 1, timestep 501, first in up_blocks.1.resnets.1',
    );
  });

  test.each([
    [['absent'], 2, 'no such file or folder'],
    [[MODEL, '--resolution', '36x32'], 2, 'near to it is 32x32'],
    [[MODEL, '--sampler', 'unipc'], 2, 'there is no sampler unipc'],
    [[MODEL, '--steps', '0'], 2, 'whole number from 1'],
    [[MODEL, '--steps', '1001'], 2, 'a whole number from 1 to 1000'],
    // timesteps 1 to 1000, of a schedule that ends at 999
    [[MODEL, '--steps', '1000'], 2, '1000 steps do not suit this schedule'],
    [['fixtures/shapes/sd1-eps.safetensors', '-p', 'a dog'], 2, 'only the empty prompt can be asked'],
    [[MODEL, '--device', 'dml'], 3, 'DirectML cannot be used'],
    [['fixtures/shapes/sd1-v/vae'], 3, 'there is no U-Net to run'],
    [['fixtures/README.md'], 3, 'ungarble validate says what is wrong'],
  ])('%j ends with %i', async (argv, expected, words) => {
    const { code, stderr } = await smoke(argv);
    expect(code).toBe(expected);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('    at ');
  });

  test('shows the latent itself where no autoencoder lies beside the net, and says what was stood in for', async () => {
    const { code, stdout } = await smoke([`${MODEL}/unet`, ...QUICK]);
    expect(code).toBe(0);
    expect(stdout).toContain('16x16, principal components of this latent, not decoded');
    expect(stdout).toContain('No autoencoder lies beside the net.');
    expect(stdout).toContain(
      '! Nothing in the model makes encoder_hidden_states [1, 77, 64]: zeros in its place.',
    );
  });

  test('takes the tokenizer of another folder for a lone file', async () => {
    const argv = [
      'fixtures/shapes/sd1-eps.safetensors',
      '--tokenizer',
      `${MODEL}/tokenizer`,
      '-p',
      'a green square on red',
    ];
    const { code, stdout } = await smoke([...argv, ...QUICK]);
    expect(code).toBe(0);
    expect(stdout).toContain('prompt    “a green square on red”');
  });
});

describe('--export', () => {
  test('writes a graph over the weights that ONNX Runtime opens by itself', async () => {
    writeFileSync(join(folder, 'eps.safetensors'), readFileSync('fixtures/shapes/sd1-eps.safetensors'));
    const { code, stdout } = await smoke(['eps.safetensors', '--export', 'eps.onnx']);
    expect(code).toBe(0);
    expect(stdout).toContain('reads  encoder_hidden_states float [batch, tokens, 64]');
    const session = await InferenceSession.create(join(folder, 'eps.onnx'));
    const file = readFileSync('fixtures/shapes/golden/unet-eps.safetensors');
    const floats = (name: string) => {
      const { data, dims } = tensorIn(file, name);
      return new Tensor('float32', data as Float32Array, dims);
    };
    const result = await session.run({
      sample: floats('sample_201'),
      timestep: new Tensor('float32', Float32Array.of(201), [1]),
      encoder_hidden_states: floats('encoder_hidden_states'),
    });
    const { data, dims } = result['out_sample'] as Tensor;
    await session.release();
    expect(relativeError({ data: data as Float32Array, dims }, tensorIn(file, 'out_201'))).toBeLessThan(2e-5);
  });

  test('says where the graph has to lie', async () => {
    const { code, stderr } = await smoke([MODEL, '--export', 'away.onnx']);
    expect(code).toBe(2);
    expect(stderr).toContain('an ONNX file refers to weights beside or below it');
    expect(existsSync(join(folder, 'away.onnx'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});
