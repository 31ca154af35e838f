import type { Net } from '../net.ts';
import type { Family } from './family.ts';
import { bkSdmBase } from './bk-sdm-base.ts';
import { bkSdmSmall } from './bk-sdm-small.ts';
import { bkSdmTiny } from './bk-sdm-tiny.ts';
import { bkSdmV2Base } from './bk-sdm-v2-base.ts';
import { bkSdmV2Small } from './bk-sdm-v2-small.ts';
import { bkSdmV2Tiny } from './bk-sdm-v2-tiny.ts';
import { ddpmCelebahq256 } from './ddpm-celebahq-256.ts';
import { ddpmCifar1032 } from './ddpm-cifar10-32.ts';
import { deepfloydIfIXl } from './deepfloyd-if-i-xl.ts';
import { deepfloydIfIiL } from './deepfloyd-if-ii-l.ts';
import { guidedDiffusion128 } from './guided-diffusion-128.ts';
import { guidedDiffusion256 } from './guided-diffusion-256.ts';
import { guidedDiffusion256Uncond } from './guided-diffusion-256-uncond.ts';
import { guidedDiffusion512 } from './guided-diffusion-512.ts';
import { guidedDiffusion64 } from './guided-diffusion-64.ts';
import { kandinsky21 } from './kandinsky-2.1.ts';
import { kandinsky22 } from './kandinsky-2.2.ts';
import { koala1b } from './koala-1b.ts';
import { koala700m } from './koala-700m.ts';
import { kolors } from './kolors.ts';
import { kolorsMerged } from './kolors-merged.ts';
import { lcmSd1 } from './lcm-sd1.ts';
import { lcmSdxl } from './lcm-sdxl.ts';
import { ldmBsrSr } from './ldm-bsr-sr.ts';
import { ldmCeleba256 } from './ldm-celeba256.ts';
import { ldmCin256 } from './ldm-cin256.ts';
import { ldmCin256V2 } from './ldm-cin256-v2.ts';
import { ldmInpaintingBig } from './ldm-inpainting-big.ts';
import { ldmLsunChurches256 } from './ldm-lsun-churches256.ts';
import { ldmText2img1p4b } from './ldm-text2img-1p4b.ts';
import { lotusD } from './lotus-d.ts';
import { playground25 } from './playground-2.5.ts';
import { sdX4Upscaler } from './sd-x4-upscaler.ts';
import { sd1 } from './sd1.ts';
import { sd1Inpainting } from './sd1-inpainting.ts';
import { sd1InstructPix2pix } from './sd1-instruct-pix2pix.ts';
import { sd2 } from './sd2.ts';
import { sd2Depth } from './sd2-depth.ts';
import { sd2Inpainting } from './sd2-inpainting.ts';
import { sd2UnclipH } from './sd2-unclip-h.ts';
import { sd2UnclipL } from './sd2-unclip-l.ts';
import { sd2V } from './sd2-v.ts';
import { sdxl } from './sdxl.ts';
import { sdxlInpainting } from './sdxl-inpainting.ts';
import { sdxlInstructPix2pix } from './sdxl-instruct-pix2pix.ts';
import { sdxlRefiner } from './sdxl-refiner.ts';
import { sdxs09 } from './sdxs-0.9.ts';
import { sdxs512 } from './sdxs-512.ts';
import { segmindVega } from './segmind-vega.ts';
import { ssd1b } from './ssd-1b.ts';
import { sv3dP } from './sv3d-p.ts';
import { sv3dU } from './sv3d-u.ts';
import { svd } from './svd.ts';
import { zero123 } from './zero123.ts';

/**
 * Every family that is told by its shapes. Of families with the same shapes the first is the one that
 * runtimes assume when nothing beside the net tells them apart.
 */
export const families: readonly Family[] = [
  sd1,
  sd1Inpainting,
  sd1InstructPix2pix,
  zero123,
  lcmSd1,
  ldmText2img1p4b,
  sd2,
  sd2V,
  sd2Inpainting,
  sd2Depth,
  sd2UnclipL,
  sd2UnclipH,
  lotusD,
  sdX4Upscaler,
  sdxl,
  playground25,
  sdxlInpainting,
  sdxlInstructPix2pix,
  lcmSdxl,
  kolors,
  kolorsMerged,
  sdxlRefiner,
  ssd1b,
  segmindVega,
  koala700m,
  koala1b,
  bkSdmBase,
  bkSdmSmall,
  bkSdmTiny,
  bkSdmV2Base,
  bkSdmV2Small,
  bkSdmV2Tiny,
  sdxs512,
  sdxs09,
  svd,
  sv3dU,
  sv3dP,
  guidedDiffusion64,
  guidedDiffusion256,
  guidedDiffusion256Uncond,
  guidedDiffusion128,
  guidedDiffusion512,
  ldmCeleba256,
  ldmLsunChurches256,
  ldmCin256,
  ldmCin256V2,
  ldmBsrSr,
  ldmInpaintingBig,
  kandinsky21,
  kandinsky22,
  deepfloydIfIXl,
  deepfloydIfIiL,
  ddpmCifar1032,
  ddpmCelebahq256,
];

/** The family a net was matched to; undefined for a custom one. */
export function familyOf({ family }: Pick<Net, 'family'>): Family | undefined {
  return families.find(({ id }) => id === family.id);
}
