import { ofKind, nameOf, placeOf } from './support/components.ts';
import { runsOf, saying, toldPlace } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** AnimateDiff's motion modules are run on Stable Diffusion's schedule. */
export const SCHED008 = defineRule<{ setup: string; module: string; runs: string }>({
  id: 'SCHED008',
  name: 'motion-module-schedule',
  title: 'A motion module is run on the schedule of still pictures',
  severity: 'warning',
  evidence: 'config',
  since: '0.1.0',
  why: `AnimateDiff's motion modules were trained on betas that are \`linear\` from 0.00085 to 0.012, not on the \`scaled_linear\` ones of the Stable Diffusion beneath. On the scheduler that the picture model brings along the video is blurred or flickers, and every frame by itself looks right.`,
  mend: 'Set `beta_schedule` to `linear` (in ComfyUI the `sqrt_linear (AnimateDiff)` of AnimateDiff-Evolved), `clip_sample` to false and `steps_offset` to 1.',
  sources: ['guoyww/AnimateDiff, configs/inference', 'diffusers issues 5881 and 7548'],
  *check(context) {
    const [module] = ofKind(context, 'motion_module');
    if (module === undefined) return;
    for (const { name, fields } of runsOf(context)) {
      const told = fields.beta_schedule;
      if (told === undefined || told.value === 'linear') continue;
      yield {
        args: { setup: name, module: nameOf(module), runs: saying(told) },
        place: toldPlace(told),
        related: [placeOf(context, module)],
      };
    }
  },
  words: ({ setup, module, runs }) => ({
    what: `${setup} runs ${module} on the schedule of still pictures`,
    found: runs,
    expected: 'linear 0.00085 to 0.012',
  }),
});
