import { scaledWeights } from '../components/tensors.ts';
import { ofKind, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** Fp8 weights and the scales that go with them do not match. */
export const COMP019 = defineRule<{
  fault: 'left-behind' | 'partly' | 'needs-reader';
  example: string;
  count: number;
  of: number;
}>({
  id: 'COMP019',
  name: 'fp8-scales',
  title: 'Scales of fp8 weights do not go with the weights',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `An 8-bit float holds numbers up to 448 with three bits after the point, so good quantisers divide each weight by a scale and store the scale beside it (\`weight_scale\`, \`scale_weight\`, announced by \`scaled_fp8\`). A reader must multiply it back in. One that does not sees weights hundreds of times too large, and draws pure noise.

Scales beside weights that are no longer fp8 were left behind by a converter that turned fp8 to fp16 and ignored them: the weights are wrong for every reader. Fp8 weights without any scale are a plain cast, and sound.`,
  mend: 'Convert again from the 16-bit original. Where fp8 weights and scales are both there, load the file with a program that applies them.',
  sources: [
    'ComfyUI, comfy/ops.py: scaled_fp8_ops',
    'ComfyUI-LTXVideo issue 172; ComfyUI-MochiWrapper issue 80: scales ignored',
    'ComfyUI-GGUF, tools/convert.py: fp8 is cast to fp16 without a scale',
  ],
  *check(context) {
    for (const scales of ofKind(context, 'markers')) {
      if (scales.id !== 'fp8-scales') continue;
      const pairs = scaledWeights(context.checkpoint, scales);
      const left = pairs.filter(({ weight }) => weight === undefined || !weight.dtype.startsWith('F8'));
      const fault = pairs.length === 0 ? 'partly' : left.length > 0 ? 'left-behind' : 'needs-reader';
      const example = (left[0] ?? pairs[0])?.scale.name ?? scales.tensors[0]?.tensor.name ?? '';
      yield {
        args: { fault, example, count: left.length, of: pairs.length },
        place: placeOf(context, scales, example),
        ...(fault === 'needs-reader' ? { severity: 'warning' as const } : {}),
      };
    }
  },
  words: ({ fault, example, count, of }) => {
    switch (fault) {
      case 'left-behind':
        return {
          what: `${count} of ${of} fp8 scales stand beside weights that are not fp8`,
          found: `${example} and a weight of another dtype, or none`,
          expected: 'an fp8 weight for every scale, or no scale',
        };
      case 'partly':
        return {
          what: 'scaled_fp8 is there, but no scale is',
          found: example,
          expected: 'a scale for each fp8 weight',
        };
      default:
        return {
          what: `${of} weights are fp8 with scales, which some programs ignore`,
          found: example,
          expected:
            'a program that applies the scales: ComfyUI does; diffusers and stable-diffusion.cpp drop them',
        };
    }
  },
});
