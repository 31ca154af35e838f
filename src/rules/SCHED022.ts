import { defineRule } from './rule.ts';

/** Faults of one YAML that are told. */
const SHOWN = 5;

/** The YAML beside a file is none that the programs that look for it can read. */
export const SCHED022 = defineRule<{ sidecar: string; found: string; expected: string }>({
  id: 'SCHED022',
  name: 'sidecar-unreadable',
  title: 'The YAML beside the file cannot be read as an inference config',
  severity: 'warning',
  evidence: 'config',
  since: '0.1.0',
  why: `AUTOMATIC1111 takes any \`model.yaml\` beside \`model.safetensors\` for its inference config, in place of guessing; Forge looks into it for the prediction type. Where it is damaged, or a YAML of something else, they fail to load a checkpoint that is sound, or take it for less than it says.`,
  mend: 'Put the config back that came with the model, or rename the YAML: without one the programs guess, which is right for most models.',
  sources: [
    'AUTOMATIC1111 stable-diffusion-webui modules/sd_models_config.py and modules/sd_models.py; Forge backend/loader.py',
  ],
  *check({ sidecar }) {
    if (sidecar === undefined || sidecar.setup !== undefined) return;
    const { path, problem, issues } = sidecar;
    for (const { pointer, found, expected } of issues.slice(0, SHOWN)) {
      yield { args: { sidecar: path, found, expected }, place: { file: path, pointer } };
    }
    if (issues.length > 0) return;
    const expected = 'an inference config of LDM or SGM: model with target and params';
    yield { args: { sidecar: path, found: problem ?? 'nothing', expected }, place: { file: path } };
  },
  words: ({ sidecar, found, expected }) => ({
    what: `${sidecar} beside it cannot be read as an inference config`,
    found,
    expected,
  }),
});
