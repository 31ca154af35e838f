import { type Blueprint, type Width, multiple } from '../blueprint.ts';
import type { SharedWidths, Traits } from './traits.ts';

/** The widths at a block's two ends. */
export interface Ends {
  readonly input: Width;
  readonly output: Width;
}

/** diffusers ResnetBlock2D, LDM ResBlock; in video nets a SpatioTemporalResBlock. */
export function resnet(blueprint: Blueprint, id: string, shared: SharedWidths, traits: Traits): Ends {
  const ends = { input: blueprint.width(), output: blueprint.width() };
  if (!traits.video) {
    residual(blueprint, id, '', ends, [3, 3], shared, traits);
    return ends;
  }
  residual(blueprint, id, 'spatial_res_block.', ends, [3, 3], shared, traits);
  const within = { input: ends.output, output: ends.output };
  residual(blueprint, id, 'temporal_res_block.', within, [3, 1, 1], shared, traits);
  blueprint.expect(id, 'time_mixer.mix_factor', [1]);
  return ends;
}

function residual(
  blueprint: Blueprint,
  id: string,
  path: string,
  { input, output }: Ends,
  kernel: readonly number[],
  shared: SharedWidths,
  traits: Traits,
): void {
  blueprint.expectWithBias(id, `${path}norm1`, [input]);
  blueprint.expectWithBias(id, `${path}conv1`, [output, input, ...kernel]);
  blueprint.expectWithBias(id, `${path}time_emb_proj`, [multiple(output, traits.timeScale), shared.time]);
  blueprint.expectWithBias(id, `${path}norm2`, [output]);
  blueprint.expectWithBias(id, `${path}conv2`, [output, output, ...kernel]);
  const point = kernel.map(() => 1);
  if (input !== output) {
    blueprint.expectWithBias(id, `${path}conv_shortcut`, [output, input, ...point], [input, output]);
  }
}

/** A strided (or, going up, a plain) 3×3 convolution that keeps the width. */
export function sampler(blueprint: Blueprint, id: string): Ends {
  const width = blueprint.width();
  blueprint.expectWithBias(id, 'conv', [width, width, 3, 3]);
  return { input: width, output: width };
}
