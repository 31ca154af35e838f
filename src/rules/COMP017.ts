import { markerNames } from '../components/declared.ts';
import { isSdxlGrammar, liveNets, nameOf, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** Markers that only work with another one. Source: ComfyUI `supported_models.py`, `SDXL.model_type`. */
const NEEDS: readonly (readonly [marker: string, needs: string])[] = [
  ['ztsnr', 'v_pred'],
  ['edm_mean', 'edm_std'],
  ['edm_std', 'edm_mean'],
  ['edm_vpred.sigma_min', 'edm_vpred.sigma_max'],
];

/** A marker tensor stands where nobody reads it. */
export const COMP017 = defineRule<{ marker: string; net: string; needs: string }>({
  id: 'COMP017',
  name: 'marker-without-effect',
  title: 'A marker tensor has no effect here',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `Marker tensors are an understanding between programs about SDXL: ComfyUI, Forge and stable-diffusion.cpp look for them only once they have decided that the net is SDXL. In a Stable Diffusion 1 file \`v_pred\` is not looked at, and the net is sampled as if it predicted noise. \`ztsnr\` counts only together with \`v_pred\`, and \`edm_mean\` only with \`edm_std\`.`,
  mend: 'Say what the net predicts where the program that will run it looks: in a sidecar YAML (`parameterization: "v"`) for AUTOMATIC1111 and Forge, by a ModelSamplingDiscrete node in ComfyUI, in scheduler_config.json for diffusers. Add the marker that is missing.',
  sources: [
    'ComfyUI, comfy/supported_models.py: SD15 is always epsilon, SDXL.model_type reads the markers',
    'diffusers issue 9171; stable-diffusion.cpp issue 325; Forge issue 123: v-prediction on Stable Diffusion 1',
  ],
  *check(context) {
    const markers = markerNames(context.checkpoint);
    if (markers.size === 0) return;
    for (const { component, net } of liveNets(context)) {
      const unread = isSdxlGrammar(net) ? [] : [...markers].map((marker) => ({ marker, needs: '' }));
      const alone = NEEDS.filter(([marker, needs]) => markers.has(marker) && !markers.has(needs));
      const faults = unread.length > 0 ? unread : alone.map(([marker, needs]) => ({ marker, needs }));
      for (const { marker, needs } of faults) {
        yield {
          args: { marker, net: nameOf(component), needs },
          place: { ...placeOf(context, component), tensor: marker },
        };
      }
    }
  },
  words: ({ marker, net, needs }) => ({
    what:
      needs === ''
        ? `marker ${marker} beside ${net} is read by no program`
        : `marker ${marker} is there without ${needs}`,
    found: marker,
    expected:
      needs === '' ? 'markers beside a net of SDXL’s grammar only' : `${marker} and ${needs}, or neither`,
  }),
});
