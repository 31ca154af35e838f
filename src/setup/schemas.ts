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
import { type SchemaCheck, schemaCheck, topKey } from '../components/schema-issues.ts';
import type { JsonValue } from '../formats/json.ts';

const SCHEMAS = {
  'comfyui-prompt': comfyuiPrompt,
  'comfyui-workflow': comfyuiWorkflow,
  'ldm-config': ldmConfig,
  lock,
  setup,
} as const;

type SchemaName = keyof typeof SCHEMAS;

const compiled = new Map<SchemaName, SchemaCheck>();

/** Everything in a document that its schema does not allow, one issue a place; for our own setups one a field. */
export function documentIssues(name: SchemaName, value: JsonValue): readonly ConfigIssue[] {
  let check = compiled.get(name);
  if (check === undefined) {
    const keyOf = name === 'setup' ? topKey : (pointer: string) => pointer;
    compiled.set(name, (check = schemaCheck(SCHEMAS[name], keyOf)));
  }
  return check(value);
}
