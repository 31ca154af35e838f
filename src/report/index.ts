import { concise } from './concise.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { htmlPage } from './html.ts';
import { junit } from './junit.ts';
import { markdown } from './markdown.ts';
import type { Report } from './report.ts';
import { sarif } from './sarif.ts';
import { validateJson, validateJsonLines } from './validate-json.ts';
import { validateText, type ValidateOptions } from './validate-text.ts';
import type { View } from './view.ts';

/** What a reporter may go by beside the report itself. */
interface ReportOptions extends ValidateOptions {
  /** What text is drawn on; formats for machines do not look at it. */
  readonly view: View;
}

/** One output format: a pure function from the report to text. */
export interface Reporter {
  /** As in `--format text`. */
  readonly id: string;
  readonly title: string;
  /** Shows the details of each file: they have to be asked for. */
  readonly detailed?: true;
  render(report: Report, options: ReportOptions): string;
}

/** All output formats of a run. */
export const reporters: readonly Reporter[] = [
  {
    id: 'text',
    title: 'for people',
    render: (report, options) => validateText(report, options, options.view),
  },
  {
    id: 'concise',
    title: 'a line for each finding',
    render: (report, { view }) => concise(report, view),
  },
  { id: 'json', title: 'ungarble/validate@1, see schemas/validate.schema.json', render: validateJson },
  { id: 'jsonl', title: 'the same, a line for each file', render: validateJsonLines },
  { id: 'sarif', title: 'SARIF 2.1.0, for code scanning', render: sarif },
  { id: 'junit', title: 'JUnit XML', render: junit },
  { id: 'github', title: 'annotations of GitHub workflows', render: github },
  { id: 'gitlab', title: 'GitLab code quality', render: gitlab },
  { id: 'markdown', title: 'for summaries and comments', render: markdown },
  { id: 'html', title: 'one page for people, with each U drawn', detailed: true, render: htmlPage },
];
