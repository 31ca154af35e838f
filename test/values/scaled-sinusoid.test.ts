import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { variants } from '../../bench/garble/healthy.ts';
import { type Edit, writeModel } from '../../bench/garble/edit.ts';
import { Subject } from '../../bench/garble/subject.ts';
import { openSession } from '../../src/cli/open-session.ts';
import { readValues } from '../../src/values/read-values.ts';

const NET = 'fixtures/garble/cross-x0';

async function departures(path: string): Promise<readonly number[]> {
  const { session, workspace, close } = await openSession(path, { device: 'cpu' });
  try {
    const { nets } = await readValues(session.checkpoint, session.components, {
      open: (file) => workspace.source(file),
      wiring: true,
    });
    return nets[0]?.sinusoid?.departures ?? [];
  } finally {
    await close();
  }
}

describe('sines and cosines of a quantised net', () => {
  let folder = '';
  let plain: readonly number[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sines-'));
    plain = await departures(NET);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  // weights that are not multiplied by their scales no longer go with the bias, which has none
  test.each(['fp8 scaled', 'int8 scaled'])('%s are read with the scales', async (id) => {
    const subject = await Subject.open(NET);
    const edit = variants.find((each) => each.id === id)?.make({ subject, draw: () => 0 });
    const path = await writeModel(subject, edit as Edit, join(folder, id.replace(' ', '-')));
    expect(plain).toHaveLength(2);
    const quantised = await departures(path);
    for (const [half, departure] of plain.entries()) {
      expect(Math.abs((quantised[half] as number) - departure)).toBeLessThan(0.3);
    }
  });
});
