/** One case after the other: the model changed, written, opened as a user's file is, measured and judged. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSession } from '../../src/cli/open-session.ts';
import { EngineError, UnsupportedNetError } from '../../src/smoke/index.ts';
import type { Case } from './cases.ts';
import { canHold, type Edit, writeModel } from './edit.ts';
import type { Judgement, judge } from './evidence.ts';
import { compare, type Harm, harmOf, type Loss } from './harm.ts';
import type { NetEntry } from './nets.ts';
import { Subject } from './subject.ts';
import { type Errors, errorsOf, picturesOf } from './truth.ts';
import { givenFor, readValidation, type Validation } from './validation.ts';

/** What was measured of one case, as JSON. */
export interface Row {
  readonly net: string;
  readonly netHalf: NetEntry['half'];
  readonly id: string;
  readonly type: Case['type'];
  readonly group: string;
  readonly kind: string;
  readonly strength: string;
  readonly half?: Case['half'];
  readonly truth: Truth;
  readonly judgement?: Judgement;
}

interface Truth {
  readonly harm: Harm;
  readonly loss?: Loss;
  /** Mean square difference of decoded pictures. */
  readonly pictureOff?: number;
  /** Why it cannot be run. */
  readonly refused?: string;
  readonly seconds: number;
}

export interface RunOptions {
  /** Where rows are kept, so that a run that was broken off goes on. */
  readonly cache: string;
  /** Absent where only what the damage really costs is wanted. */
  readonly judge?: typeof judge;
  /**
   * What an older version made is taken as it is: what damage costs, that and what the probes found, or all that the program
   * says of it.
   */
  readonly keep: 'none' | 'truth' | 'probes' | 'all';
  /** Of all cases those whose turn it is: `at` of `of`. */
  readonly shard: { readonly at: number; readonly of: number };
  readonly threads: number;
  /** Whether large nets are probed in every way too. */
  readonly thorough: boolean;
  readonly wanted: (each: Case) => boolean;
  readonly told: (line: string) => void;
}

/** All rows of a net. */
export async function runNet(
  entry: NetEntry,
  cases: readonly Case[],
  options: RunOptions,
): Promise<readonly Row[]> {
  const { donor: _, sibling: __, ...alone } = entry;
  const [lone, related] = [await stampsOf(alone, options), await stampsOf(entry, options)];
  const bed = new Bed(entry, options);
  const rows: Row[] = [];
  for (const [index, each] of cases.entries()) {
    if (!options.wanted(each)) continue;
    const stamps = each.relatives ? related : lone;
    const file = join(options.cache, entry.name, `${each.id.replaceAll(/[^\w.-]+/g, '_')}.json`);
    const had = await cached(file);
    const fresh = had !== undefined && (options.keep !== 'none' || had.truthStamp === stamps.truth);
    const old = options.keep === 'all' && had?.row?.judgement !== undefined;
    const own = options.keep === 'probes' ? [stamps.verdict, `weights ${stamps.verdict}`] : [stamps.verdict];
    const judged = fresh && (old || own.includes(had.verdictStamp));
    if (fresh && (judged || had.row === undefined || options.judge === undefined)) {
      if (had.row !== undefined) rows.push(weighed(had.row));
      continue;
    }
    if (index % options.shard.of !== options.shard.at) continue;
    const kept = options.keep === 'probes' ? had?.row?.judgement : undefined;
    const row = await bed.row(each, fresh ? had.row?.truth : undefined, kept);
    const stamp = kept === undefined ? stamps.verdict : `weights ${stamps.verdict}`;
    const verdictStamp = row?.judgement === undefined ? '' : stamp;
    await store(file, { truthStamp: stamps.truth, verdictStamp, ...(row === undefined ? {} : { row }) });
    if (row !== undefined) rows.push(row);
    options.told(`${entry.name}: ${each.id}: ${row === undefined ? 'cannot be done' : summary(row)}`);
  }
  return rows;
}

/** The harm by the bounds of today, for a row that was kept. */
function weighed(row: Row): Row {
  const { loss, pictureOff } = row.truth;
  return loss === undefined ? row : { ...row, truth: { ...row.truth, harm: harmOf(loss, pictureOff) } };
}

function summary({ truth, judgement }: Row): string {
  const ratio = truth.loss === undefined ? '' : ` ×${truth.loss.all.value.toFixed(2)}`;
  const told = [...new Set(judgement?.told.map(({ by }) => by))].join(' ');
  return `${truth.harm}${ratio} → ${judgement?.called ?? 'not judged'} ${told}`;
}

/** The net, its relatives and how it does when nothing is done to it; each read when it is first wanted. */
class Bed {
  readonly #entry: NetEntry;
  readonly #options: RunOptions;
  #means: Promise<{ subject: Subject; donor?: Subject; sibling?: Subject }> | undefined;
  #validation: Promise<Validation> | undefined;
  readonly #sound = new Map<string, Promise<Measured>>();

  constructor(entry: NetEntry, options: RunOptions) {
    this.#entry = entry;
    this.#options = options;
  }

  async row(each: Case, known: Truth | undefined, kept: Judgement | undefined): Promise<Row | undefined> {
    const means = await (this.#means ??= subjects(this.#entry));
    const edit = await each.make(means);
    if (edit === undefined || !canHold(means.subject, edit)) return undefined;
    const { name, half } = this.#entry;
    const { id, type, group, kind, strength } = each;
    const result = await this.#measure(means.subject, edit, touches(group), known, kept);
    return {
      net: name,
      netHalf: half,
      id,
      type,
      group,
      kind,
      strength,
      ...(each.half === undefined ? {} : { half: each.half }),
      ...result,
    };
  }

  async #measure(
    subject: Subject,
    edit: Edit,
    touched: Touched,
    known: Truth | undefined,
    kept: Judgement | undefined,
  ): Promise<Pick<Row, 'truth' | 'judgement'>> {
    if (known !== undefined && kept?.called === 'refused') return { truth: known, judgement: kept };
    const sound = known === undefined ? await this.#soundOf(subject, touched) : undefined;
    return onDisk(subject, edit, async (path) => {
      const start = performance.now();
      const seconds = (): number => (performance.now() - start) / 1000;
      try {
        const { session, workspace, close } = await openSession(path, this.#settings);
        try {
          let truth = known;
          if (truth === undefined) {
            const own = await this.#measured(session, touched);
            const loss = compare(own.errors, (sound as Measured).errors);
            const off = pictureOff(own.pictures, sound?.pictures);
            truth = {
              harm: harmOf(loss, off),
              loss,
              ...(off === undefined ? {} : { pictureOff: off }),
              seconds: seconds(),
            };
          }
          const given = givenFor(await (this.#validation ??= readValidation(this.#entry.validation)));
          const judgement = await this.#options.judge?.(
            session,
            workspace,
            given,
            this.#options.thorough,
            kept,
          );
          return { truth, ...(judgement === undefined ? {} : { judgement }) };
        } finally {
          await close();
        }
      } catch (error) {
        if (!(error instanceof EngineError) && !(error instanceof UnsupportedNetError)) throw error;
        const truth: Truth = known ?? { harm: 'refused', refused: error.message, seconds: seconds() };
        const told = [{ by: 'refused', grave: true, finding: error.message }];
        return { truth, judgement: { called: 'refused', told, seconds: seconds(), forwards: 0 } };
      }
    });
  }

  get #settings() {
    return { device: 'cpu', threads: this.#options.threads, keep: true } as const;
  }

  /** What is measured of the untouched model in the same way. */
  #soundOf(subject: Subject, touched: Touched): Promise<Measured> {
    const had = this.#sound.get(touched);
    if (had !== undefined) return had;
    const made = (async () => {
      const { session, close } = await openSession(subject.path, this.#settings);
      try {
        return await this.#measured(session, touched);
      } finally {
        await close();
      }
    })();
    this.#sound.set(touched, made);
    return made;
  }

  async #measured(session: Parameters<typeof errorsOf>[0], touched: Touched): Promise<Measured> {
    const validation = await (this.#validation ??= readValidation(this.#entry.validation));
    const errors = await errorsOf(session, validation, { ownText: touched === 'text' });
    const pictures = touched === 'picture' ? await picturesOf(session, validation) : undefined;
    return { errors, ...(pictures === undefined ? {} : { pictures }) };
  }
}

interface Measured {
  readonly errors: Errors;
  readonly pictures?: Float32Array;
}

/** Which part a group of damages acts on. */
type Touched = 'net' | 'text' | 'picture';

function touches(group: string): Touched {
  return group === 'text' || group === 'picture' ? group : 'net';
}

async function subjects({ path, donor, sibling }: NetEntry) {
  return {
    subject: await Subject.open(path),
    ...(donor === undefined ? {} : { donor: await Subject.open(donor) }),
    ...(sibling === undefined ? {} : { sibling: await Subject.open(sibling) }),
  };
}

/** Mean square difference; infinite where a picture has NaN. */
function pictureOff(own: Float32Array | undefined, sound: Float32Array | undefined): number | undefined {
  if (own === undefined || sound === undefined) return undefined;
  let sum = 0;
  for (const [at, value] of own.entries()) sum += (value - (sound[at] as number)) ** 2;
  return Number.isFinite(sum) ? sum / own.length : Number.POSITIVE_INFINITY;
}

async function onDisk<T>(subject: Subject, edit: Edit, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'garble-'));
  try {
    return await use(await writeModel(subject, edit, join(folder, 'model')));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Stored {
  readonly truthStamp: string;
  readonly verdictStamp: string;
  /** Absent where the case cannot be done to the net. */
  readonly row?: Row;
}

/** JSON has no infinity. */
const INFINITE = '∞';

async function cached(file: string): Promise<Stored | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  return JSON.parse(text, (_, value) => (value === INFINITE ? Number.POSITIVE_INFINITY : value)) as Stored;
}

async function store(file: string, stored: Stored): Promise<void> {
  const text = JSON.stringify(stored, (_, value: unknown) =>
    value === Number.POSITIVE_INFINITY ? INFINITE : value,
  );
  await mkdir(join(file, '..'), { recursive: true });
  // under another name first: two shards may write side by side, and either may be ended
  await writeFile(`${file}.part`, text);
  await rename(`${file}.part`, file);
}

/** What rows hang on: the net's bytes and what makes and measures damage; for verdicts, all sources too. */
async function stampsOf(
  { path, validation, donor, sibling }: NetEntry,
  { thorough }: Pick<RunOptions, 'thorough'>,
) {
  const nets = [path, validation, donor, sibling].filter((each) => each !== undefined);
  const makers = [
    'bench/garble/damages',
    'bench/garble/edit.ts',
    'bench/garble/encode.ts',
    'bench/garble/healthy.ts',
  ];
  const measures = ['bench/garble/truth.ts', 'test/values/damage.ts'];
  const truth = await hashOf([...nets, ...makers, ...measures]);
  const verdict = await hashOf([
    ...nets,
    ...makers,
    ...['smoke', 'values', 'rules', 'setup', 'schedule'].map((name) => `src/${name}`),
    'bench/garble/evidence.ts',
    'bench/garble/validation.ts',
  ]);
  return { truth, verdict: thorough ? `thorough ${verdict}` : verdict };
}

async function hashOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    const names = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined);
    const files = names?.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name)) ?? [
      path,
    ];
    for (const file of files.sort()) hash.update(file).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}
