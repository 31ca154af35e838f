/** Checks configs against their JSON Schemas. Imported only when there is a config: see `schema-issues.ts`. */
import modelIndex from '../../schemas/model-index.schema.json' with { type: 'json' };
import scheduler from '../../schemas/scheduler-config.schema.json' with { type: 'json' };
import textEncoder from '../../schemas/text-encoder-config.schema.json' with { type: 'json' };
import unet from '../../schemas/unet-config.schema.json' with { type: 'json' };
import vae from '../../schemas/vae-config.schema.json' with { type: 'json' };
import type { JsonValue } from '../formats/json.ts';
import type { ConfigIssue, ConfigKind } from './config-report.ts';
import { type SchemaCheck, schemaCheck, topKey } from './schema-issues.ts';

const SCHEMAS = { unet, vae, 'text-encoder': textEncoder, 'model-index': modelIndex, scheduler } as const;

const compiled = new Map<ConfigKind, SchemaCheck>();

/** Everything in the config that its schema does not allow, one issue a key. */
export function schemaIssues(kind: ConfigKind, value: JsonValue): readonly ConfigIssue[] {
  let check = compiled.get(kind);
  if (check === undefined) compiled.set(kind, (check = schemaCheck(SCHEMAS[kind], topKey)));
  return check(value);
}
