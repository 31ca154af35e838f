import { placeOf } from './support/components.ts';
import { departures } from './support/schedules.ts';
import { brief, toldPlace } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** The word for the schedule was carried from one program's vocabulary into another's. */
export const SCHED007 = defineRule<{
  setup: string;
  runs: string;
  net: string;
  timestep: number;
  one: string;
  other: string;
}>({
  id: 'SCHED007',
  name: 'beta-schedule-name-swapped',
  title: 'The name of the noise schedule means something else in this program',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `\`linear\` means two things. In the original code, and in ComfyUI, AUTOMATIC1111 and SGM that run it, it is linear in √β, which diffusers calls \`scaled_linear\`; diffusers' \`linear\` is what the original code calls \`sqrt_linear\`. A word copied from one config to the other keeps both ends of the schedule and bends everything between: at the last timestep ᾱ is 0.0016 in place of 0.0047. Contrast is off, and a noisy background stays.`,
  mend: "Write the program's own word: `scaled_linear` in scheduler_config.json where the YAML has `linear`.",
  sources: [
    'CompVis/latent-diffusion, ldm/modules/diffusionmodules/util.py, make_beta_schedule',
    'diffusers, scheduling_ddim.py',
    'ComfyUI issue 1998',
  ],
  *check(context) {
    for (const { setup, trained, runs, net, parts, swapped } of departures(context)) {
      const told = setup.fields.beta_schedule;
      if (told === undefined || !swapped) continue;
      yield {
        args: {
          setup: setup.name,
          runs: runs.beta_schedule,
          net: net.beta_schedule,
          timestep: parts.timestep,
          one: brief(parts.one),
          other: brief(parts.other),
        },
        place: toldPlace(told),
        related: [placeOf(context, trained.component)],
      };
    }
  },
  words: ({ setup, runs, net, timestep, one, other }) => ({
    what: `${setup} has ${runs} between the ends that the net was trained with as ${net}`,
    found: `${runs}; β ${other} at timestep ${timestep}, where they part`,
    expected: `${net}; β ${one} there`,
  }),
});
