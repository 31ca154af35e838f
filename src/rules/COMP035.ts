import { unetConfig } from '../components/configs.ts';
import { predictionDeclarations } from '../components/declared.ts';
import { liveNets, nameOf, partOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** Stable Diffusion 2 at 768 without its attention in float32. */
export const COMP035 = defineRule<{ file: string; net: string; declared: string }>({
  id: 'COMP035',
  name: 'upcast-attention-missing',
  title: 'The config does not ask for attention in float32, which this net needs',
  severity: 'warning',
  evidence: 'config',
  since: '0.1.0',
  why: `Queries and keys of Stable Diffusion 2.1 for 768 pixels multiply to more than float16 can hold. Its config has \`upcast_attention: true\`, so that diffusers computes attention in float32; the default is false. A conversion that loses the key, or an export to ONNX or TensorRT in half precision, draws black pictures. In float32 and bfloat16 nothing happens, which is why it is found late.`,
  mend: 'Write `"upcast_attention": true` into unet/config.json.',
  sources: [
    'stabilityai/stable-diffusion-2-1, unet/config.json',
    'InvokeAI issue 2329; AUTOMATIC1111 PR 6510, issue 5671; Olive issue 1223',
  ],
  *check(context) {
    const velocity = predictionDeclarations(context.checkpoint).some(
      ({ prediction }) => prediction === 'v_prediction',
    );
    for (const { component, net } of liveNets(context)) {
      const part = partOf(context, component);
      const config = part === undefined ? undefined : unetConfig(part);
      if (config === undefined || !/^sd2(?:-v)?$/.test(net.family.id) || !velocity) continue;
      const declared = config.flag('upcast_attention');
      if (declared?.value === true) continue;
      yield {
        args: {
          file: config.path,
          net: nameOf(component),
          declared: declared === undefined ? 'nothing, read as false' : 'false',
        },
        place: { file: config.path, pointer: declared === undefined ? '' : '/upcast_attention' },
      };
    }
  },
  words: ({ file, net, declared }) => ({
    what: `${file} does not ask for attention in float32, which ${net} needs in half precision`,
    found: declared,
    expected: 'upcast_attention true',
  }),
});
