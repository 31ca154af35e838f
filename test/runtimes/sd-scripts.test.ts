import { describe, expect, it } from 'vitest';
import { assumptionsOf, cases, decisionOf, headWords, largestSigma, replay } from './replays.ts';

/** What each of its loaders does with a file: the net that it builds, or why it stops. */
type Replayed = Readonly<
  Record<
    'sd' | 'v2' | 'sdxl',
    | {
        readonly scale: number;
        readonly heads: string;
        readonly v_parameterization: boolean;
        readonly sigma_max: number;
      }
    | { readonly fails: string }
  >
>;

const decisions = replay<Replayed>('sd-scripts');

const SCRIPTS = {
  sd: 'a script of Stable Diffusion 1',
  v2: 'a script with --v2',
  sdxl: 'a script of SDXL',
} as const;

describe('kohya sd-scripts', () => {
  it.each(cases)('loads $id with the same script, with the same settings', (one) => {
    const loads = Object.entries(decisions[one.id] ?? {}).flatMap(([script, theirs]) =>
      'fails' in theirs
        ? []
        : [
            {
              ...theirs,
              script: SCRIPTS[script as keyof Replayed],
              sigma_max: theirs.sigma_max.toPrecision(4),
            },
          ],
    );
    const ours = decisionOf('sd-scripts', one);
    const assumes = assumptionsOf(ours);
    const told = {
      script: ours.kind === 'told' ? ours.as : '',
      scale: assumes.vae_scale?.value,
      heads: headWords(assumes),
      v_parameterization: assumes.prediction_type?.value === 'v_prediction',
      sigma_max: largestSigma(assumes),
    };
    expect(ours.kind === 'refused' ? [] : [told]).toEqual(loads);
  });

  it('says what in a file stops the script that fits best', () => {
    const reason = (id: string) => {
      const one = cases.find((each) => each.id === id);
      const decision = one && decisionOf('sd-scripts', one);
      return decision?.kind === 'refused' ? decision.reason : undefined;
    };
    expect(reason('sd1-inpainting')).toBe(
      'a script of Stable Diffusion 1 stops while it loads: 9 channels enter and 320 go on, where its nets take 4 to 320',
    );
    expect(reason('sdxl-net-alone')).toBe(
      'a script of SDXL stops while it loads: 0 tensors under conditioner.embedders.0.transformer, where it has 196',
    );
    expect(reason('sd2-unclip-h')).toContain(
      'embedder.model.visual.transformer.resblocks is taken for a part',
    );
    expect(reason('sdxl-refiner')).toBe('none of its scripts for U-Nets has such a net');
    expect(reason('sd1-bare')).toBe('no net under model.diffusion_model, where its loaders look for it');
  });
});
