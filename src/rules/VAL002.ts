import { nameOf } from './support/components.ts';
import { tensorPlace } from './support/places.ts';
import { isAllZero, scanned, zeroTail } from './support/values.ts';
import { defineRule, type Draft } from './rule.ts';

type Args = { component: string; tensor: string; case: 'matrix' | 'zero-start' | 'gain' | 'adapter' };

export const VAL002 = defineRule<Args>({
  id: 'VAL002',
  name: 'all-zero',
  title: 'A tensor is nothing but zeros where training leaves none so',
  severity: 'error',
  evidence: 'values',
  since: '0.1.0',
  why: `A matrix of zeros gives zeros whatever it reads. In a text encoder or in the middle of a resnet that cuts a path
through which the picture should go. Some layers *begin* at zero (the second convolution of a resnet, the last one of a
transformer, in the code of latent-diffusion and guided-diffusion): there a zero matrix means that the layer was never
trained, and its block adds nothing. Biases of zero are sound. So are pairs of a LoRA whose second matrix is zero, as long
as not all of them are.`,
  mend: `Take the tensor from the file that this one was made of. Where a whole file of zeros was downloaded, fetch it again: room
was made for it, and its bytes never came.`,
  sources: [
    'latent-diffusion, ldm/modules/diffusionmodules/openaimodel.py: zero_module',
    'diffusers issue 11989',
  ],
  *check(context) {
    const { checkpoint, components, values } = context;
    if (values === undefined) return;
    // bytes that never came are told once, for the file
    const lost = new Set(checkpoint.files.flatMap((_, file) => zeroTail(values, file)));
    for (const { component, tensor, scan, placed } of scanned(context)) {
      if (placed === undefined || !isAllZero(scan) || lost.has(tensor)) continue;
      const { role } = placed;
      if (role !== 'matrix' && role !== 'gain' && role !== 'zero-start') continue;
      yield {
        args: { component: nameOf(component), tensor: tensor.name, case: role },
        place: tensorPlace(checkpoint, component, tensor),
        ...(role === 'zero-start' ? { severity: 'warning' as const } : {}),
      };
    }
    for (const component of components.filter(({ kind }) => kind === 'lora')) {
      const matrices = component.tensors.filter(({ tensor }) => tensor.shape.length >= 2);
      const zero = matrices.filter(({ tensor }) => {
        const scan = values.scans.get(tensor);
        return scan !== undefined && isAllZero(scan);
      });
      const [first] = zero;
      if (first === undefined || zero.length * 2 < matrices.length) continue;
      const draft: Draft<Args> = {
        args: { component: nameOf(component), tensor: first.tensor.name, case: 'adapter' },
        place: tensorPlace(checkpoint, component, first.tensor),
        severity: 'warning',
      };
      yield draft;
    }
  },
  words: ({ component, tensor, case: of }) => ({
    what:
      of === 'adapter'
        ? `one matrix of each pair in ${component} is zero: it changes nothing`
        : `${tensor} of ${component} is all zeros`,
    expected: {
      matrix: 'numbers: no training leaves this layer at zero',
      gain: 'numbers around 1: what the norm is multiplied with',
      'zero-start': 'numbers: the layer begins at zero, and training moves it',
      adapter: 'numbers: the second of a pair begins at zero, and training moves it',
    }[of],
  }),
});
