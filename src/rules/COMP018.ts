import { liveNets, nameOf, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** ModelSpec's names for nets that are U-Nets, and the families that each may be. Source: ModelSpec README. */
const ARCHITECTURES: readonly (readonly [architecture: string, family: RegExp])[] = [
  ['stable-diffusion-v1', /^(?:sd1|lcm-sd1|bk-sdm-(?!v2)|sdxs-512|zero123|ldm-text2img)/],
  ['stable-diffusion-v1-inpainting', /^sd1-inpainting$/],
  ['stable-diffusion-v2-512', /^(?:sd2|bk-sdm-v2|sdxs-0\.9|lotus)/],
  ['stable-diffusion-v2-768-v', /^(?:sd2|bk-sdm-v2)/],
  ['stable-diffusion-v2-depth', /^sd2-depth$/],
  ['stable-diffusion-v2-inpainting', /^sd2-inpainting$/],
  ['stable-diffusion-v2-unclip-h', /^sd2-unclip-h$/],
  ['stable-diffusion-v2-unclip-l', /^sd2-unclip-l$/],
  [
    'stable-diffusion-xl-v1-base',
    /^(?:sdxl(?!-refiner)|lcm-sdxl|ssd-1b|segmind-vega|koala|playground|kolors)/,
  ],
  ['stable-diffusion-xl-v1-refiner', /^sdxl-refiner$/],
  ['stable-diffusion-xl-v1-edit', /^sdxl-instruct-pix2pix$/],
  ['stable-diffusion-xl-turbo-v1', /^(?:sdxl(?!-refiner)|lcm-sdxl)/],
  ['stable-video-diffusion-img2vid-v1', /^(?:svd|sv3d)/],
  ['stable-diffusion-v3-medium', /^$/],
  ['flux-1-dev', /^$/],
  ['flux-1-schnell', /^$/],
];
const FAMILIES = new Map(ARCHITECTURES);

/** The metadata names another model than the shapes show. */
export const COMP018 = defineRule<{ net: string; architecture: string; family: string }>({
  id: 'COMP018',
  name: 'architecture-contradiction',
  title: 'The metadata names another model than the shapes',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `\`modelspec.architecture\` is meant to save programs the guessing, and model managers sort files by it. Merging tools copy the metadata of one parent, and trainers write what they were told on the command line. Shapes cannot be wrong in this way.`,
  mend: 'Write the architecture that the shapes show, or remove the key.',
  sources: [
    'Stability-AI/ModelSpec README',
    'sd-scripts, library/sai_model_spec.py',
    'ComfyUI, nodes_model_merging.py',
  ],
  *check(context) {
    const architecture = context.checkpoint.metadata.get('modelspec.architecture');
    const family = architecture === undefined ? undefined : FAMILIES.get(architecture);
    if (architecture === undefined || family === undefined) return;
    for (const { component, net } of liveNets(context)) {
      if (net.family.id === 'custom' || family.test(net.family.id)) continue;
      yield {
        args: { net: nameOf(component), architecture, family: net.family.title },
        place: placeOf(context, component),
      };
    }
  },
  words: ({ net, architecture, family }) => ({
    what: `the metadata says ${architecture}, the shapes are those of ${net}`,
    found: architecture,
    expected: `the architecture of ${family}`,
  }),
});
