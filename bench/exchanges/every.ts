/** Every exchange that a net's shapes allow, done in its file: what finds it. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openSession } from '../../src/cli/open-session.ts';
import type { AlphaSettings } from '../../src/schedule/alphas.ts';
import type { PredictionType } from '../../src/schedule/prediction.ts';
import { planOf } from '../../src/smoke/plan.ts';
import { settleExchanges } from '../../src/smoke/probes/exchanges.ts';
import { manyConditions } from '../../src/smoke/probes/fed.ts';
import { readInputs } from '../../src/smoke/probes/inputs.ts';
import { exchanges } from '../../src/smoke/probes/judge-weights.ts';
import type { Run } from '../../src/smoke/probes/last-layer.ts';
import { levelsOf } from '../../src/smoke/probes/levels.ts';
import { Variants } from '../../src/smoke/probes/variants.ts';
import { type Candidate, placesOf, readWiring, type WiringReading } from '../../src/values/index.ts';
import { type MemoryNet, withValues } from '../../test/values/memory-net.ts';
import { changed, memoryNet } from '../garble/damages/tensors.ts';
import { type Edit, writeModel } from '../garble/edit.ts';
import { Subject } from '../garble/subject.ts';
import { exchangedValues } from '../garble/unclear.ts';
import { givenFor, readValidation } from '../garble/validation.ts';

export type FoundBy = 'weights' | 'layers' | 'duel' | 'nothing';

export interface Found {
  readonly kind: Candidate['kind'];
  readonly places: readonly string[];
  /** As the weights of the sound net have it. */
  readonly margin: number;
  readonly by: FoundBy;
  /** What else was named, where it was not this exchange. */
  readonly named?: string;
  /** How the layers of the damaged net fit what they are given: below 0 they would fit better exchanged back. */
  readonly fits?: number;
  /** Whether it makes a difference to what is drawn, where that was looked at. */
  readonly harmless?: boolean;
}

export interface Every {
  readonly found: readonly Found[];
  /** What the sound net is taken for: exchanges named in it, which were never done. */
  readonly alarms: readonly string[];
  /** Least margin of the layers' fits in the sound net, over what its weights leave open. */
  readonly least?: number;
}

interface Options {
  /** Captions that the net is fed, where nothing in its folder makes any: a validation file. */
  readonly validation?: string;
  /** Where damaged models are written, one at a time. */
  readonly folder: string;
  /** Whether what the layers do not tell is run both ways. */
  readonly duels: boolean;
  readonly told?: (done: number, of: number) => void;
}

/** Does each exchange of the net at the path, reads the weights anew, and runs the net where these name nothing. */
export async function everyExchange(path: string, options: Options): Promise<Every> {
  const subject = await Subject.open(path);
  const net = memoryNet(subject);
  const sound = await readWiring(net.net, net.read);
  const own = await inRun(path, sound, options);
  const alarms = [...sound.exchanged.map(({ candidate }) => nameOf(candidate)), ...own.named];
  const found: Found[] = [];
  const possible = sound.exchanges.filter(({ candidate }) => isPossible(subject, candidate));
  for (const { candidate, margin } of possible) {
    options.told?.(found.length, possible.length);
    found.push({ kind: candidate.kind, places: placesOf(candidate), margin, ...(await findIt()) });

    async function findIt(): Promise<Pick<Found, 'by' | 'named' | 'fits' | 'harmless'>> {
      const values = exchangedValues(net, subject, candidate);
      const read = await damagedWiring(net, values);
      const named = read.exchanged[0] && nameOf(read.exchanged[0].candidate);
      if (named === nameOf(candidate)) return { by: 'weights' };
      const edit = changed(subject, net.values, values);
      if (edit === undefined) return { by: 'nothing', ...(named === undefined ? {} : { named }) };
      return runIt(edit, read, named);
    }

    async function runIt(edit: Edit, read: WiringReading, named: string | undefined) {
      const damaged = join(options.folder, 'exchanged');
      try {
        const run = await inRun(await writeModel(subject, edit, damaged), read, options);
        const reading = run.readings.find(({ places }) => places.join() === placesOf(candidate).join());
        const fits = reading?.fits === undefined ? {} : { fits: reading.fits.margin };
        const other = [named, ...run.named].find((each) => each !== undefined);
        if (!run.named.includes(nameOf(candidate)))
          return { by: 'nothing' as const, ...fits, ...(other === undefined ? {} : { named: other }) };
        const harmless = reading?.better === 'alike';
        const by = reading?.fits?.better === 'exchanged' ? ('layers' as const) : ('duel' as const);
        return { by, ...fits, ...(reading?.moved === undefined ? {} : { harmless }) };
      } finally {
        await rm(damaged, { recursive: true, force: true });
      }
    }
  }
  const fits = own.readings.flatMap((each) => (each.fits === undefined ? [] : [each.fits.margin]));
  return { found, alarms, ...(fits.length === 0 ? {} : { least: Math.min(...fits) }) };
}

/** Decoder resnets that write differently many channels cannot have each other's weights for a skip. */
function isPossible(subject: Subject, candidate: Candidate): boolean {
  if (candidate.kind !== 'skips') return true;
  const [a, b] = [candidate.a, candidate.b].map((id) => subject.shape(`${id}.conv1.weight`)[0]);
  return a === b;
}

function damagedWiring({ net, values }: MemoryNet, damage: MemoryNet['values']): Promise<WiringReading> {
  const damaged = withValues(net, new Map([...values, ...damage]));
  return readWiring(damaged.net, damaged.read);
}

/** What a run says of the exchanges that the weights of a model leave open. */
async function inRun(path: string, wiring: WiringReading, { validation, duels }: Options) {
  const { session, close } = await openSession(path, { device: 'cpu' });
  try {
    const plan = planOf(session, {});
    const { settings } = plan.sampling;
    const given = validation === undefined ? {} : givenFor(await readValidation(validation));
    const conditions = await manyConditions(session, given.features, plan, given.inputs);
    if (typeof conditions === 'string') throw new Error(`${path}: ${conditions}`);
    const levels = levelsOf(settings as AlphaSettings, undefined);
    const run: Run = { type: settings.prediction_type as PredictionType, levels, seed: 0 };
    const { latent } = plan;
    const companions = new Float32Array();
    const variants = new Variants(session, { latent, timesteps: 1000, conditions, companions, batch: 16 });
    const open = wiring.unclear.map(({ candidate }) => candidate);
    const { net } = session.parts;
    const inputs = await readInputs(variants, net, run);
    const readings = await settleExchanges(variants, net, run, inputs, open, duels);
    const named = exchanges(readings).flatMap(({ place }) => (place === undefined ? [] : [place]));
    return { readings, named };
  } finally {
    await close();
  }
}

function nameOf(candidate: Candidate): string {
  return placesOf(candidate).join(' and ');
}
