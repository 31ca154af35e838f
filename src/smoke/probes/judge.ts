/** From what was measured to evidence, and from evidence to a verdict. Pure. */
import type { PredictionType } from '../../schedule/prediction.ts';
import type { NumbersReading, WiringReading } from '../../values/index.ts';
import type {
  Assessment,
  BlockFit,
  Evidence,
  ExchangeReading,
  Figures,
  PredictionReading,
  Reading,
  Says,
  Verdict,
} from './assessment.ts';
import { type Clean, mean, rms } from './mixing.ts';
import { GARBLES, make } from './evidence.ts';
import { autoencoder, textEncoders } from './judge-parts.ts';
import { exchanges, inputs, numbers, wiring } from './judge-weights.ts';
import type { AutoencoderReading } from './autoencoder.ts';
import type { NotFinite } from './net-subject.ts';
import type { PictureNumbers } from './picture.ts';
import type { Response } from './response.ts';
import type { Refit } from './refit.ts';
import { LEAST_POINTS, NEAR, type ScheduleFound } from './schedule-fit.ts';
import type { FittedText } from './text-fits.ts';

/** What the probes measured so far. What is absent was not come to. */
export interface Measured {
  readonly declared: PredictionType;
  activations: Assessment['activations'];
  scores?: Assessment['scores'];
  /** Whether the config has queries and keys multiplied in float32 whatever the net runs in; absent without a config. */
  readonly upcast?: boolean;
  prediction?: PredictionReading;
  schedule?: ScheduleFound;
  /** Of what the net draws on the declared schedule, its outputs taken for what they were read to be. */
  picture?: PictureNumbers;
  /** The same as it is declared in everything, where that is something else. */
  pictureAsDeclared?: PictureNumbers;
  time?: number;
  asymmetry?: number;
  refit?: Refit;
  /** Pictures that the net drew for it. */
  own?: readonly Clean[];
  responses?: readonly (Response & { readonly probe: 'text' | 'pooled' | 'class'; readonly with: string })[];
  readings?: readonly Reading[];
  wiring?: WiringReading;
  inputs?: readonly BlockFit[];
  exchanges?: readonly ExchangeReading[];
  numbers?: NumbersReading;
  texts?: readonly FittedText[];
  autoencoder?: AutoencoderReading;
  notFinite?: NotFinite;
}

/** Largest finite numbers. */
const [FLOAT16, E4M3] = [65_504, 448];

/** A change of less than float32's rounding through the layers of a net is none. */
export const NOTHING = 1e-4;

/** σ/α between which the gain is judged: above, any net does well; below, most of what is missed is the picture's own. */
const [GAIN_FROM, GAIN_TO] = [0.4, 3];

/** Mean of ln(error / error of who only knows the pictures' spread): good nets are at −3, under-trained ones at −1.7. */
const [WEAK, NONE] = [-0.7, 0];

/** σ/α between which the balance of a guess is judged: below, damage hides behind the picture; above, half a percent of scale is much. */
const [BALANCE_FROM, BALANCE_TO] = [0.85, 2];

/** Share of what it misses that no denoiser of least squared error would; sound nets are below 0.2. */
const UNBALANCED = 0.4;

/** Asymmetry: good nets have 0.2, a sound fine-tune has 0.52. */
const [ASKEW, LOPSIDED] = [0.6, 0.8];

/**
 * Share of what is missed that a new fit of the last layer takes away, less two standard errors: sound nets leave up to
 * 0.04 on pictures of their own, those of x₀, whose pictures are farther from what they were trained on, up to 0.065. A
 * third is a loss of one and a half times what it need be.
 */
const [IMPROVABLE, IMPROVABLE_SAMPLE, LOST] = [0.06, 0.1, 1 / 3];

/** How far from 1 an ε-net's answer to pure noise may be; sound ones are within 0.02. */
const OFF_BALANCE = 0.04;

/** Root mean square of ln σ by which a wrong schedule garbles; below it harms. */
const FAR = 0.3;

/** Correlation of neighbours in what a net draws; sound ones are down to 0.29, a net of v run as one of ε has 0.15. */
const NOISY = 0.2;

/** A condition that moves the picture by so much more than another noise does. */
const TOO_STRONG = 3;

/** Joins everything that was measured. */
export function judge(measured: Measured): {
  readonly verdict: Verdict;
  readonly evidence: readonly Evidence[];
} {
  const own = [
    ...finite(measured),
    ...overflow(measured),
    ...scores(measured),
    ...prediction(measured),
    ...schedule(measured),
    ...gain(measured),
    ...balance(measured),
    ...symmetry(measured),
    ...improvable(measured),
    ...responses(measured),
    ...picture(measured),
    ...readings(measured.readings),
    ...wiring(measured.wiring),
    ...inputs(measured.inputs),
    ...exchanges(measured.exchanges),
    ...numbers(measured.numbers),
  ];
  const evidence = [
    ...own,
    ...textEncoders(measured.texts),
    ...autoencoder(measured.autoencoder, own),
  ].toSorted((a, b) => ORDER.indexOf(a.says) - ORDER.indexOf(b.says));
  return { verdict: verdictOf(evidence), evidence };
}

const ORDER: readonly Says[] = ['garbled', 'suspicious', 'unclear', 'sound'];

/** Sound only where the net is known to denoise as what it is declared to be. */
function verdictOf(evidence: readonly Evidence[]): Verdict {
  const says = (wanted: Says): boolean => evidence.some((each) => each.says === wanted);
  if (says('garbled')) return 'garbled';
  if (says('suspicious')) return 'suspicious';
  const needed = ['finite', 'prediction_type', 'gain'];
  const spoken = (probe: string): boolean =>
    evidence.some((each) => each.probe === probe && each.says === 'sound');
  return needed.every(spoken) ? 'sound' : 'unjudged';
}

function finite({ notFinite, activations }: Measured): readonly Evidence[] {
  if (notFinite === undefined) {
    if (activations.length === 0) return [];
    return [make('finite', 'sound', 'finite', { blocks: activations.length }, {})];
  }
  const { timestep, block } = notFinite;
  return [
    {
      ...make('finite', 'garbled', 'not-finite', { timestep }, {}),
      ...(block === undefined ? {} : { place: block }),
    },
  ];
}

function overflow({ activations }: Measured): readonly Evidence[] {
  const [first] = activations.toSorted((a, b) => b.largest - a.largest);
  if (first === undefined) return [];
  const above = (limit: number): string | undefined =>
    activations.find(({ largest }) => largest > limit)?.block;
  const [half, eighth] = [above(FLOAT16), above(E4M3)];
  const figures = { largest: first.largest };
  if (half !== undefined) {
    const found = make('overflow', 'suspicious', 'overflows-float16', figures, { most: FLOAT16 });
    return [{ ...found, place: half }];
  }
  if (eighth !== undefined) {
    return [{ ...make('overflow', 'sound', 'overflows-e4m3', figures, { most: E4M3 }), place: eighth }];
  }
  return [{ ...make('overflow', 'sound', 'fits', figures, { most: FLOAT16 }), place: first.block }];
}

/** Products of queries and keys that float16 cannot hold: programs that multiply in it before they scale give NaN. */
function scores({ scores: all = [], upcast }: Measured): readonly Evidence[] {
  const [first] = all.toSorted((a, b) => b.largest - a.largest);
  if (first === undefined || first.largest <= FLOAT16) return [];
  const figures = [{ largest: first.largest }, { most: FLOAT16 }] as const;
  const found =
    upcast === undefined
      ? make('overflow', 'unclear', 'scores-need-upcast', ...figures)
      : upcast
        ? make('overflow', 'sound', 'scores-upcast', ...figures)
        : make('overflow', 'suspicious', 'scores-not-upcast', ...figures);
  return [{ ...found, place: first.block }];
}

function prediction({ prediction: reading, declared }: Measured): readonly Evidence[] {
  if (reading === undefined) return [];
  const { type, noiseSlope, noiseShare, pictureShare } = reading;
  const figures = { noiseSlope, noiseShare, pictureShare, ...(type === undefined ? {} : { type }) };
  const expected = { type: declared };
  if (type === undefined) return [make('prediction_type', 'suspicious', 'unknown', figures, expected)];
  if (type !== declared) return [make('prediction_type', 'garbled', 'differs', figures, expected)];
  const off = type === 'epsilon' ? Math.max(0, Math.abs(noiseSlope - 1) - 2 * reading.slopeError) : 0;
  const found = make('prediction_type', 'sound', 'agrees', figures, expected);
  return off <= OFF_BALANCE
    ? [found]
    : [
        found,
        make('gain', 'suspicious', 'off-balance', { noiseSlope }, { noiseSlope: 1, most: OFF_BALANCE }),
      ];
}

function schedule({ schedule: found }: Measured): readonly Evidence[] {
  if (found === undefined) return [];
  const { told, declared, declaredFits, error, nearest, candidates, tried } = found.reading;
  const best = candidates[0];
  const figures: Figures = {
    told,
    distance: declared,
    error,
    ...(best === undefined ? {} : { nearest: best.schedule, nearestDistance: best.distance }),
  };
  const expected = { distance: NEAR };
  if (tried !== undefined && nearest !== undefined) {
    const shown = { nearest, times: Math.exp(tried.margin), error: tried.error };
    if (declaredFits) return [make('schedule', 'sound', 'tried-fits', shown, {})];
    // one whose levels look wrong and that nothing beats: the reading is at fault as likely as the schedule
    return tried.margin > 0
      ? [make('schedule', 'suspicious', 'tried-differs', shown, {})]
      : [make('schedule', 'unclear', 'tried-unclear', {}, {})];
  }
  if (told < LEAST_POINTS) return [make('schedule', 'unclear', 'unreadable', figures, expected)];
  if (declaredFits) return [make('schedule', 'sound', 'agrees', figures, expected)];
  // errors of neighbouring points are not independent: two of them, on average over all points
  if (declared < NEAR || declared < 2 * error)
    return [make('schedule', 'unclear', 'uncertain', figures, expected)];
  const says = declared > FAR ? 'garbled' : 'suspicious';
  return [make('schedule', says, nearest === undefined ? 'unlike-all' : 'differs', figures, expected)];
}

function gain({ schedule: found }: Measured): readonly Evidence[] {
  if (found === undefined) return [];
  const spread = Math.sqrt(
    found.pictures.reduce((sum, picture) => sum + rms(picture) ** 2, 0) / found.pictures.length,
  );
  const ratios = found.points.flatMap(({ gain: share, assumed }) =>
    assumed < GAIN_FROM || assumed > GAIN_TO
      ? []
      : [Math.log(share / (spread ** 2 / (spread ** 2 + assumed ** 2)))],
  );
  if (ratios.length === 0) return [];
  const score = mean(ratios);
  const says = score > NONE ? 'garbled' : score > WEAK ? 'suspicious' : 'sound';
  const finding = says === 'garbled' ? 'no-denoising' : says === 'suspicious' ? 'weak' : 'denoises';
  return [
    make('gain', says, finding, { score, share: Math.exp(score) }, { score: WEAK, share: Math.exp(WEAK) }),
  ];
}

/**
 * A guess of least squared error leaves nothing of itself in what it misses: ‖ε̂ − ε‖² = ‖ε‖² − ⟨ε̂, ε⟩. What is beyond
 * that was added by the net, as damage does. A net that was trained for other levels than it is asked at does it too, so
 * where levels can be read off it they are what is judged.
 */
function balance({ schedule: found }: Measured): readonly Evidence[] {
  if (found !== undefined && found.reading.told >= LEAST_POINTS) return [];
  const shares = (found?.points ?? []).flatMap(({ assumed, gain: missed, kept }) =>
    kept === undefined || assumed < BALANCE_FROM || assumed > BALANCE_TO ? [] : [1 - (1 - kept) / missed],
  );
  if (shares.length === 0 || mean(shares) <= UNBALANCED) return [];
  return [make('gain', 'suspicious', 'unbalanced', { added: mean(shares) }, { most: UNBALANCED })];
}

function symmetry({ asymmetry: found }: Measured): readonly Evidence[] {
  if (found === undefined) return [];
  const says = found > LOPSIDED ? 'garbled' : found > ASKEW ? 'suspicious' : 'sound';
  const finding = says === 'sound' ? 'symmetric' : 'asymmetric';
  return [make('symmetry', says, finding, { asymmetry: found }, { most: ASKEW })];
}

function improvable({ refit: found, prediction: reading, declared }: Measured): readonly Evidence[] {
  if (found === undefined) return [];
  const { share, error } = found;
  const least = share - 2 * error;
  const most = (reading?.type ?? declared) === 'sample' ? IMPROVABLE_SAMPLE : IMPROVABLE;
  const [figures, expected] = [{ share, error }, { most }];
  if (least > most)
    return [make('refit', least > LOST ? 'garbled' : 'suspicious', 'improvable', figures, expected)];
  return [
    error > most / 2
      ? make('refit', 'unclear', 'uncertain', figures, expected)
      : make('refit', 'sound', 'at-rest', figures, expected),
  ];
}

function responses({ time, responses: found = [] }: Measured): readonly Evidence[] {
  const evidence: Evidence[] = [];
  if (time !== undefined) {
    const silent = time < NOTHING;
    evidence.push(
      make(
        'time',
        silent ? 'unclear' : 'sound',
        silent ? 'no-response' : 'responds',
        { change: time },
        {
          least: NOTHING,
        },
      ),
    );
  }
  for (const { probe, with: against, change, noise } of found) {
    const figures = { change, noise, against };
    const expected = { least: NOTHING, most: TOO_STRONG };
    if (change < NOTHING) evidence.push(make(probe, 'unclear', 'no-response', figures, expected));
    else if (change > TOO_STRONG * noise && change > 1) {
      evidence.push(make(probe, 'unclear', 'too-strong', figures, expected));
    } else evidence.push(make(probe, 'sound', 'responds', figures, expected));
  }
  return evidence;
}

function picture({ picture: numbers, pictureAsDeclared }: Measured): readonly Evidence[] {
  return [numbers, pictureAsDeclared].flatMap((each) => {
    if (each === undefined) return [];
    const noisy = each.neighbours < NOISY;
    return [
      make(
        'denoise',
        noisy ? 'suspicious' : 'sound',
        noisy ? 'noisy' : 'converges',
        { ...each },
        {
          neighbours: NOISY,
        },
      ),
    ];
  });
}

function readings(found: readonly Reading[] | undefined): readonly Evidence[] {
  if (found === undefined) return [];
  const better = found.filter((each) => each.better === 'other');
  const figures = (each: Reading): Figures => ({
    about: each.about,
    other: each.other,
    times: Math.exp(each.margin),
  });
  if (better.length === 0) {
    const settled = found.filter((each) => each.better === 'assumed').map(({ about }) => about);
    const told = [...new Set(settled)].join(', ');
    return settled.length === 0 ? [] : [make('reading', 'sound', 'assumed-fits', { told }, {})];
  }
  return better.map((each) => {
    const { refits, fits, about, other, assumed } = each;
    if (fits !== undefined)
      return make('reading', 'suspicious', 'other-given', { about, other, deviations: fits }, { assumed });
    if (refits !== undefined) {
      const shown = { about, other, share: refits.other.share };
      return make('reading', 'suspicious', 'other-rests', shown, { assumed, share: refits.assumed.share });
    }
    return make('reading', each.margin > GARBLES ? 'garbled' : 'suspicious', 'other-fits', figures(each), {
      assumed,
    });
  });
}
