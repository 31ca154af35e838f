import type { Report } from './report.ts';
import type { ValidateOptions } from './validate-text.ts';
import type { View } from './view.ts';

/** What a reporter may go by beside the report itself. */
interface ReportOptions extends ValidateOptions {
  /** What text is drawn on; formats for machines do not look at it. */
  readonly view: View;
}

/** One output format: a pure function from the report to text. */
type Render = (report: Report, options: ReportOptions) => string;

/** An output format, loaded when it is first asked for: a run writes one or two of them. */
export interface Reporter {
  /** As in `--format text`. */
  readonly id: string;
  readonly title: string;
  /** Shows the details of each file: they have to be asked for. */
  readonly detailed?: true;
  load(): Promise<Render>;
}

/** All output formats of a run. */
export const reporters: readonly Reporter[] = [
  {
    id: 'text',
    title: 'for people',
    load: async () => {
      const { validateText } = await import('./validate-text.ts');
      return (report, options) => validateText(report, options, options.view);
    },
  },
  {
    id: 'concise',
    title: 'a line for each finding',
    load: async () => {
      const { concise } = await import('./concise.ts');
      return (report, { view }) => concise(report, view);
    },
  },
  {
    id: 'json',
    title: 'ungarble/validate@1, see schemas/validate.schema.json',
    load: async () => (await import('./validate-json.ts')).validateJson,
  },
  {
    id: 'json-details',
    title: 'the same with what html shows, for ungarble merge',
    detailed: true,
    load: async () => (await import('./validate-json.ts')).validateDetailedJson,
  },
  {
    id: 'jsonl',
    title: 'that of json, a line for each file',
    load: async () => (await import('./validate-json.ts')).validateJsonLines,
  },
  {
    id: 'sarif',
    title: 'SARIF 2.1.0, for code scanning',
    load: async () => (await import('./sarif.ts')).sarif,
  },
  { id: 'junit', title: 'JUnit XML', load: async () => (await import('./junit.ts')).junit },
  {
    id: 'github',
    title: 'annotations of GitHub workflows',
    load: async () => (await import('./github.ts')).github,
  },
  { id: 'gitlab', title: 'GitLab code quality', load: async () => (await import('./gitlab.ts')).gitlab },
  {
    id: 'markdown',
    title: 'for summaries and comments',
    load: async () => (await import('./markdown.ts')).markdown,
  },
  {
    id: 'html',
    title: 'one page for people, with each U drawn',
    detailed: true,
    load: async () => (await import('./html.ts')).htmlPage,
  },
];
