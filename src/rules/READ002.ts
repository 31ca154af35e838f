import { predictionDeclarations } from '../components/declared.ts';
import { isAssumedEpsilon, misread, type ReadArgs, takers } from './support/readings.ts';
import { defineRule } from './rule.ts';

/** Programs take the net for one that predicts something else. */
export const READ002 = defineRule<ReadArgs>({
  id: 'READ002',
  name: 'read-as-another-prediction',
  title: 'Programs take the net for one that predicts something else',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `What a net predicts stands in no shape, and each program has its own way to settle it: a marker tensor, a config of a published model, the spread of one bias, a run. Where that differs from what the file says of itself, or from what a run of the net showed, the program draws noise or brown pictures and reports no fault. InvokeAI and diffusers read no marker tensors; Forge looks for the bias of Stable Diffusion 2 under a name that no file has.`,
  mend: 'Set the prediction type by hand in these programs: a ModelSamplingDiscrete node in ComfyUI, `parameterization: "v"` in a YAML beside the file for AUTOMATIC1111 and Forge, `prediction_type` of the scheduler in diffusers, the model’s settings in InvokeAI, `--prediction` in stable-diffusion.cpp.',
  sources: [
    'docs/runtimes.md: what each program looks at, with the version and the function',
    'InvokeAI issue 7495; ComfyUI issue 12579; Forge issue 2509',
  ],
  *check(context) {
    const said = predictionDeclarations(context.checkpoint);
    const metadataAlone =
      context.run === undefined && said.length > 0 && said.every(({ by }) => by === 'metadata');
    const velocity = metadataAlone && said.some(({ prediction }) => prediction === 'v_prediction');
    // COMP031 tells of velocity that only metadata speaks of
    yield* misread(context, 'prediction_type', (net) => !(velocity && isAssumedEpsilon(net)));
  },
  words: ({ net, programs, takes, as, not, is, known }) => ({
    what: `${takers(programs)} ${net} for one that predicts ${as}, not ${not}`,
    found: takes.join('; '),
    expected: `${is} (${known})`,
  }),
});
