import { scheduleOf } from '../setup/trained.ts';
import { placeOf } from './support/components.ts';
import { bitingDefaults, missingOnly } from './support/schedules.ts';
import { runsOf, toldPlace, trainedOf, valueText } from './support/setups.ts';
import { defineRule } from './rule.ts';

/** A scheduler config leaves out a part of the schedule, and the class fills it in for another kind of net. */
export const SCHED013 = defineRule<{
  setup: string;
  keys: readonly string[];
  taken: readonly string[];
  right: readonly string[];
  from: string;
}>({
  id: 'SCHED013',
  name: 'schedule-left-to-defaults',
  title: 'The config leaves out a part of the noise schedule, and the default is wrong here',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: `What a scheduler config leaves out is filled in by its class, and most classes assume the nets on pixels that they were written for: betas from 0.0001 to 0.02, \`linear\`. Stable Diffusion needs 0.00085 to 0.012, \`scaled_linear\`. A config that says only \`_class_name\`, or was written by hand, runs on a schedule that no latent net was trained on.

Diffusers' loader for single files without a config once assumed 0.02 to 0.085, which is noise from the first timestep on.`,
  mend: 'Write the keys named into the config.',
  sources: [
    'diffusers, scheduling_ddim.py, __init__: beta_start 0.0001, beta_end 0.02, linear',
    'diffusers, single_file_utils.py, _legacy_load_scheduler',
  ],
  *check(context) {
    const trained = trainedOf(context);
    if (trained === undefined) return;
    const net = scheduleOf(trained.fields);
    if (net === undefined) return;
    for (const { name, fields } of runsOf(context)) {
      if (!missingOnly(fields, net)) continue;
      const keys = bitingDefaults(fields, net);
      const first = fields[keys[0] ?? 'beta_schedule'];
      if (first === undefined) continue;
      yield {
        args: {
          setup: name,
          keys,
          taken: keys.map((key) => valueText(fields[key]?.value)),
          right: keys.map((key) => valueText(net[key])),
          from: first.from,
        },
        place: toldPlace(first),
        related: [placeOf(context, trained.component)],
      };
    }
  },
  words: ({ setup, keys, taken, right, from }) => ({
    what: `${setup} leaves out ${keys.join(', ')}, and the defaults are those of another kind of net`,
    found: keys.map((key, index) => `${key} ${taken[index]}`).join(', '),
    expected: keys.map((key, index) => `${key} ${right[index]}`).join(', '),
    evidence: from,
  }),
});
