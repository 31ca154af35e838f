/** What is found by running the net more than one way: other readings, what its layers are given, parts exchanged. */
import { GRAPH_DIALECT } from '../../topology/graph/net.ts';
import type { Session } from '../session.ts';
import type { ProbeName, Unjudged } from './assessment.ts';
import { blockFits } from './block-fits.ts';
import { isBearable, isRefitted, isSmall, MINUTES } from './effort.ts';
import { settleExchanges, untried } from './exchanges.ts';
import { hypothesesOf } from './hypotheses.ts';
import { readInputs } from './inputs.ts';
import type { Measured } from './judge.ts';
import type { Run } from './last-layer.ts';
import type { Levels } from './levels.ts';
import type { Condition, NetSubjectOptions } from './net-subject.ts';
import { fitReadings, settleReadings } from './settle-readings.ts';
import { type Compared, tryReadings } from './try-readings.ts';
import { Variants } from './variants.ts';

export interface OtherWays {
  readonly session: Session;
  readonly options: NetSubjectOptions;
  /** As declared. */
  readonly levels: Levels;
  /** How the net is asked, as far as it was read. */
  readonly run: Run;
  /** Many conditions, or why there are none. */
  readonly many: readonly Condition[] | string;
  /** Does with every net what is done with small ones only. */
  readonly thorough: boolean | undefined;
  /** Told what is begun. */
  readonly onProbe: (what: ProbeName) => void;
  /** Told what is done. */
  readonly lap: (what: ProbeName) => void;
}

/**
 * Runs the net computed in other ways, and with parts of it exchanged.
 * @param measured where what is found is put
 * @param unjudged where it is put what was not looked at
 * @returns how many latents it was run on
 */
export async function runOtherWays(
  measured: Measured,
  unjudged: Unjudged[],
  { session, options, levels, run, many, thorough, onProbe, lap }: OtherWays,
): Promise<number> {
  const { net } = session.parts;
  if (net.dialect === GRAPH_DIALECT) {
    unjudged.push({ probe: 'reading', reason: 'its graph says what is computed: there is no other reading' });
    return 0;
  }
  const variants = new Variants(session, options);
  // fed what it was never trained on, the wrong way may be the better one
  const wide = typeof many === 'string' ? undefined : new Variants(session, { ...options, conditions: many });
  const patient = isSmall(net, thorough);
  const fighters = patient ? wide : undefined;
  let compared: readonly Compared[] = [];
  if (isBearable(net, thorough)) {
    onProbe('reading');
    // where texts and sizes stand matters only where the texts are what the net was trained on
    const hypotheses = hypothesesOf(net, variants.conventions).filter(
      ({ about }) => fighters !== undefined || about !== 'added conditioning',
    );
    compared = await tryReadings(variants, { ...run, levels }, hypotheses);
    if (fighters !== undefined) compared = await settleReadings(fighters, run, compared, measured.refit);
    measured.readings = compared.map(({ reading }) => reading);
    lap('reading');
  } else {
    const reason = 'other groups and orders of sine and cosine take minutes on a net of this size';
    unjudged.push({ probe: 'reading', reason: `${reason}; ungarble smoke --thorough tries them` });
  }
  const open = (measured.wiring?.unclear ?? []).map(({ candidate }) => candidate);
  if (wide !== undefined && (open.length > 0 || isRefitted(net, thorough))) {
    onProbe('inputs');
    const inputs = await readInputs(wide, net, run);
    measured.inputs = blockFits(net, inputs.fits);
    if (isRefitted(net, thorough)) measured.readings = await fitReadings(wide, net, inputs, compared);
    lap('inputs');
    if (open.length > 0) {
      onProbe('exchange');
      measured.exchanges = await settleExchanges(wide, net, run, inputs, open, patient);
      unjudged.push(...untried(open.length, measured.exchanges, patient));
      lap('exchange');
    }
  } else {
    const reason = typeof many === 'string' ? many : MINUTES;
    unjudged.push({ probe: open.length > 0 ? 'exchange' : 'inputs', reason });
  }
  return variants.forwards + (wide?.forwards ?? 0);
}
