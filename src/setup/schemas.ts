/**
 * The schemas of what setups are read from. Ajv and the schemas come with this module, so it is imported only when
 * there is a setup to read.
 */
import comfyuiPrompt from '../../schemas/comfyui-prompt.schema.json' with { type: 'json' };
import comfyuiWorkflow from '../../schemas/comfyui-workflow.schema.json' with { type: 'json' };
import ldmConfig from '../../schemas/ldm-config.schema.json' with { type: 'json' };
import lock from '../../schemas/lock.schema.json' with { type: 'json' };
import setup from '../../schemas/setup.schema.json' with { type: 'json' };
import type { ConfigIssue } from '../components/config-report.ts';
import { schemaCheck, topKey } from '../components/schema-issues.ts';
import type { JsonValue } from '../formats/json.ts';

const place = (pointer: string): string => pointer;

const CHECKS = {
  'comfyui-prompt': schemaCheck(comfyuiPrompt, place),
  'comfyui-workflow': schemaCheck(comfyuiWorkflow, place),
  'ldm-config': schemaCheck(ldmConfig, place),
  lock: schemaCheck(lock, place),
  setup: schemaCheck(setup, topKey),
} as const;

/** Everything in a document that its schema does not allow, one issue a place; for our own setups one a field. */
export function documentIssues(name: keyof typeof CHECKS, value: JsonValue): readonly ConfigIssue[] {
  return CHECKS[name](value);
}
