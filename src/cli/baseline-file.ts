/** The baseline of a run: which findings are known, and what it is to be from now on. */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  againstBaseline,
  type Baseline,
  baselineText,
  type KnownFinding,
  readBaseline,
} from '../config/baseline.ts';
import type { FileReport, StaleEntry } from '../report/report.ts';
import { placeFrom } from './config-file.ts';
import { issuesOf, readDocument } from './document.ts';
import { UsageError } from './exit.ts';
import { isThere } from './is-there.ts';
import { writeWhole } from './output.ts';
import { isAddress } from './target.ts';

/** A baseline while a run goes on. */
export class KnownFindings {
  readonly stale: StaleEntry[] = [];
  readonly #path: string;
  readonly #cwd: string;
  readonly #known: Baseline;
  readonly #now = new Map<string, readonly KnownFinding[]>();
  readonly #ran: (rule: string) => boolean;

  private constructor(path: string, cwd: string, known: Baseline, ran: (rule: string) => boolean) {
    this.#path = path;
    this.#cwd = cwd;
    this.#known = known;
    this.#ran = ran;
  }

  /**
   * @param update one that is not there yet is empty
   * @param ran whether a rule had what it needs in this run
   * @throws {UsageError} when it is not there, or says something that cannot be
   */
  static async open(
    name: string,
    cwd: string,
    update: boolean,
    ran: (rule: string) => boolean,
  ): Promise<KnownFindings> {
    const path = resolve(cwd, name);
    if (!(await isThere(path))) {
      if (!update) throw new UsageError(`${name}: there is no such baseline; --update-baseline writes one`);
      return new KnownFindings(path, cwd, new Map(), ran);
    }
    const read = readBaseline(await readDocument(path, name));
    if ('issues' in read) throw issuesOf(name, read.issues);
    return new KnownFindings(path, cwd, read.baseline, ran);
  }

  /** The report with its known findings set aside; for an update all of them are. */
  apply(file: FileReport, update: boolean): FileReport {
    const place = this.#place(file.path);
    const known = this.#known.get(place) ?? [];
    const first = againstBaseline(file, known, this.#ran);
    this.#now.set(place, first.now);
    this.stale.push(...first.stale.map((one) => ({ path: place, ...one })));
    return update ? againstBaseline(file, first.now, this.#ran).file : first.file;
  }

  /** Adds the entries of files that are gone. */
  async close(): Promise<void> {
    for (const [path, known] of this.#known) {
      if (this.#now.has(path) || isAddress(path)) continue;
      const gone = await stat(resolve(dirname(this.#path), path)).then(
        () => false,
        (error: NodeJS.ErrnoException) => error.code === 'ENOENT' || error.code === 'ENOTDIR',
      );
      if (!gone) continue;
      this.#now.set(path, []);
      this.stale.push(...known.map(({ rule, fingerprint }) => ({ path, rule, fingerprint })));
    }
  }

  /** Writes what the baseline is now: whole, or not at all. @throws {WriteError} */
  async write(): Promise<void> {
    const text = baselineText(new Map([...this.#known, ...this.#now]));
    await writeWhole(this.#path, new TextEncoder().encode(text), true);
  }

  /** What stands in it, for whoever must know whether two runs had the same. */
  get entries(): readonly (readonly [string, readonly KnownFinding[]])[] {
    return [...this.#known];
  }

  #place(path: string): string {
    return placeFrom(dirname(this.#path), path, this.#cwd);
  }
}
