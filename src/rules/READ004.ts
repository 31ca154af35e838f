import { misread, type ReadArgs, takers } from './support/readings.ts';
import { defineRule } from './rule.ts';

/** Programs ignore that the net was trained to zero terminal SNR. */
export const READ004 = defineRule<ReadArgs>({
  id: 'READ004',
  name: 'read-without-zero-terminal-snr',
  title: 'Programs ignore that the net was trained to zero terminal SNR',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `A net that was trained to zero terminal SNR begins with pure noise at the last timestep. A program that does not rescale its schedule begins with a trace of a picture that is not there: pictures come out of medium brightness, without true black or white. A program that rescales without cause begins where the net has never been.

ComfyUI and Forge go by the marker tensor \`ztsnr\`, ComfyUI only beside \`v_pred\`; others rescale when their user says so.`,
  mend: 'Switch on zero terminal SNR in these programs: `rescale_betas_zero_snr` in diffusers, the noise schedule setting in AUTOMATIC1111.',
  sources: [
    'docs/runtimes.md: what each program looks at, with the version and the function',
    'Lin et al. 2023, Common Diffusion Noise Schedules and Sample Steps are Flawed; Forge issue 2371; AUTOMATIC1111 issue 13052',
  ],
  *check(context) {
    yield* misread(context, 'zero_terminal_snr');
  },
  words: ({ net, programs, takes, is, known }) => ({
    what: `${takers(programs)} ${net} for one ${is.startsWith('yes') ? 'without' : 'with'} zero terminal SNR`,
    found: takes.join('; '),
    expected: `${is} (${known})`,
  }),
});
