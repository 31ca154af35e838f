import { describe, expect, it } from 'vitest';
import { identifyComponents } from '../../src/components/index.ts';
import { withSidecar } from '../../src/runtimes/beside.ts';
import { type Difference, differencesOf } from '../../src/runtimes/differences.ts';
import { type RuntimeReading, runtimesOf } from '../../src/runtimes/index.ts';
import type { SetupFields, SetupPrediction } from '../../src/setup/setup.ts';
import { checkpoint, type CheckpointSpec, type TensorSpec } from '../build/checkpoint.ts';
import { golden, sd1, sd2, sdxl, without } from '../build/parts.ts';

function read(spec: CheckpointSpec, measured?: SetupPrediction) {
  const opened = checkpoint(spec);
  const components = identifyComponents(opened);
  const readings = runtimesOf(opened, components);
  const component = components.find(({ net }) => net !== undefined);
  if (component?.net === undefined) throw new Error('no net');
  const differences = differencesOf(
    opened,
    components,
    { component, net: component.net },
    readings,
    measured,
  );
  return { readings, differences };
}

const file = (tensors: readonly TensorSpec[], metadata?: Readonly<Record<string, string>>) =>
  read({ parts: [{ tensors }], ...(metadata === undefined ? {} : { metadata }) });

function told(differences: readonly Difference[]): string[] {
  return differences.map(({ program, about, assumes, is }) => `${program}: ${about} ${assumes}, is ${is}`);
}

function decided(readings: readonly RuntimeReading[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readings.map(({ runtime, decision }) => [
      runtime.id,
      decision.kind === 'refused' ? 'refused' : `${decision.kind} ${decision.as}`,
    ]),
  );
}

describe('what programs get wrong', () => {
  it.each([
    ['Stable Diffusion 1', sd1()],
    ['its inpainting', sd1('sd1-inpainting-ldm')],
    ['SDXL', sdxl()],
    ['Stable Diffusion 2, of which nothing says what it predicts', sd2()],
  ])('is nothing of %s', (_, tensors) => {
    expect(told(file(tensors).differences)).toEqual([]);
  });

  it('is the prediction of a marked SDXL, in programs that read no markers', () => {
    expect(told(file([...sdxl(), ['v_pred', [0]]]).differences)).toEqual([
      'diffusers (file): prediction_type epsilon, is v_prediction',
      'AUTOMATIC1111: prediction_type epsilon, is v_prediction',
      'InvokeAI: prediction_type epsilon, is v_prediction',
    ]);
  });

  it('is told by a run of the net where nothing is written', () => {
    const { differences } = read({ parts: [{ tensors: sd2() }] }, 'epsilon');
    expect(told(differences)).toEqual([
      'diffusers (file): prediction_type v_prediction, is epsilon',
      'InvokeAI: prediction_type v_prediction, is epsilon',
    ]);
    expect(differences.every(({ known }) => known === 'probed')).toBe(true);
    expect(told(read({ parts: [{ tensors: sd2() }] }, 'v_prediction').differences)).toEqual([
      'Forge: prediction_type epsilon, is v_prediction',
    ]);
  });

  it('is everything at once where the family is another', () => {
    const net = golden('sdxl-ldm', 'model.diffusion_model.');
    expect(told(file([...net, ['v_pred', [0]]]).differences)).toEqual([
      'diffusers (file): family v1, is Stable Diffusion XL',
      'AUTOMATIC1111: family v1-inference.yaml, is Stable Diffusion XL',
      'InvokeAI: prediction_type epsilon, is v_prediction',
    ]);
  });

  it('is not asked of a lone net that a program would only take for want of better', () => {
    expect(told(file(golden('sdxl-ldm')).differences)).toEqual([]);
  });

  it('is a net with a block too few, taken for a whole one', () => {
    const about = file(without(sd1(), 'middle_block.')).differences.map((each) => each.about);
    expect(about.length).toBeGreaterThan(3);
    expect(new Set(about)).toEqual(new Set(['family']));
  });
});

describe('a folder', () => {
  const configs = {
    unet: { in_channels: 4, cross_attention_dim: 2048 },
    scheduler: {
      _class_name: 'EulerDiscreteScheduler',
      beta_schedule: 'scaled_linear',
      beta_start: 0.00085,
      beta_end: 0.012,
      prediction_type: 'v_prediction',
    },
  };
  const folder = (change: object = {}): CheckpointSpec => ({
    parts: [
      { name: 'unet', tensors: golden('sdxl-diffusers'), config: configs.unet },
      { name: 'text_encoder', tensors: golden('clip-l-text') },
      { name: 'text_encoder_2', tensors: golden('clip-g-text-hf') },
    ],
    modelIndex: { _class_name: 'StableDiffusionXLPipeline' },
    schedulerConfig: { ...configs.scheduler, ...change },
  });

  it('is taken by those that load folders, each in its way', () => {
    expect(decided(read(folder()).readings)).toEqual({
      comfyui: 'identified SDXL',
      'diffusers-folder': 'identified StableDiffusionXLPipeline',
      a1111: 'refused',
      forge: 'refused',
      'stable-diffusion.cpp': 'identified VERSION_SD1',
      invokeai: 'identified sdxl normal',
      'sd-scripts': 'told a script of SDXL',
    });
  });

  it('is believed by diffusers and InvokeAI alone', () => {
    expect(told(read(folder()).differences)).toEqual([
      'ComfyUI: prediction_type epsilon, is v_prediction',
      'stable-diffusion.cpp: family VERSION_SD1, is Stable Diffusion XL',
    ]);
    expect(told(read(folder({ beta_end: 0.014, num_train_timesteps: 1100 })).differences)).toContain(
      'ComfyUI: schedule scaled_linear 0.00085 … 0.012, is scaled_linear 0.00085 … 0.014',
    );
  });

  it('is refused by InvokeAI for a pipeline that it does not know', () => {
    const spec = { ...folder(), modelIndex: { _class_name: 'KolorsPipeline' } };
    expect(decided(read(spec).readings)['invokeai']).toBe('refused');
  });
});

describe('a YAML beside the file', () => {
  const says = (value: SetupPrediction): SetupFields => ({
    prediction_type: { value, known: 'declared', from: 'model.yaml', file: 'model.yaml', pointer: '' },
  });

  it('settles it for AUTOMATIC1111, and velocity for Forge', () => {
    const { readings } = file(sd2());
    const predictions = (of: readonly RuntimeReading[]) =>
      of.flatMap(({ runtime: { id }, decision }) =>
        (id === 'a1111' || id === 'forge') && decision.kind === 'identified'
          ? [`${id} ${decision.as} ${decision.assumes.prediction_type?.value}`]
          : [],
      );
    expect(predictions(readings)).toEqual(['a1111 v2-inference(-v).yaml undefined', 'forge SD20 epsilon']);
    expect(predictions(withSidecar(readings, says('v_prediction')))).toEqual([
      'a1111 the YAML beside the file v_prediction',
      'forge SD20 v_prediction',
    ]);
  });

  it('leaves Forge at its own where it says noise, and the others alone', () => {
    const { readings } = file([...sdxl(), ['v_pred', [0]]]);
    const changed = withSidecar(readings, says('epsilon')).filter(
      ({ decision }, index) => decision !== readings[index]?.decision,
    );
    expect(changed.map(({ runtime }) => runtime.id)).toEqual(['a1111']);
  });
});

describe('a GGUF', () => {
  it('is not opened by programs that open none', () => {
    const { readings } = read({ container: 'gguf', parts: [{ tensors: sd1() }] });
    expect(decided(readings)).toMatchObject({
      a1111: 'refused',
      'sd-scripts': 'refused',
      forge: 'identified SD15',
    });
  });
});

describe('files that none of these programs is for', () => {
  it('are not asked of', () => {
    const opened = checkpoint({ parts: [{ tensors: golden('flux-dev-original') }] });
    expect(runtimesOf(opened, identifyComponents(opened))).toEqual([]);
  });
});
