import { placeOf } from './support/components.ts';
import { isEdm, runsOf, saying, toldPlace, trainedOf } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** An EDM net without EDM's scaling, or a plain one with it. */
export const SCHED009 = defineRule<{ setup: string; runs: string; net: string; edm: boolean }>({
  id: 'SCHED009',
  name: 'edm-scaling-mismatch',
  title: 'Net and setup disagree about the scaling of EDM',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `Nets in EDM's framing (Playground 2.5, CosXL, Stable Video Diffusion) are fed ln(σ)/4 in place of a timestep, and their input and output are scaled by other factors of σ than those of Stable Diffusion. Playground 2.5 has the shapes of SDXL to the last number. On SDXL's sampler it draws noise only; so does a plain SDXL on an EDM sampler.`,
  mend: 'Use an EDM scheduler (`EDMDPMSolverMultistepScheduler`, `EDMEulerScheduler`), in ComfyUI ModelSamplingContinuousEDM with σ from 0.002 to 80; for Playground also its own mean and deviation of the latent. For any other net take them out.',
  sources: [
    'Karras et al. 2022, Elucidating the Design Space, table 1',
    'playgroundai/playground-v2.5-1024px-aesthetic, scheduler_config.json',
    'diffusers issue 8997: Kolors on EDM',
  ],
  *check(context) {
    const trained = trainedOf(context);
    const net = trained?.fields.prediction_type;
    if (trained === undefined || net === undefined) return;
    for (const { name, fields } of runsOf(context)) {
      const runs = fields.prediction_type;
      if (runs === undefined || isEdm(runs.value) === isEdm(net.value)) continue;
      yield {
        args: { setup: name, runs: saying(runs), net: saying(net), edm: isEdm(net.value) },
        place: toldPlace(runs),
        related: [placeOf(context, trained.component)],
      };
    }
  },
  words: ({ setup, runs, net, edm }) => ({
    what: edm
      ? `${setup} runs an EDM net without EDM's scaling`
      : `${setup} runs in EDM's scaling a net that was not trained in it`,
    found: runs,
    expected: net,
  }),
});
