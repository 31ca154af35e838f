/** Reads reports back from their JSON. Ajv comes with this module, so it is imported only where there is one to read. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import schema from '../../schemas/validate.schema.json' with { type: 'json' };
import type { Finding, Rule } from '../rules/rule.ts';
import type { Transfer } from '../bytes/http-client.ts';
import type { FileDetails } from './details.ts';
import type { ComponentSummary, FileReport, PickleSummary, Report, Suppressed } from './report.ts';

/** A JSON report that cannot be taken for one. The message says where, and what would be right. */
export class ReportFormatError extends Error {
  override readonly name = 'ReportFormatError';
}

/** What `validateJson` writes of a checkpoint, a component and a finding, where it differs from the report's own. */
interface ReportJson extends Omit<Report, 'rules' | 'files'> {
  readonly files: readonly FileJson[];
}

interface FileJson
  extends Omit<FileReport, 'checkpoint' | 'components' | 'suppressed' | 'details' | 'transfer'> {
  readonly checkpoint?: Omit<NonNullable<FileReport['checkpoint']>, 'dtypes' | 'pickles'> & {
    readonly dtypes: object;
  };
  readonly components: readonly (Omit<ComponentSummary, 'dtypes' | 'facts'> & {
    readonly dtypes: object;
    readonly facts: object;
  })[];
  readonly suppressed?: readonly (Finding & Omit<Suppressed, 'finding'>)[];
  readonly details?: DetailsJson;
}

/** Nets, setups and runtimes stand there together, or none of them. */
interface DetailsJson extends Partial<FileDetails> {
  readonly pickles?: readonly PickleSummary[];
  readonly transfer?: Transfer;
}

const isReport = new Ajv2020({ allowUnionTypes: true }).compile<ReportJson>(schema);

/**
 * The report that `validateJson` or `validateDetailedJson` made a text of: every reporter says the same of both. What a page
 * for people shows beside is only in the second.
 * @param rules those that words are taken from; they must be of the version that wrote the report
 * @throws {ReportFormatError} when the text is no such report, or says something that these rules do not
 */
export function reportFromJson(text: string, rules: readonly Rule[]): Report {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ReportFormatError(`it is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isReport(value)) {
    const [first] = isReport.errors ?? [];
    throw new ReportFormatError(
      `it is no report of ungarble validate --format json: ${first?.instancePath || 'its root'} ${first?.message}`,
    );
  }
  const { files, ...rest } = value;
  const byId = new Map<string, Rule>(rules.map((rule) => [rule.id, rule]));
  return { ...rest, rules, files: files.map((file, index) => fileOf(file, `/files/${index}`, byId)) };
}

function fileOf(file: FileJson, pointer: string, rules: ReadonlyMap<string, Rule>): FileReport {
  const { checkpoint, components, findings, suppressed, details, ...rest } = file;
  const { pickles, transfer, nets, setups, runtimes, run } = details ?? {};
  return {
    ...rest,
    ...(checkpoint === undefined
      ? {}
      : {
          checkpoint: {
            ...checkpoint,
            dtypes: mapOf<number>(checkpoint.dtypes),
            ...(pickles === undefined ? {} : { pickles }),
          },
        }),
    ...(transfer === undefined ? {} : { transfer }),
    ...(nets === undefined || setups === undefined || runtimes === undefined
      ? {}
      : { details: { nets, setups, runtimes, ...(run === undefined ? {} : { run }) } }),
    components: components.map(componentOf),
    findings: findings.map((one, index) => findingOf(one, `${pointer}/findings/${index}`, rules)),
    ...(suppressed === undefined
      ? {}
      : {
          suppressed: suppressed.map((one, index) =>
            suppressedOf(one, findingOf(one, `${pointer}/suppressed/${index}`, rules)),
          ),
        }),
  };
}

type FactOf = ComponentSummary['facts'] extends ReadonlyMap<string, infer F> ? F : never;

function componentOf({ dtypes, facts, ...component }: FileJson['components'][number]): ComponentSummary {
  return { ...component, dtypes: mapOf<number>(dtypes), facts: mapOf<FactOf>(facts) };
}

function suppressedOf({ by, reason }: Omit<Suppressed, 'finding'>, finding: Finding): Suppressed {
  return { finding, by, ...(reason === undefined ? {} : { reason }) };
}

/** @throws {ReportFormatError} for a finding that no rule of ours has words for */
function findingOf(
  { rule: id, severity, args, place, related }: Finding,
  pointer: string,
  rules: ReadonlyMap<string, Rule>,
): Finding {
  const rule = rules.get(id);
  if (rule === undefined) throw new ReportFormatError(`${pointer}: there is no rule ${JSON.stringify(id)}`);
  try {
    rule.words(args);
  } catch {
    throw new ReportFormatError(
      `${pointer}/args: they are not those of ${id}; was the report changed by hand?`,
    );
  }
  return { rule: id, severity, args, place, related };
}

function mapOf<T>(object: object): ReadonlyMap<string, T> {
  return new Map(Object.entries(object) as [string, T][]);
}
