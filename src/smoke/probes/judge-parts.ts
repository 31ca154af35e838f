/** What is said of text encoders and autoencoders. Pure; its bounds were seen on one of each: see docs/how-it-knows.md. */
import type { Evidence } from './assessment.ts';
import type { AutoencoderReading } from './autoencoder.ts';
import { make } from './evidence.ts';
import type { FittedText } from './text-fits.ts';

/** Standard deviations of chance from which keys and values have one basis, and texts are those that they read. */
const PROVEN = 10;

/** Below, texts fit by chance; those of other trainings were within 2.2. */
const BY_CHANCE = 4;

export function textEncoders(fits: readonly FittedText[] = []): readonly Evidence[] {
  return fits.map(({ encoder, readers, texts }) => {
    const figures = { readers, texts };
    const place = encoder === undefined ? {} : { place: encoder };
    const expected = { readers: PROVEN, texts: BY_CHANCE };
    if (readers < PROVEN)
      return { ...make('text_encoder', 'unclear', 'unreadable', figures, expected), ...place };
    if (texts < BY_CHANCE)
      return { ...make('text_encoder', 'suspicious', 'unlike', figures, expected), ...place };
    const fitting = texts < PROVEN;
    return {
      ...make('text_encoder', fitting ? 'unclear' : 'sound', fitting ? 'weak' : 'fits', figures, expected),
      ...place,
    };
  });
}

/** Share of a drawn picture that is lost on the way there and back: with a sound autoencoder up to 0.13. */
const [MUCH, MOST] = [0.35, 0.6];

/** Another scale fits where it loses so much less. */
const LESS = 0.5;

/** What speaks for the pictures themselves: of a net that draws none nothing can be told. */
const DRAWS: ReadonlySet<Evidence['probe']> = new Set(['gain', 'denoise', 'prediction_type']);

/** @param own what is known of the net that drew */
export function autoencoder(
  reading: AutoencoderReading | undefined,
  own: readonly Evidence[],
): readonly Evidence[] {
  if (reading === undefined) return [];
  const { notFinite, returned, best, unsaid } = reading;
  if (notFinite !== undefined)
    return [{ ...make('autoencoder', 'garbled', 'not-finite', {}, {}), place: notFinite }];
  if (returned === undefined) return [];
  const expected = { most: MUCH };
  const other = best !== undefined && best.lost < LESS * returned.lost ? best : undefined;
  const scaled = other && { lost: returned.lost, times: other.times, left: other.lost };
  // of a scale that nobody declared only the best can be held against the file
  const { lost } = (unsaid && other) || returned;
  const draws = !own.some(({ probe, says }) => DRAWS.has(probe) && says !== 'sound');
  const says = !draws ? 'unclear' : lost > MOST ? 'garbled' : 'suspicious';
  if (scaled !== undefined && unsaid !== true) return [make('autoencoder', says, 'scale', scaled, expected)];
  if (lost > MUCH) return [make('autoencoder', says, draws ? 'lost' : 'no-pictures', { lost }, expected)];
  return scaled === undefined
    ? [make('autoencoder', 'sound', 'returns', { lost }, expected)]
    : [make('autoencoder', 'unclear', 'scale-unsaid', scaled, expected)];
}
