import { runsOf, saying, toldPlace, trainedOf } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** Zero terminal SNR for a net that predicts noise. */
export const SCHED004 = defineRule<{ setup: string; zero: string; predicts: string }>({
  id: 'SCHED004',
  name: 'zero-snr-on-epsilon',
  title: 'Zero terminal SNR is used with a net that predicts noise',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `At zero terminal SNR the last timestep is nothing but noise. A net that predicts noise returns its input there and has said nothing about the picture; dividing by √ᾱ = 0 makes it infinite, or, with the small number that programs put in its place, multiplies its error by thousands. Pictures come out desaturated or burnt. Only nets that predict velocity or the clean picture can start there.`,
  mend: 'Turn the rescaling off, or use a net that was trained to predict velocity.',
  sources: [
    'Lin et al. 2023, section 3.1: v-prediction is needed',
    'SimpleTuner issue 195: desaturated pictures',
    'diffusers, scheduling_ddim.py, rescale_betas_zero_snr',
  ],
  *check(context) {
    const trained = trainedOf(context);
    if (trained === undefined) return;
    for (const { name, fields } of runsOf(context)) {
      const zero = fields.rescale_betas_zero_snr;
      const predicts = fields.prediction_type ?? trained.fields.prediction_type;
      if (zero?.value !== true || predicts?.value !== 'epsilon') continue;
      yield {
        args: { setup: name, zero: zero.from, predicts: saying(predicts) },
        place: toldPlace(zero),
      };
    }
  },
  words: ({ setup, zero, predicts }) => ({
    what: `${setup} starts a net that predicts noise from pure noise`,
    found: `zero terminal SNR by ${zero}, ${predicts}`,
    expected: 'v_prediction with zero terminal SNR, or neither',
  }),
});
