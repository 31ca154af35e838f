import { describe, expect, test } from 'vitest';
import type { Evidence, Reading, ScheduleReading } from '../../../src/smoke/probes/assessment.ts';
import { judge, type Measured } from '../../../src/smoke/probes/judge.ts';
import { knownLevels, type Levels } from '../../../src/smoke/probes/levels.ts';
import { NotFinite } from '../../../src/smoke/probes/net-subject.ts';
import { evidenceWords } from '../../../src/smoke/probes/words.ts';
import type { WiringReading } from '../../../src/values/index.ts';

const READING: ScheduleReading = {
  points: [],
  told: 9,
  candidates: [{ schedule: 'sd', distance: 0.02 }],
  nearest: 'sd',
  alike: [],
  declared: 0.02,
  error: 0.03,
  declaredFits: true,
};

const WIRING: WiringReading = {
  ports: [],
  blocks: [],
  exchanged: [],
  exchanges: [],
  unclear: [],
  turned: [],
  slips: [],
  slipped: [],
};

/** A reading that a new fit of the last layer told from the one assumed. */
const SETTLED: Reading = {
  about: 'downsample padding',
  assumed: '0',
  other: '1',
  margin: -0.07,
  error: 0.05,
  better: 'other',
  refits: { assumed: { share: 0.08, error: 0.01 }, other: { share: 0.01, error: 0.002 } },
};

/** What a sound net measures, with other figures here and there. */
function measured(other: Partial<Measured> = {}, reading: Partial<ScheduleReading> = {}): Measured {
  const picture = new Float32Array(64).fill(0.5);
  const first = { pictures: [picture], guesses: [] };
  return {
    declared: 'epsilon',
    activations: [
      { block: 'conv_in', largest: 3 },
      { block: 'mid_block.resnets.0', largest: 40 },
    ],
    prediction: { type: 'epsilon', noiseSlope: 1.003, noiseShare: 0.8, pictureShare: 0.3, slopeError: 0.005 },
    schedule: {
      reading: { ...READING, ...reading },
      points: [{ timestep: 300, sigma: 0.83, error: 0.02, assumed: 0.83, gain: 0.02, kept: 0.98 }],
      levels: knownLevels(1000)[0] as Levels,
      pictures: [picture],
      first,
    },
    picture: { spread: 0.5, neighbours: 0.9, outliers: 0, settling: 0.1 },
    time: 0.3,
    asymmetry: 0.2,
    responses: [{ probe: 'text', with: 'another text', change: 0.4, noise: 0.5 }],
    ...other,
  };
}

/** A net of which a share of what it misses was added by itself: ‖ε̂ − ε‖² beyond ‖ε‖² − ⟨ε̂, ε⟩. */
function added(share: number): Measured {
  const facts = measured();
  const gain = 0.05;
  const point = { timestep: 400, sigma: 1.1, error: 0.02, assumed: 1.1, gain, kept: 1 - gain * (1 - share) };
  return {
    ...facts,
    schedule: {
      ...(facts.schedule as NonNullable<Measured['schedule']>),
      points: [point],
      // a net that goes by the noise that it sees: else its levels are judged
      reading: { ...READING, told: 0 },
    },
  };
}

/** The evidence of a finding, which must be there. */
function found(facts: Measured, finding: string): Evidence {
  const evidence = judge(facts).evidence.find((each) => each.finding === finding);
  if (evidence === undefined) throw new Error(`no ${finding}`);
  return evidence;
}

/** Products of queries and keys that float16 cannot hold. */
const SCORES = [{ block: 'mid_block.attentions.0', largest: 7e4 }];

describe('the verdict', () => {
  test('a net that measures as sound nets do is sound, and every probe says so', () => {
    const { verdict, evidence } = judge(measured());
    expect(verdict).toBe('sound');
    expect(evidence.map(({ says }) => says)).toEqual(evidence.map(() => 'sound'));
  });

  test('queries and keys that need float32 speak against nothing where they are given it, or nobody says', () => {
    for (const upcast of [{ upcast: true }, {}]) {
      const { verdict, evidence } = judge(measured({ scores: SCORES, ...upcast }));
      expect(verdict).toBe('sound');
      const one = evidence.find(({ finding }) => finding.startsWith('scores-'));
      expect(one).toMatchObject({ probe: 'overflow', place: 'mid_block.attentions.0' });
    }
    const fit = measured({ scores: [{ block: 'mid_block.attentions.0', largest: 6e4 }], upcast: false });
    expect(judge(fit).evidence.map(({ finding }) => finding)).not.toContain('scores-not-upcast');
  });

  test('a net about which nothing was measured is not sound', () => {
    expect(judge({ declared: 'epsilon', activations: [] })).toEqual({
      verdict: 'unjudged',
      evidence: [],
    });
  });

  test.each(['prediction', 'schedule', 'activations'] as const)('without %s it is unjudged', (what) => {
    const { [what]: _, ...rest } = measured();
    expect(judge({ activations: [], ...rest }).verdict).toBe('unjudged');
  });

  test.each<[string, 'garbled' | 'suspicious', Measured]>([
    ['not-finite', 'garbled', measured({ notFinite: new NotFinite(981, 'mid_block.resnets.0') })],
    ['overflows-float16', 'suspicious', measured({ activations: [{ block: 'conv_in', largest: 7e4 }] })],
    ['scores-not-upcast', 'suspicious', measured({ scores: SCORES, upcast: false })],
    ['differs', 'garbled', measured({ declared: 'v_prediction' })],
    [
      'unknown',
      'suspicious',
      measured({ prediction: { noiseSlope: 0.5, noiseShare: 0.1, pictureShare: 0, slopeError: 0.01 } }),
    ],
    [
      'off-balance',
      'suspicious',
      measured({
        prediction: {
          type: 'epsilon',
          noiseSlope: 0.9,
          noiseShare: 0.8,
          pictureShare: 0.3,
          slopeError: 0.01,
        },
      }),
    ],
    ['differs', 'garbled', measured({}, { declared: 0.5, declaredFits: false, nearest: 'ddpm' })],
    ['differs', 'suspicious', measured({}, { declared: 0.2, declaredFits: false, nearest: 'ddpm' })],
    [
      'tried-differs',
      'suspicious',
      measured({}, { nearest: 'ddpm', declaredFits: false, tried: { margin: 0.06, error: 0.01 } }),
    ],
    ['unbalanced', 'suspicious', added(0.5)],
    ['asymmetric', 'suspicious', measured({ asymmetry: 0.65 })],
    ['asymmetric', 'garbled', measured({ asymmetry: 0.9 })],
    ['other-rests', 'suspicious', measured({ readings: [SETTLED] })],
    ['other-given', 'suspicious', measured({ readings: [{ ...SETTLED, fits: 5.3 }] })],
    ['improvable', 'suspicious', measured({ refit: { share: 0.12, error: 0.02 } })],
    ['improvable', 'garbled', measured({ refit: { share: 0.5, error: 0.05 } })],
    [
      'noisy',
      'suspicious',
      measured({ picture: { spread: 1, neighbours: 0.1, outliers: 0, settling: 0.1 } }),
    ],
    [
      'exchanged',
      'garbled',
      measured({
        wiring: {
          ...WIRING,
          exchanged: [
            {
              candidate: { kind: 'halves', a: 'up_blocks.0.resnets.0' },
              margin: -9,
              effect: -0.3,
              total: 40,
              fit: 8,
            },
          ],
        },
      }),
    ],
    [
      'slipped',
      'garbled',
      measured({
        wiring: {
          ...WIRING,
          slips: [
            {
              slip: 'keys-values',
              block: 'mid_block.attentions.0',
              at: ['mid_block.attentions.0.transformer_blocks.0.attn1'],
              places: 1,
              margin: -9,
              effect: -0.3,
              fit: 8,
            },
          ],
        },
      }),
    ],
    [
      'turned',
      'garbled',
      measured({
        wiring: {
          ...WIRING,
          turned: [{ block: 'mid_block.resnets.0', layer: 'mid_block.resnets.0.conv1', z: -9 }],
        },
      }),
    ],
    ['pruned', 'suspicious', measured({ numbers: { matrices: 40, pruned: { count: 40, median: 0.5 } } })],
    ['few', 'suspicious', measured({ numbers: { matrices: 40, few: { count: 33, median: 15 } } })],
    ['clipped', 'suspicious', measured({ numbers: { matrices: 40, clipped: { count: 40, median: 0.04 } } })],
  ])('%s: %s', (finding, verdict, facts) => {
    expect(judge(facts).verdict).toBe(verdict);
    expect(judge(facts).evidence[0]).toMatchObject({ finding, says: verdict });
  });

  test('a schedule that cannot be read does not stand against a net', () => {
    const facts = measured({ time: 0 }, { told: 0, declaredFits: false, declared: 0 });
    expect(judge(facts).verdict).toBe('sound');
    expect(found(facts, 'unreadable').says).toBe('unclear');
    expect(found(facts, 'no-response')).toMatchObject({ probe: 'time', says: 'unclear' });
  });

  test('a schedule that is off by no more than the reading is uncertain does not either', () => {
    const facts = measured({}, { declared: 0.2, declaredFits: false, error: 0.15 });
    expect(judge(facts).verdict).toBe('sound');
    expect(found(facts, 'uncertain').says).toBe('unclear');
  });

  test('a schedule that was tried and fits speaks for a net, however few levels were read', () => {
    const facts = measured({}, { told: 0, tried: { margin: 0, error: 0 } });
    expect(found(facts, 'tried-fits')).toMatchObject({ probe: 'schedule', says: 'sound' });
  });

  test('a schedule that nothing beats does not stand against a net, whatever levels were read', () => {
    const facts = measured({}, { declaredFits: false, tried: { margin: -0.02, error: 0.01 } });
    expect(judge(facts).verdict).toBe('sound');
    expect(found(facts, 'tried-unclear').says).toBe('unclear');
  });

  test('where levels can be read off a net, what it adds is not judged beside them', () => {
    const facts = added(0.9);
    const schedule = facts.schedule as NonNullable<Measured['schedule']>;
    const told = { ...facts, schedule: { ...schedule, reading: READING } };
    expect(found(facts, 'unbalanced').says).toBe('suspicious');
    expect(judge(told).evidence.every(({ finding }) => finding !== 'unbalanced')).toBe(true);
  });

  test('a net that misses no more than it must is balanced, one of x₀ is not asked', () => {
    const silent = (facts: Measured): boolean =>
      judge(facts).evidence.every(({ finding }) => finding !== 'unbalanced');
    expect(silent(added(0.1))).toBe(true);
    const { schedule, ...rest } = added(0.9);
    const points = [{ timestep: 400, sigma: 1.1, error: 0.02, assumed: 1.1, gain: 0.05 }];
    expect(silent({ ...rest, schedule: { ...(schedule as NonNullable<typeof schedule>), points } })).toBe(
      true,
    );
  });

  test('a new fit counts by what is certain of it', () => {
    const says = (share: number, error: number) =>
      judge(measured({ refit: { share, error } })).evidence.find(({ probe }) => probe === 'refit');
    expect(says(0.05, 0.01)).toMatchObject({ finding: 'at-rest', says: 'sound' });
    expect(says(0.09, 0.02)).toMatchObject({ finding: 'at-rest', says: 'sound' });
    expect(says(0.1, 0.05)).toMatchObject({ finding: 'uncertain', says: 'unclear' });
    expect(says(0.3, 0.05)).toMatchObject({ finding: 'improvable', says: 'suspicious' });
  });

  test('a new fit of a net of x₀ may take more, for its pictures are farther from those of its training', () => {
    const refit = { share: 0.1, error: 0.01 };
    const prediction = {
      type: 'sample',
      noiseSlope: 0,
      noiseShare: 0,
      pictureShare: 1,
      slopeError: 0,
    } as const;
    const of = (facts: Measured) => judge(facts).evidence.find(({ probe }) => probe === 'refit')?.says;
    expect(of(measured({ refit }))).toBe('suspicious');
    expect(of(measured({ refit, prediction, declared: 'sample' }))).toBe('sound');
    expect(of(measured({ refit: { share: 0.13, error: 0.01 }, prediction, declared: 'sample' }))).toBe(
      'suspicious',
    );
  });

  test('an overflow names the first block, not the largest', () => {
    const activations = [
      { block: 'a', largest: 7e4 },
      { block: 'b', largest: 9e9 },
    ];
    expect(found(measured({ activations }), 'overflows-float16')).toMatchObject({
      place: 'a',
      measured: { largest: 9e9 },
    });
  });
});

describe('words and data', () => {
  test('numbers that are none are left out, so that JSON gives back what it was given', () => {
    const facts = measured({ asymmetry: Number.NaN, time: Number.POSITIVE_INFINITY });
    const { evidence } = judge(facts);
    expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
    expect(found(facts, 'symmetric').says).toBe('unclear');
  });

  test('every finding has words of its own', () => {
    const facts = [
      measured(),
      measured({ declared: 'v_prediction', asymmetry: 0.65, time: 0 }),
      measured({ activations: [{ block: 'x', largest: 500 }] }, { declared: 0.4, declaredFits: false }),
      measured({ notFinite: new NotFinite(1, undefined), wiring: WIRING }),
      measured({ refit: { share: 0.01, error: 0.01 }, readings: [SETTLED] }),
      measured({ refit: { share: 0.2, error: 0.01 } }),
      measured({ refit: { share: 0.1, error: 0.05 } }),
    ];
    const words = facts.flatMap((each) => judge(each).evidence.map(evidenceWords));
    for (const each of words) expect(each).toMatch(/^[A-Z].*\.$/);
    expect(words.join()).not.toMatch(/\?|undefined|NaN,/);
  });
});
