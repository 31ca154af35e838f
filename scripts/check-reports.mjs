/**
 * Holds SARIF, JUnit and GitLab reports to the schemas that are published for them. The schemas belong to others and are not
 * part of this repository: docs/ci.md says where each is had.
 *
 *   node scripts/check-reports.mjs --sarif sarif-schema-2.1.0.json --junit junit-10.xsd --gitlab codeclimate.json [report…]
 *
 * Without reports those of the tests are checked. XML is left to `xmllint`, or to the lxml of `--python PATH`.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Ajv } from 'ajv';

const REPORTS = fileURLToPath(new URL('../test/report/reports/', import.meta.url));
const LXML =
  'import sys; from lxml import etree; etree.XMLSchema(file=sys.argv[1]).assertValid(etree.parse(sys.argv[2]))';
const URI = /^(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sarif: { type: 'string' },
    junit: { type: 'string' },
    gitlab: { type: 'string' },
    python: { type: 'string' },
  },
});
const reports =
  positionals.length > 0 ? positionals : readdirSync(REPORTS).map((name) => `${REPORTS}${name}`);

/** What is wrong with a value by a schema of JSON. The schema of SARIF is draft 4, and uses nothing that changed since. */
function jsonCheck(path) {
  const { $schema: _, id: __, ...schema } = JSON.parse(readFileSync(path, 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addFormat('uri', (text) => URI.test(text) && URL.canParse(text));
  ajv.addFormat('uri-reference', (text) => URI.test(text) && URL.canParse(text, 'file:///a/'));
  ajv.addFormat('date-time', (text) => !Number.isNaN(Date.parse(text)));
  const validate = ajv.compile(schema);
  return (value) => {
    validate(value);
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

function xmlCheck(schema, report) {
  const [command, ...argv] =
    values.python === undefined
      ? ['xmllint', '--noout', '--nonet', '--schema', schema, report]
      : [values.python, '-c', LXML, schema, report];
  try {
    execFileSync(command, argv, { stdio: 'pipe' });
    return [];
  } catch (error) {
    return [String(error.stderr || error.message).trim()];
  }
}

const kinds = [
  {
    id: 'sarif',
    names: /\.sarif(?:\.txt)?$/,
    check: (schema) => {
      const issues = jsonCheck(schema);
      return (report) => issues(JSON.parse(readFileSync(report, 'utf8')));
    },
  },
  {
    id: 'gitlab',
    names: /\.gitlab(?:\.txt|\.json)?$/,
    // the schema is of one issue, the report a list of them
    check: (schema) => {
      const issues = jsonCheck(schema);
      return (report) => JSON.parse(readFileSync(report, 'utf8')).flatMap((one) => issues(one));
    },
  },
  {
    id: 'junit',
    names: /\.(?:junit(?:\.txt)?|xml)$/,
    check: (schema) => (report) => xmlCheck(schema, report),
  },
];

let wrong = 0;
for (const { id, names, check } of kinds) {
  const schema = values[id];
  if (schema === undefined) {
    console.log(`${id}: not checked, --${id} names no schema`);
    continue;
  }
  const issuesOf = check(schema);
  const own = reports.filter((report) => names.test(report));
  for (const report of own) {
    const issues = issuesOf(report);
    if (issues.length > 0) wrong += 1;
    for (const issue of issues) console.log(`${report}: ${issue}`);
  }
  console.log(`${id}: ${own.length} reports checked`);
}
process.exitCode = wrong > 0 ? 1 : 0;
