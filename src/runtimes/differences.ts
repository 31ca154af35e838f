/** Where a program takes a model for something that it is not. */
import type { Component } from '../components/component.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { alphasCumprod } from '../schedule/alphas.ts';
import { describeSchedule, fingerprintSchedule, knownSchedules } from '../schedule/fingerprint.ts';
import type { SetupFields, SetupPrediction, Told } from '../setup/setup.ts';
import { folderSetup, scheduleOf, trainedSetup } from '../setup/trained.ts';
import { type HeadRule, headsAt } from '../topology/families/family.ts';
import { blocksOf, type Fact, type Known, type Net } from '../topology/net.ts';
import type { RuntimeReading } from './index.ts';
import type { AssumedValues, Assumptions } from './runtime.ts';

/** What a program can be wrong about. */
export type DifferenceKind =
  | 'family'
  | 'prediction_type'
  | 'schedule'
  | 'zero_terminal_snr'
  | 'vae_scale'
  | 'clip_skip'
  | 'attention_heads';

/** A program, and one thing that it takes to be otherwise than it is. Plain data: it crosses processes. */
export interface Difference {
  /** The program's name. */
  readonly program: string;
  readonly about: DifferenceKind;
  /** What it takes it for, and by what. */
  readonly assumes: string;
  readonly because: string;
  /** What it is, and how that is known. */
  readonly is: string;
  readonly known: Known;
  readonly from: string;
}

type Compared = Exclude<DifferenceKind, 'family' | 'attention_heads'>;

/** What the model is, where anything but a guess says so. */
type Truths = { readonly [Key in Compared]?: Fact<AssumedValues[Key]> };

const COMPARED = [
  'prediction_type',
  'schedule',
  'zero_terminal_snr',
  'vae_scale',
  'clip_skip',
] as const satisfies readonly Compared[];

/**
 * Each thing that each program would get wrong of a net. A program that takes it for another family gets everything
 * else wrong with it: only the family is told then. One that refuses the file, or is told by its user, gets nothing wrong.
 * @param read what a run of the net says that it predicts, where there was one: it outweighs all that is written
 */
export function differencesOf(
  checkpoint: Checkpoint,
  components: readonly Component[],
  { component, net }: { readonly component: Component; readonly net: Net },
  readings: readonly RuntimeReading[],
  read?: SetupPrediction,
): readonly Difference[] {
  const truths = truthsOf(checkpoint, components, net, read);
  return readings.flatMap(({ runtime: { title }, decision }): Difference[] => {
    if (decision.kind !== 'identified') return [];
    const { as, evidence, families, assumes } = decision;
    if (families.length > 0 && !families.includes(net.family.id)) {
      // what is left over is a guess only at a whole file of a published family
      const whole = component.prefix === WHOLE && net.family.id !== 'custom';
      if (decision.leftOver === true && !whole) return [];
      const { title: is, known, from } = net.family;
      return [
        { program: title, about: 'family', assumes: as, because: evidence.join('; '), is, known, from },
      ];
    }
    return [
      ...COMPARED.flatMap((about) => compared(title, about, assumes, truths)),
      ...headDifference(title, assumes, net),
    ];
  });
}

/** What precedes a net's names in a file that programs load as a whole. */
const WHOLE = 'model.diffusion_model.';

function compared<K extends Compared>(
  program: string,
  about: K,
  assumes: Assumptions,
  truths: Truths,
): Difference[] {
  const [one, truth] = [assumes[about], truths[about]];
  if (one?.value === undefined || truth === undefined || one.value === truth.value) return [];
  return [
    {
      program,
      about,
      assumes: described(one.value),
      because: one.because,
      is: described(truth.value),
      known: truth.known,
      from: truth.from,
    },
  ];
}

/** A schedule by its numbers, anything else as the tables have it. */
function described(value: AssumedValues[keyof AssumedValues]): string {
  const known = knownSchedules.find(({ id }) => id === value);
  return known === undefined ? valueWords(value) : describeSchedule(known);
}

/** An assumed value in words. */
export function valueWords(value: AssumedValues[keyof AssumedValues]): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'object') return String(value);
  return 'heads' in value ? `${value.heads} heads` : `heads ${value.headDim} wide`;
}

function truthsOf(
  checkpoint: Checkpoint,
  components: readonly Component[],
  net: Net,
  read: SetupPrediction | undefined,
): Truths {
  const { fields } = trainedSetup(checkpoint, net);
  const folder = folderSetup(checkpoint, components)?.fields ?? {};
  const sure = <T>(told: Told<T> | undefined): Fact<T> | undefined =>
    told !== undefined && (told.known !== 'convention' || net.family.sameShapes.length === 0)
      ? told
      : undefined;
  const declared = <T>(told: Told<T> | undefined): Fact<T> | undefined =>
    told?.known === 'convention' ? undefined : told;
  const prediction: Fact<SetupPrediction> | undefined =
    read === undefined
      ? (declared(fields.prediction_type) ?? declared(folder.prediction_type) ?? sure(fields.prediction_type))
      : { value: read, known: 'probed', from: 'read off the running net' };
  const schedule =
    scheduleFact(folder, declared(folder.beta_end) ?? declared(folder.beta_schedule)) ??
    scheduleFact(fields, sure(fields.beta_end));
  const zero = declared(fields.rescale_betas_zero_snr) ?? declared(folder.rescale_betas_zero_snr);
  const scale = declared(folder.vae_scale) ?? fields.vae_scale;
  const skip = declared(fields.clip_skip);
  return {
    ...(prediction === undefined ? {} : { prediction_type: prediction }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(zero === undefined ? {} : { zero_terminal_snr: zero }),
    ...(scale === undefined || net.family.id === 'custom' ? {} : { vae_scale: scale }),
    ...(skip === undefined ? {} : { clip_skip: skip }),
  };
}

/** The schedule by the name of its numbers; undefined where it has no name, or nobody says it. */
function scheduleFact(fields: SetupFields, by: Fact<unknown> | undefined): Truths['schedule'] {
  const settings = scheduleOf(fields);
  if (by === undefined || settings === undefined) return undefined;
  const plain = { ...settings, rescale_betas_zero_snr: false };
  const { nearest } = fingerprintSchedule(alphasCumprod(plain, 'float64'));
  if (nearest?.matches !== true) return undefined;
  return { value: nearest.schedule.id, known: by.known, from: by.from };
}

/** The first attention whose heads are known otherwise than by convention, and are not those that the program takes. */
function headDifference(program: string, { attention_heads }: Assumptions, net: Net): Difference[] {
  const rule: HeadRule | undefined = attention_heads?.value;
  if (attention_heads === undefined || rule === undefined) return [];
  for (const { id, outChannels, attention } of blocksOf(net)) {
    const heads = attention?.heads;
    if (heads === undefined || heads.known === 'convention' || heads.value === headsAt(rule, outChannels))
      continue;
    return [
      {
        program,
        about: 'attention_heads',
        assumes: `${headsAt(rule, outChannels)} (${valueWords(rule)})`,
        because: attention_heads.because,
        is: `${heads.value} in ${id}`,
        known: heads.known,
        from: heads.from,
      },
    ];
  }
  return [];
}
