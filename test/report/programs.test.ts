import { expect, test } from 'vitest';
import { PLAIN, type View } from '../../src/report/view.ts';
import { runtimeSection, runtimesJson } from '../../src/report/runtime-table.ts';
import type { RuntimeReport } from '../../src/report/report.ts';
import { smokeJson } from '../../src/report/smoke-json.ts';
import { verdictText } from '../../src/report/verdict-text.ts';
import type { Difference } from '../../src/runtimes/differences.ts';
import { runtimes } from '../../src/runtimes/index.ts';
import type { Decision } from '../../src/runtimes/runtime.ts';
import { runFixtures } from '../rules/fixtures/run.ts';

/** What programs make of a file, as tables and verdicts say it. */

const view: View = { width: 100, palette: PLAIN, ascii: false };

const WRONG: Difference = {
  program: 'ComfyUI',
  about: 'prediction_type',
  assumes: 'epsilon',
  because: 'no marker tensor that says otherwise',
  is: 'v_prediction',
  known: 'probed',
  from: 'read off the running net',
};

function report(...decisions: readonly Decision[]): RuntimeReport {
  const readings = decisions.map((decision, index) => {
    const runtime = runtimes[index];
    if (runtime === undefined) throw new Error('more decisions than programs');
    return { runtime, decision };
  });
  return { readings, differences: [WRONG] };
}

const REFUSED: Decision = { kind: 'refused', reason: 'evil \u001b[31m\u202ename', evidence: [] };
const TAKEN: Decision = {
  kind: 'identified',
  as: 'SDXL',
  evidence: ['the encoder', 'a tensor \u001b[2J'],
  families: ['sdxl'],
  assumes: {
    prediction_type: { value: 'epsilon', because: 'no marker', from: 'supported_models.py' },
    schedule: { value: 'sd', because: 'the model', from: 'supported_models.py' },
    zero_terminal_snr: { value: true, because: 'ztsnr', from: 'supported_models.py' },
    vae_scale: { because: 'a run', from: 'supported_models.py' },
  },
};

test('the table has a row for each program, with what decided and what is wrong', () => {
  const lines = runtimeSection(report(TAKEN, REFUSED), view);
  expect(lines[0]).toBe('How programs read it');
  expect(lines[2]).toMatch(/ComfyUI +SDXL +epsilon +sd, zero SNR +measures/);
  const text = lines.map((line) => line.trim()).join(' ');
  expect(text).toContain('wrong about the prediction type: v_prediction by read off the running net');
  expect(text).toMatch(/ nothing +evil/);
  // names of a file come into evidence and reasons
  expect(text).not.toMatch(/\u001b|\u202e/);
});

test('on a narrow terminal a program that takes it for nothing says no more than that', () => {
  const lines = runtimeSection(report(TAKEN, { ...REFUSED, reason: 'no net' }), { ...view, width: 40 });
  expect(lines.slice(-3)).toEqual(['  diffusers (file)', '    takes it for nothing', '    no net']);
});

test('a refusal names what was looked at', () => {
  const looked: Decision = { kind: 'refused', reason: 'no such model', evidence: ['text of 1280', '4 in'] };
  const text = runtimeSection(report(TAKEN, looked), view).join('\n');
  expect(text).toContain('no such model: text of 1280; 4 in');
});

test('a net that is nobody’s is one line', () => {
  expect(runtimeSection(report(REFUSED, { ...TAKEN, leftOver: true }), view)).toHaveLength(2);
  expect(runtimeSection({ readings: [], differences: [] }, view)).toEqual([]);
});

test('JSON has every assumption with its source, and null for what is decided elsewhere', () => {
  const [first, second] = runtimesJson(report(TAKEN, REFUSED)) as readonly Record<string, unknown>[];
  expect(first?.['assumes']).toContainEqual({
    about: 'vae_scale',
    value: null,
    because: 'a run',
    from: 'supported_models.py',
  });
  expect(first?.['wrong']).toHaveLength(1);
  expect([second?.['decision'], second?.['assumes']]).toEqual(['refused', undefined]);
});

test('the verdict names the programs that would go wrong', async () => {
  const run = (await runFixtures['SCHED030']?.fails())?.run;
  if (run === undefined) throw new Error('a fixture without a run');
  expect(verdictText(run, view)).not.toContain('programs that would');
  const text = verdictText({ ...run, programs: [WRONG] }, view);
  expect(text).toContain('programs that would run it as something else');
  expect(text).toContain('! ComfyUI: prediction type epsilon in place of v_prediction');
  const json = smokeJson(
    { name: 'ungarble', version: '0.0.0' },
    {
      path: 'a',
      title: 'b',
      prompts: [],
      facts: [],
      notes: [],
      device: { provider: 'cpu' },
      peakBytes: 1,
      verdict: { ...run, programs: [WRONG] },
    },
  );
  expect((JSON.parse(json) as { verdict: { programs: unknown } }).verdict.programs).toEqual([WRONG]);
});
