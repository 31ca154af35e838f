/** What a piece of evidence says, in words. Nothing is escaped here. */
import type { Evidence } from './assessment.ts';

/** One or two sentences. */
export function evidenceWords(evidence: Evidence): string {
  const { probe, finding, place = '', measured, expected } = evidence;
  const of = (name: string): string => shown(measured[name]);
  const due = (name: string): string => shown(expected[name]);
  switch (`${probe} ${finding}`) {
    case 'finite finite':
      return `All ${of('blocks')} blocks give finite numbers.`;
    case 'finite not-finite':
      return `The net gives NaN or infinity at timestep ${of('timestep')}${place === '' ? '' : `, first in ${place}`}.`;
    case 'overflow fits':
      return `The largest activation is ${of('largest')}, in ${place}.`;
    case 'overflow overflows-e4m3':
      return `The largest activation is ${of('largest')}: ${place} is the first beyond what fp8 e4m3 holds, ${due('most')}.`;
    case 'overflow overflows-float16':
      return `The largest activation is ${of('largest')}: ${place} is the first beyond what float16 holds, ${due('most')}. In half precision it gives infinity.`;
    case 'overflow scores-need-upcast':
      return `Queries and keys multiply to ${of('largest')} in ${place}, beyond what float16 holds, ${due('most')}: a program that multiplies them in half precision has to do it in float32.`;
    case 'overflow scores-upcast':
      return `Queries and keys multiply to ${of('largest')} in ${place}, beyond what float16 holds, ${due('most')}; the config has them multiplied in float32.`;
    case 'overflow scores-not-upcast':
      return `Queries and keys multiply to ${of('largest')} in ${place}, beyond what float16 holds, ${due('most')}, and the config does not have them multiplied in float32 (upcast_attention).`;
    case 'prediction_type agrees':
      return `The net predicts ${of('type')}, as declared.`;
    case 'prediction_type differs':
      return `The net predicts ${of('type')} and is declared to predict ${due('type')}.`;
    case 'prediction_type unknown':
      return `What the net predicts is not clear: of pure noise it gives back ${of('noiseSlope')}, of a noised field ${of('noiseShare')} of the noise and ${of('pictureShare')} of the field.`;
    case 'schedule agrees':
      return `The noise levels read off the net are those of the declared schedule, within ${percent(measured['distance'])}.`;
    case 'schedule differs':
      return `The noise levels read off the net are those of ${of('nearest')}, within ${percent(measured['nearestDistance'])}; the declared schedule is ${percent(measured['distance'])} off.`;
    case 'schedule unlike-all':
      return `The noise levels read off the net are ${percent(measured['distance'])} off the declared schedule and no known one is near; the nearest is ${of('nearest')}.`;
    case 'schedule uncertain':
      return `The noise levels read off the net are ${percent(measured['distance'])} off the declared schedule and uncertain by ${percent(measured['error'])}: that tells nothing.`;
    case 'schedule unreadable':
      return 'The net goes by the noise that it sees and hardly by the timestep, so its schedule cannot be read off it.';
    case 'schedule tried-fits':
      return 'On pictures that the net draws, no known schedule leaves clearly less error than the declared one.';
    case 'schedule tried-differs':
      return `On pictures that the net draws, the declared schedule leaves ${of('times')} times the error of ${of('nearest')}.`;
    case 'schedule tried-unclear':
      return 'On pictures that the net draws, no known schedule leaves clearly less error than the declared one, but the noise levels read off them are others: that tells nothing.';
    case 'gain denoises':
    case 'gain weak':
    case 'gain no-denoising':
      return `It misses ${of('share')} times as much of the noise as one who knows only how far pictures spread${finding === 'denoises' ? '' : `; a sound net misses at most ${due('share')} of that`}.`;
    case 'gain off-balance':
      return `Of pure noise the net gives back ${of('noiseSlope')} where a sound one gives 1.`;
    case 'gain unbalanced':
      return `Of what it misses of the noise, ${percent(measured['added'])} is its own doing: a sound net adds next to nothing.`;
    case 'symmetry symmetric':
      return `It moves like the gradient of something, as a denoiser should: asymmetry ${of('asymmetry')}.`;
    case 'symmetry asymmetric':
      return `It does not move like the gradient of anything, as a denoiser should: asymmetry ${of('asymmetry')}, where sound nets have at most ${due('most')}.`;
    case 'refit at-rest':
      return `A new fit of its last layer would take away ${percent(Math.max(0, Number(measured['share'])))} of what it misses, give or take ${percent(measured['error'])}; of sound nets it takes up to ${percent(expected['most'])}.`;
    case 'refit improvable':
      return `A new fit of its last layer would take away ${percent(measured['share'])} of what it misses, give or take ${percent(measured['error'])}: it was not trained on what it reads now.`;
    case 'refit uncertain':
      return `What a new fit of its last layer would take away is uncertain by ${percent(measured['error'])}: that tells nothing.`;
    case 'time responds':
      return `The output moves with the timestep, by ${percent(measured['change'])}.`;
    case 'time no-response':
      return 'The output does not move with the timestep.';
    case 'denoise converges':
      return `A short denoise settles: neighbours correlate by ${of('neighbours')}, spread ${of('spread')}.`;
    case 'denoise noisy':
      return `A short denoise leaves noise: neighbours correlate by ${of('neighbours')}, where pictures have ${due('neighbours')} and more.`;
    case 'reading assumed-fits':
      return `Read otherwise it denoises worse: ${of('told')}.`;
    case 'reading other-fits':
      return `Read with ${of('about')} ${of('other')} in place of ${due('assumed')} it misses ${of('times')} times less of the noise.`;
    case 'reading other-rests':
      return `Read with ${of('about')} ${of('other')} in place of ${due('assumed')} a new fit of its last layer would take away ${percent(measured['share'])} of what it misses, in place of ${percent(expected['share'])}: training leaves next to nothing.`;
    case 'reading other-given':
      return `Read with ${of('about')} ${of('other')} in place of ${due('assumed')} its layers fit what they are given better, by ${of('deviations')} standard deviations.`;
    case 'wiring consistent':
      return [
        `Of ${of('ports')} ends of layers ${of('consistent')} fit what they are wired to, and none speaks against it.`,
        ...(measured['exchanges'] === 0
          ? []
          : [
              `Of ${of('exchanges')} exchanges that the shapes allow the weights do not tell ${of('unclear')}.`,
            ]),
      ].join(' ');
    case 'wiring unreadable':
      return 'The weights do not tell how the net is wired.';
    case 'wiring exchanged':
      return `The weights fit better with ${place} exchanged.`;
    case 'wiring slipped':
      return `Inside of ${place} layers fit better the other way: ${of('slip').replace('-', ' ')}.`;
    case 'wiring turned':
      return `The kernels of ${place} fit the layers around them with rows and columns exchanged: ${of('z')} standard deviations from chance, on the wrong side.`;
    case 'inputs fit':
      return `Of ${of('blocks')} blocks ${of('fitting')} fit what they are given, far beyond chance, and none speaks against it.`;
    case 'inputs untold':
      return `Of ${of('blocks')} blocks only ${of('fitting')} fit what they are given far beyond chance: that tells nothing of the others.`;
    case 'inputs unfit':
      return `${place} does not fit what it is given (${of('fit')} standard deviations of chance), where nearly all others of its kind do: it, or what writes to it, is of another training or has its channels out of order.`;
    case 'exchange as-filed':
      return exchangeWords(measured);
    case 'exchange exchanged':
      return `With ${partsOf(measured)}${place} exchanged it misses ${of('times')} times less of the noise: they were put in each other's place.`;
    case 'exchange misplaced':
      return `The layers of ${place} fit what they are given better with ${wrongly(measured)} exchanged, by ${of('margin')} standard deviations of chance.`;
    case 'exchange harmless':
      return `The layers of ${place} fit what they are given better with ${wrongly(measured)} exchanged, by ${of('margin')} standard deviations of chance. To what the net draws it makes no difference.`;
    case 'numbers as-trained':
      return `The numbers of ${of('matrices')} matrices look as training leaves them.`;
    case 'numbers pruned':
      return `${of('count')} of ${of('matrices')} matrices hold exact zeros, ${percent(measured['median'])} of their numbers in the middle: weights were taken out.`;
    case 'numbers few':
      return `${of('count')} of ${of('matrices')} matrices hold only a few different numbers, ${of('median')} in the middle: they were rounded to few bits.`;
    case 'numbers clipped':
      return `In ${of('count')} of ${of('matrices')} matrices many numbers have the largest magnitude, ${percent(measured['median'])} in the middle: they were cut off.`;
    case 'numbers unbiased':
      return `${of('count')} of ${of('of')} norms have a bias of nothing but zeros, where training leaves none so.`;
    case 'text_encoder fits':
      return `The layers that read the text fit ${encoderOf(place)}: ${of('texts')} standard deviations from chance.`;
    case 'text_encoder weak':
      return `The layers that read the text hardly fit ${encoderOf(place)}, ${of('texts')} standard deviations from chance: that tells nothing.`;
    case 'text_encoder unlike':
      return `The layers that read the text fit each other (${of('readers')} standard deviations from chance) and not ${encoderOf(place)} (${of('texts')}): the net was trained with another text encoder.`;
    case 'text_encoder unreadable':
      return 'The layers that read the text do not fit each other, so they do not tell which text encoder they were trained with.';
    case 'autoencoder not-finite':
      return `The autoencoder's ${place} gives NaN or infinity.`;
    case 'autoencoder returns':
      return `What the net draws comes back from the autoencoder, less ${percent(measured['lost'])}.`;
    case 'autoencoder lost':
      return `Of what the net draws the autoencoder loses ${percent(measured['lost'])} on the way to a picture and back; a sound one at most ${percent(expected['most'])}.`;
    case 'autoencoder scale':
      return `Of what the net draws the autoencoder loses ${percent(measured['lost'])} on the way to a picture and back, and ${percent(measured['left'])} with ${of('times')} times the scale that is declared.`;
    case 'autoencoder scale-unsaid':
      return `Nothing says what the scale of the latents is: with ${of('times')} times the one assumed the autoencoder loses ${percent(measured['left'])} of what the net draws, in place of ${percent(measured['lost'])}.`;
    case 'autoencoder no-pictures':
      return `Of what the net draws the autoencoder loses ${percent(measured['lost'])} on the way to a picture and back, but what it draws is none too good: that tells nothing.`;
    case 'wiring inconsistent':
      return `The weights of ${place} do not fit the layers that they are wired to.`;
    default:
      return conditionWords(evidence);
  }
}

function partsOf({ kind }: Evidence['measured']): string {
  return kind === 'skips' ? 'the skips of ' : kind === 'halves' ? 'the two inputs of ' : '';
}

function wrongly({ kind }: Evidence['measured']): string {
  return kind === 'skips' ? 'their skips' : kind === 'halves' ? 'its two inputs' : 'the two';
}

function exchangeWords({ tried, fit, filed, alike, open }: Evidence['measured']): string {
  const told = [
    ...(fit === 0 ? [] : [`of ${shown(fit)} the layers fit what they are given better as filed`]),
    ...(filed === 0 ? [] : [`${shown(filed)} denoise better as filed`]),
    ...(alike === 0 ? [] : [`${shown(alike)} make no difference`]),
    ...(open === 0 ? [] : [`${shown(open)} cannot be told`]),
  ];
  return `Of ${shown(tried)} exchanges that the weights leave open, looked at in a run, ${told.join(', ')}.`;
}

function encoderOf(place: string): string {
  return place === '' ? 'the text that is fed' : `the ${place}`;
}

const NAMES = { text: 'the text', pooled: 'the pooled text', class: 'the class' };

function conditionWords({ probe, finding, measured }: Evidence): string {
  const name = probe === 'text' || probe === 'pooled' || probe === 'class' ? NAMES[probe] : probe;
  const change = percent(measured['change']);
  const against = shown(measured['against']);
  switch (finding) {
    case 'no-response':
      return `The output does not move with ${name} (${against} in its place).`;
    case 'too-strong':
      return `With ${against} in place of ${name} the picture changes by ${change}, and by another noise only ${percent(measured['noise'])}.`;
    default:
      return `With ${against} in place of ${name} the picture changes by ${change}; by another noise ${percent(measured['noise'])}.`;
  }
}

function shown(value: number | string | undefined): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(3))) : (value ?? '?');
}

function percent(value: number | string | undefined): string {
  return typeof value === 'number' ? `${Number((100 * value).toPrecision(2))} %` : '?';
}
