/** Checks configs against their JSON Schemas. Imported only when there is a config: see `schema-issues.ts`. */
import modelIndex from '../../schemas/model-index.schema.json' with { type: 'json' };
import scheduler from '../../schemas/scheduler-config.schema.json' with { type: 'json' };
import textEncoder from '../../schemas/text-encoder-config.schema.json' with { type: 'json' };
import unet from '../../schemas/unet-config.schema.json' with { type: 'json' };
import vae from '../../schemas/vae-config.schema.json' with { type: 'json' };
import type { JsonValue } from '../formats/json.ts';
import type { ConfigIssue, ConfigKind } from './config-report.ts';
import { schemaCheck, topKey } from './schema-issues.ts';

const CHECKS = {
  unet: schemaCheck(unet, topKey),
  vae: schemaCheck(vae, topKey),
  'text-encoder': schemaCheck(textEncoder, topKey),
  'model-index': schemaCheck(modelIndex, topKey),
  scheduler: schemaCheck(scheduler, topKey),
} as const;

/** Everything in the config that its schema does not allow, one issue a key. */
export function schemaIssues(kind: ConfigKind, value: JsonValue): readonly ConfigIssue[] {
  return CHECKS[kind](value);
}
