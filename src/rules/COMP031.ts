import { predictionDeclarations } from '../components/declared.ts';
import { isPipeline } from '../formats/checkpoint.ts';
import { isSdxlGrammar, liveNets, nameOf, placeOf } from './support/components.ts';
import { isAssumedEpsilon, readingsOf } from './support/readings.ts';
import { defineRule } from './rule.ts';

/** The net predicts velocity, and says so where most programs do not look. */
export const COMP031 = defineRule<{ net: string; from: string; sdxl: boolean; programs: readonly string[] }>({
  id: 'COMP031',
  name: 'prediction-type-unread',
  title: 'Most programs will not see that this net predicts velocity',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `For SDXL, ComfyUI, Forge and stable-diffusion.cpp go by the tensor \`v_pred\` and read no metadata; a trainer that writes only \`modelspec.prediction_type\` leaves them at epsilon, and they draw noise. For nets of Stable Diffusion 1's shapes they always assume epsilon. InvokeAI assumes epsilon for everything but Stable Diffusion 2.`,
  mend: 'For SDXL, add empty tensors named `v_pred` (and `ztsnr` if it was trained with zero terminal SNR). For Stable Diffusion 1, ship a sidecar YAML with `parameterization: "v"` and tell people to set the prediction type in their program.',
  sources: [
    'ComfyUI issue 12579; Forge PR 2115; AUTOMATIC1111 PR 16567',
    'InvokeAI issue 7495',
    'diffusers issue 9171; stable-diffusion.cpp issue 325',
  ],
  *check(context) {
    // a diffusers folder is read by diffusers, which does look into its config
    if (isPipeline(context.checkpoint)) return;
    const said = predictionDeclarations(context.checkpoint);
    const velocity = said.find(({ prediction }) => prediction === 'v_prediction');
    if (velocity === undefined || said.some(({ by }) => by === 'marker')) return;
    for (const { component, net } of liveNets(context)) {
      if (!isAssumedEpsilon(net)) continue;
      const programs = readingsOf(context).flatMap(({ runtime, decision }) =>
        decision.kind === 'identified' && decision.assumes.prediction_type?.value === 'epsilon'
          ? [runtime.title]
          : [],
      );
      if (programs.length === 0) continue;
      yield {
        args: { net: nameOf(component), from: velocity.from, sdxl: isSdxlGrammar(net), programs },
        place: placeOf(context, component),
      };
    }
  },
  words: ({ net, from, sdxl, programs }) => ({
    what: `${net} predicts velocity by ${from}, which ${programs.join(', ')} do not read`,
    found: `v_prediction in ${from} only`,
    expected: sdxl ? 'a marker tensor v_pred' : 'the prediction type set by hand in these programs',
  }),
});
