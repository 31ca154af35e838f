import { expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit.ts';
import { nearest } from '../../src/cli/nearest.ts';
import { fileReport, finding } from '../report/reports.ts';

const sound = fileReport({});
const warned = fileReport({ findings: [finding({ severity: 'warning' })] });
const wrong = fileReport({ findings: [finding({ severity: 'error' })] });
const noted = fileReport({ findings: [finding({ severity: 'note' })] });
const unread = fileReport({ failure: { kind: 'unreadable', reason: 'permission denied' } });
const partly = fileReport({ unchecked: [{ path: 'vae', reason: 'PyTorch' }] });
const bug = fileReport({ failure: { kind: 'internal', reason: 'oops' } });

test.each([
  [[], 'error', 0],
  [[sound, warned, noted], 'error', 0],
  [[sound, warned], 'warning', 1],
  [[noted], 'warning', 0],
  [[noted], 'note', 1],
  [[wrong], 'error', 1],
  [[wrong], 'never', 0],
  [[sound, unread], 'error', 3],
  [[partly], 'never', 3],
  [[unread, wrong], 'error', 1],
  [[unread, wrong], 'never', 3],
  [[wrong, bug], 'error', 4],
] as const)('case %#: fails on %s', (files, failOn, code) => {
  expect(exitCodeOf(files, failOn)).toBe(code);
});

test('the nearest names are offered, far ones are not', () => {
  expect(nearest('topo02', ['TOPO002', 'TOPO001', 'FMT001'])).toEqual(['TOPO002', 'TOPO001']);
  expect(nearest('skip-mismtach', ['skip-mismatch', 'tensor-overlap'])).toEqual(['skip-mismatch']);
  expect(nearest('something else', ['skip-mismatch', 'TOPO001'])).toEqual([]);
});
