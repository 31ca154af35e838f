import { text } from '../components/declared.ts';
import { liveNets, nameOf, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/**
 * Channels that a pipeline gives its U-Net, beside a latent of 4. Source: diffusers `pipelines`, the check of
 * `unet.config.in_channels` in each `__call__`.
 */
const PIPELINES: ReadonlyMap<string, readonly number[]> = new Map([
  ['StableDiffusionPipeline', [4]],
  ['StableDiffusionImg2ImgPipeline', [4]],
  ['StableDiffusionInpaintPipeline', [4, 9]],
  ['StableDiffusionDepth2ImgPipeline', [5]],
  ['StableDiffusionUpscalePipeline', [7]],
  ['StableDiffusionLatentUpscalePipeline', [8]],
  ['StableDiffusionInstructPix2PixPipeline', [8]],
  ['StableDiffusionXLPipeline', [4]],
  ['StableDiffusionXLImg2ImgPipeline', [4]],
  ['StableDiffusionXLInpaintPipeline', [4, 9]],
  ['StableDiffusionXLInstructPix2PixPipeline', [8]],
  ['StableUnCLIPPipeline', [4]],
  ['StableUnCLIPImg2ImgPipeline', [4]],
  ['LatentConsistencyModelPipeline', [4]],
  ['StableVideoDiffusionPipeline', [8]],
  ['KolorsPipeline', [4]],
]);

const MEANING: ReadonlyMap<number, string> = new Map([
  [3, 'a picture (no latent)'],
  [4, 'the latent alone'],
  [5, 'the latent and a depth map'],
  [6, 'two pictures (super-resolution of pixels)'],
  [7, 'the latent and a small picture (upscaler)'],
  [8, 'the latent and a picture’s latent (InstructPix2Pix, Zero123, video)'],
  [9, 'the latent, a mask and a masked latent (inpainting)'],
]);

/** The pipeline named in model_index.json feeds the net another number of channels than it reads. */
export const COMP006 = defineRule<{
  net: string;
  pipeline: string;
  channels: number;
  takes: readonly number[];
}>({
  id: 'COMP006',
  name: 'pipeline-mismatch',
  title: 'The pipeline does not suit the net’s first convolution',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `How many channels \`conv_in\` reads says what the net is for: 4 to draw, 9 to inpaint, 8 to follow a picture, 5 with a depth map, 7 to upscale. \`model_index.json\` names the pipeline that will feed it.

After a merge the two often part: an inpainting net merged with a plain one keeps 9 channels under a text-to-image pipeline, and only the first four of them may be blended.`,
  mend: 'Name the pipeline that suits the net in `_class_name` of model_index.json, or take the U-Net that the pipeline is for.',
  sources: [
    'diffusers, pipelines/*: the check of unet.config.in_channels',
    'AUTOMATIC1111 issue 3484 and PR 3788: merging inpainting nets',
  ],
  *check(context) {
    const pipeline = text(context.checkpoint.modelIndex?.value, '_class_name');
    const takes = pipeline === undefined ? undefined : PIPELINES.get(pipeline);
    if (pipeline === undefined || takes === undefined) return;
    for (const { component, net } of liveNets(context)) {
      const channels = net.inChannels?.value;
      if (channels === undefined || takes.includes(channels)) continue;
      yield {
        args: { net: nameOf(component), pipeline, channels, takes },
        place: placeOf(context, component),
        related: [
          { file: context.checkpoint.modelIndex?.path ?? 'model_index.json', pointer: '/_class_name' },
        ],
      };
    }
  },
  words: ({ net, pipeline, channels, takes }) => ({
    what: `${pipeline} feeds ${takes.join(' or ')} channels to ${net}, which reads ${channels}`,
    found: `${channels}: ${MEANING.get(channels) ?? 'no known use'}`,
    expected: takes.map((take) => `${take}: ${MEANING.get(take) ?? 'no known use'}`).join('; or '),
  }),
});
