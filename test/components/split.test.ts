import * as fc from '../build/properties.ts';
import { describe, expect, test } from 'vitest';
import { identifyComponents } from '../../src/components/index.ts';
import { checkpoint, type TensorSpec } from '../build/checkpoint.ts';
import { golden, sd1, sdxl } from '../build/parts.ts';

const identify = (tensors: readonly TensorSpec[]) => identifyComponents(checkpoint({ parts: [{ tensors }] }));

/** Name parts that mean something to some recogniser, so that random names reach deep. */
const PARTS =
  `model diffusion_model first_stage_model cond_stage_model conditioner embedders 0 1 model_ema diffusion_modelinput_blocks00weight transformer text_model encoder decoder layers input_blocks middle_block output_blocks down_blocks up_blocks resnets conv1 weight bias lora_down lora_unet_x alpha betas v_pred optimizer state vae te unet visual self_attn q_proj resblocks attn in_proj_weight mlp fc1 down up block mid scaled_fp8 weight_scale __proto__ constructor ü x`
    .split(/\s+/)
    .concat('', '\u0000');
const name = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 7 }).map((parts) => parts.join('.')),
  fc.string({ maxLength: 12 }),
);
const tensors = fc.uniqueArray(fc.tuple(name, fc.array(fc.integer({ min: 0, max: 64 }), { maxLength: 5 })), {
  selector: ([each]) => each,
  maxLength: 60,
});

describe('every tensor belongs to exactly one component', () => {
  test('whatever the names are', () => {
    fc.assert(
      fc.property(tensors, (specs) => {
        const components = identify(specs);
        const names = components.flatMap((component) => component.tensors.map(({ tensor }) => tensor.name));
        expect(names.sort()).toEqual(specs.map(([each]) => each).sort());
        for (const { prefix, tensors } of components) {
          for (const { name, tensor } of tensors) expect(prefix + name).toBe(tensor.name);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('when a sound checkpoint is sprinkled with strays', () => {
    const sound = [
      ...golden('sd1-ldm', 'model.diffusion_model.').slice(0, 60),
      ...golden('vae-sd1-ldm', 'first_stage_model.'),
    ];
    fc.assert(
      fc.property(tensors, (strays) => {
        const taken = new Set(sound.map(([each]) => each));
        const specs = [...sound, ...strays.filter(([each]) => !taken.has(each))];
        const total = identify(specs).reduce((sum, component) => sum + component.tensors.length, 0);
        expect(total).toBe(specs.length);
      }),
      { numRuns: 30 },
    );
  });
});

describe('pieces', () => {
  test('of a whole SDXL file', () => {
    const components = identify([...sdxl(), ['denoiser.sigmas', [1000]], ['v_pred', [0]]]);
    expect(components.map(({ kind, id, prefix }) => `${kind} ${id} ${prefix}`)).toEqual([
      'unet sdxl model.diffusion_model.',
      'vae autoencoder-kl first_stage_model.',
      'text_encoder clip-l conditioner.embedders.0.',
      'text_encoder openclip-g conditioner.embedders.1.',
      'schedule buffers ',
      'markers markers ',
    ]);
  });

  test('a stray stays beside what it cannot belong to', () => {
    const stray: TensorSpec = ['model.difusion_model.out.2.bias', [4]];
    const leftover = identify([...sd1(), stray]).filter(({ kind }) => kind === 'leftover');
    expect(leftover.map(({ tensors }) => tensors.map(({ tensor }) => tensor.name))).toEqual([[stray[0]]]);
  });

  test('a U-Net and a VAE without prefixes come apart', () => {
    const components = identify([...golden('sd1-ldm'), ...golden('vae-sd1-ldm')]);
    expect(components.map(({ kind, problems }) => [kind, problems.length])).toEqual([
      ['unet', 0],
      ['vae', 0],
    ]);
  });

  test('scales and alphas go where they belong', () => {
    const [net, scales] = identify([...golden('sd1-ldm'), ['out.2.scale_weight', [1], 'F32']]);
    expect([net?.problems, scales?.id]).toEqual([[], 'fp8-scales']);
    const lora = identify([...golden('lora-sd1-kohya').slice(0, 30), ['lora_unet_x.alpha', []]]);
    expect(lora.map(({ kind }) => kind)).toEqual(['lora']);
  });
});

test('numbers in hostile names do not make a grammar of millions', () => {
  const far: TensorSpec[] = ['norm1.weight', 'norm1.bias', 'conv1.weight', 'conv1.bias'].flatMap((tail) => [
    [`decoder.up.999.block.999.${tail}`, [1]],
    [`encoder.layers.999.mlp.fc1.${tail}`, [1]],
  ]);
  const start = performance.now();
  identify(far);
  expect(performance.now() - start).toBeLessThan(2000);
});

test('a 2,500-tensor file is split in a few milliseconds', () => {
  const opened = checkpoint({ parts: [{ tensors: [...sdxl(), ['v_pred', [0]]] }] });
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    identifyComponents(opened);
    return performance.now() - start;
  });
  // the bound is loose for slow machines: what it guards against is a list of patterns tried on every name
  expect(Math.min(...times)).toBeLessThan(250);
});
