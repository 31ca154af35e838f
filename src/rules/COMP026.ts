import { liveNets, nameOf, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** The net takes the guidance scale as an input, and some programs drop that input. */
export const COMP026 = defineRule<{ net: string; width: number; from: string }>({
  id: 'COMP026',
  name: 'guidance-embedding-dropped',
  title: 'Some programs drop the net’s guidance embedding',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `A latent consistency model was distilled with the guidance scale as an input: \`time_embedding.cond_proj\` adds it to the timestep. stable-diffusion.cpp lists that tensor among those it does not use, and ComfyUI does not know it. The net then runs as if the guidance were nothing it ever saw: flat or over-saturated pictures.`,
  mend: 'Run it with diffusers (LatentConsistencyModelPipeline), or use the LCM LoRA with the base model in other programs.',
  sources: [
    'stable-diffusion.cpp, src/model_loader.cpp, unused tensors',
    'diffusers, models/embeddings.py, TimestepEmbedding',
    'latent-consistency-model issue 58',
  ],
  *check(context) {
    for (const { component, net } of liveNets(context)) {
      const guidance = net.conditioning.guidanceDim;
      if (guidance === undefined) continue;
      yield {
        args: { net: nameOf(component), width: guidance.value, from: guidance.from },
        place: placeOf(context, component),
      };
    }
  },
  words: ({ net, width, from }) => ({
    what: `${net} reads the guidance scale, which stable-diffusion.cpp and ComfyUI do not give it`,
    found: `${width} channels in ${from}`,
    expected: 'diffusers, which embeds the guidance scale',
  }),
});
