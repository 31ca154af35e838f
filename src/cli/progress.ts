import { escapeText, truncateMiddle } from '../report/escape.ts';
import type { Io } from './io.ts';
import type { Target } from './targets.ts';

const CLEAR_LINE = '\r\u001b[K';

/** One line on a terminal that says how far the run is; nothing anywhere else. */
export class Progress {
  private done = 0;
  private text = '';
  private percent = -1;
  private readonly io: Pick<Io, 'stderr'>;
  private readonly total: number;
  private readonly shown: boolean;

  constructor(io: Pick<Io, 'stderr'>, total: number, slow: boolean) {
    this.io = io;
    this.total = total;
    this.shown = io.stderr.isTTY && (total > 1 || slow);
  }

  async at({ path }: Target): Promise<void> {
    this.done += 1;
    this.text = `${this.total > 1 ? `${this.done} of ${this.total}  ` : ''}${escapeText(path)}`;
    this.percent = -1;
    if (this.shown) await this.show(this.text);
  }

  /** Says how far the work on the target is; each percent once. */
  within(what: string, share: number): void {
    const percent = Math.floor(100 * share);
    if (!this.shown || percent === this.percent) return;
    this.percent = percent;
    // nothing waits for the terminal
    void this.show(`${this.text}  ${what} ${percent} %`);
  }

  /** Says what is being done to the target. */
  doing(what: string): void {
    if (this.shown) void this.show(`${this.text}  ${escapeText(what)}`);
  }

  async end(): Promise<void> {
    if (this.shown) await this.io.stderr.write(CLEAR_LINE);
  }

  private async show(text: string): Promise<void> {
    await this.io.stderr.write(CLEAR_LINE + truncateMiddle(text, (this.io.stderr.columns ?? 80) - 1));
  }
}
