import { liveNets, nameOf, numberFact, ofKind, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** What a net reads beside the noisy latent, given how many channels a latent has. */
const READS: readonly { readonly what: string; channels(latent: number): number }[] = [
  { what: 'the latent', channels: (latent) => latent },
  { what: 'the latent, a mask and a masked latent', channels: (latent) => 2 * latent + 1 },
  { what: 'the latent and a picture’s latent', channels: (latent) => 2 * latent },
  { what: 'the latent and a depth map', channels: (latent) => latent + 1 },
  { what: 'the latent and a small picture', channels: (latent) => latent + 3 },
];

/** The U-Net reads or writes latents of another kind than the autoencoder makes. */
export const COMP005 = defineRule<{
  net: string;
  vae: string;
  latent: number;
  inChannels: number;
  outChannels: number;
  possible: readonly number[];
}>({
  id: 'COMP005',
  name: 'latent-channels-mismatch',
  title: 'The U-Net and the VAE disagree about the latent',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `The U-Net denoises what the autoencoder wrote. Its first convolution reads the latent's channels and whatever is put beside them; its last one writes as many channels as the latent has, or twice as many with a learned variance. A 4-channel net beside a 16-channel autoencoder (FLUX, Stable Diffusion 3) cannot be run.

Channels that agree are no proof: the autoencoders of SD 1 and SDXL have the same shapes and different scales.`,
  mend: 'Use the autoencoder that the U-Net was trained on.',
  sources: [
    'diffusers, pipelines/stable_diffusion: num_channels_latents and the concatenations of each pipeline',
  ],
  *check(context) {
    const vaes = ofKind(context, 'vae').filter((vae) => numberFact(vae, 'latent_channels') !== undefined);
    for (const { component, net } of liveNets(context)) {
      const inChannels = net.inChannels?.value;
      const outChannels = net.outChannels?.value;
      if (inChannels === undefined || outChannels === undefined) continue;
      for (const vae of vaes) {
        const latent = numberFact(vae, 'latent_channels') as number;
        const possible = READS.map(({ channels }) => channels(latent));
        const writes = outChannels === latent || outChannels === 2 * latent;
        if (writes && possible.includes(inChannels)) continue;
        yield {
          args: { net: nameOf(component), vae: nameOf(vae), latent, inChannels, outChannels, possible },
          place: placeOf(context, component),
          related: [placeOf(context, vae)],
        };
      }
    }
  },
  words: ({ net, vae, latent, inChannels, outChannels, possible }) => ({
    what: `${net} does not work on the ${latent}-channel latents of ${vae}`,
    found: `the net reads ${inChannels} channels and writes ${outChannels}`,
    expected: `${possible.join(', ')} in; ${latent} or ${2 * latent} out`,
    evidence: 'shapes of conv_in, conv_out and the decoder’s conv_in',
  }),
});
