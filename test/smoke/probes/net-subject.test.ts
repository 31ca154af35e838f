import { describe, expect, test } from 'vitest';
import type { Engine, Values } from '../../../src/smoke/engine.ts';
import { NetSubject, NotFinite } from '../../../src/smoke/probes/net-subject.ts';

const LATENT = { channels: 1, height: 1, width: 2, length: 2 };

/** An engine that gives out what `run` makes of its inputs, and its two blocks' numbers. */
function engineOf(run: (inputs: ReadonlyMap<string, Values>) => readonly [number[], number[]]): Engine {
  return {
    graph: { taps: ['conv_in', 'mid_block.resnets.0'], scores: ['mid_block.attentions.0'], moments: [] },
    run: async (inputs: ReadonlyMap<string, Values>) => {
      const count = inputs.get('timestep')?.data.length ?? 0;
      const [out, taps] = run(inputs);
      return new Map<string, Values>([
        ['out_sample', { data: Float32Array.from(out), dims: [count, 2, 1, 2] }],
        ['taps', { data: Float32Array.from(taps), dims: [2, 3] }],
        ['scores', { data: Float32Array.of(100 - count), dims: [1, 1] }],
      ]);
    },
  } as unknown as Engine;
}

function numbers(values: Values | undefined): number[] {
  return Array.from((values as Values).data, Number);
}

const OPTIONS = {
  latent: LATENT,
  timesteps: 1000,
  companions: new Float32Array(0),
  batch: 2,
  conditions: [],
};
const SAMPLE = Float32Array.of(1, 2);

describe('a net as a subject', () => {
  test('runs in batches, each question under its own condition, with companions behind the sample', async () => {
    const fed: number[][] = [];
    const engine = engineOf((inputs) => {
      fed.push(...['sample', 'timestep', 'text'].map((name) => numbers(inputs.get(name))));
      return [
        Array.from({ length: 4 * (inputs.get('timestep')?.data.length ?? 0) }, (_, i) => i),
        [1, 0, 1, 5, 0, 1],
      ];
    });
    const conditions = [7, 8].map(
      (text) => new Map([['text', { data: Float32Array.of(text), dims: [1, 1] }]]),
    );
    const subject = new NetSubject(engine, { ...OPTIONS, conditions, companions: Float32Array.of(9, 9) });
    const outputs = await subject.ask(
      [0, 1, 3].map((condition) => ({ sample: SAMPLE, timestep: condition, condition })),
    );
    expect(fed).toEqual([[1, 2, 9, 9, 1, 2, 9, 9], [0, 1], [7, 8], [1, 2, 9, 9], [3], [8]]);
    // the second half of the channels is a variance
    expect(outputs.map((output) => Array.from(output))).toEqual([
      [0, 1],
      [4, 5],
      [0, 1],
    ]);
    expect(subject.forwards).toBe(3);
    expect([...subject.largest]).toEqual([
      ['conv_in', 1],
      ['mid_block.resnets.0', 5],
    ]);
    // of a batch of two and one of one
    expect([...subject.largestScores]).toEqual([['mid_block.attentions.0', 99]]);
  });

  test.each([
    ['inside', [0, 0, 0, 0], [1, 0, 1, Number.NaN, 0, 1], 'mid_block.resnets.0'],
    ['in what comes out', [0, Number.POSITIVE_INFINITY, 0, 0], [1, 0, 1, 2, 0, 1], undefined],
  ])('a number that is none, %s, ends it and is told with its block', async (_, out, taps, block) => {
    const subject = new NetSubject(
      engineOf(() => [out, taps]),
      OPTIONS,
    );
    const error = await subject.ask([{ sample: SAMPLE, timestep: 981 }]).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(NotFinite);
    expect(error).toMatchObject({ timestep: 981, block });
  });

  test('ends between two batches when it is told to', async () => {
    const abort = new AbortController();
    const engine = engineOf(() => {
      abort.abort(new Error('enough'));
      return [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [1, 0, 1, 1, 0, 1],
      ];
    });
    const subject = new NetSubject(engine, { ...OPTIONS, signal: abort.signal });
    const questions = Array.from({ length: 4 }, () => ({ sample: SAMPLE, timestep: 0 }));
    await expect(subject.ask(questions)).rejects.toThrow('enough');
    expect(subject.forwards).toBe(2);
  });
});
