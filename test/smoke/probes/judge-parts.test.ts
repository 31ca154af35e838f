import { describe, expect, test } from 'vitest';
import type { Evidence, Says } from '../../../src/smoke/probes/assessment.ts';
import { autoencoder, textEncoders } from '../../../src/smoke/probes/judge-parts.ts';
import { evidenceWords } from '../../../src/smoke/probes/words.ts';

const TITLE = 'CLIP ViT-L/14 text encoder';

describe('text encoders', () => {
  test.each<[number, number, Says, string]>([
    [30, 25, 'sound', 'fits'],
    [30, 7, 'unclear', 'weak'],
    [30, 2.2, 'suspicious', 'unlike'],
    // layers that agree on nothing cannot speak against an encoder
    [6, 0, 'unclear', 'unreadable'],
    [6, 25, 'unclear', 'unreadable'],
  ])('readers at %d and texts at %d: %s', (readers, texts, says, finding) => {
    const [evidence] = textEncoders([{ readers, texts, encoder: TITLE }]);
    expect(evidence).toMatchObject({ probe: 'text_encoder', says, finding, place: TITLE });
    expect(evidenceWords(evidence as Evidence)).toMatch(/^[A-Z][^?]*\.$/);
  });

  test('texts that were given have no place', () => {
    const [evidence] = textEncoders([{ readers: 30, texts: 0 }]);
    expect(evidence).not.toHaveProperty('place');
    expect(evidenceWords(evidence as Evidence)).toContain('the text that is fed');
  });

  test('none, no evidence', () => {
    expect(textEncoders()).toEqual([]);
  });
});

const SOUND: readonly Evidence[] = (['gain', 'denoise', 'prediction_type', 'symmetry'] as const).map(
  (probe) => ({ probe, says: 'sound', finding: 'so', measured: {}, expected: {} }),
);

describe('autoencoders', () => {
  const returned = (lost: number) => ({ times: 1, lost });

  test.each<[Says, string, Parameters<typeof autoencoder>[0]]>([
    ['sound', 'returns', { returned: returned(0.05) }],
    // no other scale does much better
    ['sound', 'returns', { returned: returned(0.3), best: { times: 1.4, lost: 0.2 } }],
    ['suspicious', 'scale', { returned: returned(0.3), best: { times: 1.4, lost: 0.05 } }],
    ['garbled', 'scale', { returned: returned(0.9), best: { times: 0.5, lost: 0.05 } }],
    ['suspicious', 'lost', { returned: returned(0.5), best: { times: 1.4, lost: 0.4 } }],
    ['garbled', 'lost', { returned: returned(0.65), best: { times: 4, lost: 0.6 } }],
    ['garbled', 'not-finite', { notFinite: 'decoder' }],
    // a scale that nobody declared is nobody's mistake
    ['unclear', 'scale-unsaid', { returned: returned(0.9), best: { times: 2.8, lost: 0.1 }, unsaid: true }],
    ['suspicious', 'lost', { returned: returned(1.3), best: { times: 2.8, lost: 0.5 }, unsaid: true }],
    ['garbled', 'lost', { returned: returned(2), best: { times: 2.8, lost: 0.8 }, unsaid: true }],
    ['sound', 'returns', { returned: returned(0.05), unsaid: true }],
  ])('%s: %s', (says, finding, reading) => {
    const [evidence] = autoencoder(reading, SOUND);
    expect(evidence).toMatchObject({ probe: 'autoencoder', says, finding });
    expect(evidenceWords(evidence as Evidence)).toMatch(/^[A-Z][^?]*\.$/);
  });

  test.each(['gain', 'denoise', 'prediction_type'] as const)(
    'a net of poor %s says nothing of it',
    (probe) => {
      const poor = SOUND.map((each) =>
        each.probe === probe ? { ...each, says: 'suspicious' as const } : each,
      );
      const [evidence] = autoencoder({ returned: returned(1.1) }, poor);
      expect(evidence).toMatchObject({ says: 'unclear', finding: 'no-pictures' });
      const scaled = autoencoder({ returned: returned(1.1), best: { times: 2, lost: 0.1 } }, poor);
      expect(scaled[0]).toMatchObject({ says: 'unclear', finding: 'scale' });
      expect(evidenceWords(evidence as Evidence)).toMatch(/^[A-Z][^?]*\.$/);
      // NaN is the autoencoder's own, whatever it was given
      expect(autoencoder({ notFinite: 'encoder' }, poor)[0]?.says).toBe('garbled');
    },
  );

  test('none, no evidence', () => {
    expect(autoencoder(undefined, SOUND)).toEqual([]);
    expect(autoencoder({}, SOUND)).toEqual([]);
  });
});
