import type { Report } from './report.ts';
import { validateJson } from './validate-json.ts';
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
  render(report: Report, options: ReportOptions): string;
}

/** All output formats of a run. */
export const reporters: readonly Reporter[] = [
  {
    id: 'text',
    title: 'for people',
    render: (report, options) => validateText(report, options, options.view),
  },
  { id: 'json', title: 'ungarble/validate@1, see schemas/validate.schema.json', render: validateJson },
];
