import { placeOf } from './support/components.ts';
import { isDefault, runsOf, saying, toldPlace, trainedOf } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** The net was trained down to pure noise, and the setup's schedule stops before it, or the other way round. */
export const SCHED003 = defineRule<{ setup: string; runs: string; net: string; zero: boolean }>({
  id: 'SCHED003',
  name: 'zero-terminal-snr-mismatch',
  title: 'Net and setup disagree about zero terminal SNR',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `Stable Diffusion's own schedule leaves a little signal in the last timestep: ᾱ is 0.0047, not 0, and the mean of the picture shines through. Nets trained with the schedule rescaled to zero terminal SNR have learnt every noise level at another timestep. Run without the rescaling they draw grey where black was asked for, and all noise levels are off; a plain net run with it is worse.

The option has no effect in programs that look for the marker \`ztsnr\` in the file and do not find it.`,
  mend: 'Set the setup as the net was trained: `rescale_betas_zero_snr` in scheduler_config.json, `zsnr` of ModelSamplingDiscrete, Noise schedule in AUTOMATIC1111. With it, begin at the last timestep (`timestep_spacing: trailing`).',
  sources: [
    'Lin et al. 2023, Common Diffusion Noise Schedules and Sample Steps are Flawed',
    'Forge issue 2371; AUTOMATIC1111 issue 13052',
    'ComfyUI, comfy/supported_models.py, SDXL.model_type: ztsnr counts only with v_pred',
  ],
  *check(context) {
    const trained = trainedOf(context);
    if (trained === undefined) return;
    const net = trained.fields.rescale_betas_zero_snr;
    for (const { name, fields } of runsOf(context)) {
      const runs = fields.rescale_betas_zero_snr;
      if (runs === undefined) continue;
      // who says nothing about a net of which nothing is said agrees with it
      const wants = net?.value ?? false;
      if (wants === runs.value) continue;
      // a fine-tune for zero terminal SNR need not carry a mark
      const sure = net !== undefined && !isDefault(net);
      yield {
        args: {
          setup: name,
          runs: `rescale_betas_zero_snr ${saying(runs)}`,
          net: net === undefined ? 'false: nothing in the checkpoint speaks of it' : saying(net),
          zero: wants,
        },
        place: toldPlace(runs),
        related: [placeOf(context, trained.component)],
        ...(sure ? {} : { severity: 'warning' as const }),
      };
    }
  },
  words: ({ setup, runs, net, zero }) => ({
    what: zero
      ? `${setup} does not rescale to zero terminal SNR, which the net was trained with`
      : `${setup} rescales to zero terminal SNR, and nothing says that the net was trained so`,
    found: runs,
    expected: net,
  }),
});
