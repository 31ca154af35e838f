/** The YAML beside a checkpoint, by which AUTOMATIC1111 and its relatives read it. */
import type { ConfigIssue } from '../../components/config-report.ts';
import type { Sidecar } from '../../formats/checkpoint.ts';
import { parseYaml } from '../yaml.ts';
import type { Setup } from '../setup.ts';
import { ldm } from './ldm.ts';

/** What a sidecar says, or why it cannot be read. */
export interface SidecarReading {
  readonly path: string;
  readonly setup?: Setup;
  /** Why it is no config, in words. */
  readonly problem?: string;
  /** What its schema does not allow. */
  readonly issues: readonly ConfigIssue[];
}

/** Reads it as those programs do: nothing but an inference config of LDM or SGM. Never throws for what stands in it. */
export async function readSidecar({ path, text }: Sidecar): Promise<SidecarReading> {
  const parsed = parseYaml(text);
  if ('problem' in parsed)
    return { path, problem: `no YAML that can be read: ${parsed.problem}`, issues: [] };
  const document = { path, text, value: parsed.value };
  if (!ldm.match(document)) return { path, problem: 'no model with target and params in it', issues: [] };
  const { setups, issues = [] } = await ldm.read(document);
  const [setup] = setups;
  return { path, ...(setup === undefined ? {} : { setup }), issues };
}
