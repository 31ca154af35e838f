import { defineRule } from './rule.ts';
import { netPlace, said } from './support/run.ts';

/** The running net predicts something else than its files say. */
export const SCHED030 = defineRule<{ read: string; run: string; others: readonly string[] }>({
  id: 'SCHED030',
  name: 'prediction-type-measured',
  title: 'The net predicts something else than it would be run for',
  severity: 'error',
  evidence: 'run',
  since: '0.1.0',
  why: `What a net predicts, the noise, the velocity or the clean picture, stands in no shape, and its output means nothing without it. Files say it in marker tensors, metadata or a config beside them, and most say nothing: then every program assumes what most nets of these shapes predict. A v-prediction fine-tune without a word is run as an epsilon net, and gives noise or brown pictures without any error.

Here the net itself was asked: pure noise comes back from a net that predicts noise, and from no other. The other sources are listed, so that it is plain which of them is wrong.`,
  mend: 'Tell the program what the net predicts: `prediction_type` in scheduler_config.json, a ModelSamplingDiscrete node in ComfyUI, `parameterization: "v"` in the YAML beside the file. Better, make the file say so: `modelspec.prediction_type`, or the marker tensor `v_pred`.',
  sources: [
    'Salimans and Ho 2022, Progressive Distillation for Fast Sampling of Diffusion Models, section 4',
    'docs/how-it-knows.md, "Prediction type"',
  ],
  *check(context) {
    const { run } = context;
    const differs = run?.evidence.find(
      ({ evidence }) => evidence.probe === 'prediction_type' && evidence.finding === 'differs',
    );
    const read = run?.assessment.read.prediction?.type;
    if (run === undefined || differs === undefined || read === undefined) return;
    const { prediction_type, from } = run.assessment.declared;
    yield {
      args: { read, run: `${prediction_type} (${from})`, others: said(run, 'prediction_type') },
      place: netPlace(context),
    };
  },
  words: ({ read, run, others }) => ({
    what: `the net predicts ${read} and would be run as if it predicted something else`,
    found: `it predicts ${read}, read off the running net`,
    expected: run,
    ...(others.length === 0 ? {} : { evidence: `who says what: ${others.join('; ')}` }),
  }),
});
