/** A folder as torch.distributed.checkpoint writes it: named, and its pickle judged. */
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../src/formats/index.ts';
import { buildFolder } from '../../build/folder.ts';
import { call, global, pickle, type Pickled } from '../../build/pickle.ts';

const METADATA = 'torch.distributed.checkpoint.metadata';

async function opened(root: Pickled) {
  const files = { '.metadata': pickle(root), '__0_0.distcp': new Uint8Array(8) };
  return openCheckpoint(buildFolder(files));
}

describe('a distributed checkpoint', () => {
  it('is named, and its description is data', async () => {
    const { container, pickles, faults, unchecked } = await opened(
      call(global(METADATA, 'Metadata'), new Map(), null),
    );
    expect(container).toBe('unknown');
    expect(pickles?.map(({ file, verdict }) => [file, verdict])).toEqual([['.metadata', 'data-only']]);
    expect(faults.map((fault) => ('title' in fault ? fault.title : fault.kind))).toContain(
      'distributed checkpoint of PyTorch in 1 slice',
    );
    expect(unchecked.length).toBeGreaterThan(0);
  });

  it('with a command in its description would run it', async () => {
    const { pickles } = await opened(call(global('posix', 'system'), 'true'));
    expect(pickles?.map(({ verdict }) => verdict)).toEqual(['code-reaching']);
  });

  it('whose description reaches for another part of torch.distributed would run code', async () => {
    const { pickles } = await opened(call(global('torch.distributed.launcher', 'api')));
    expect(pickles?.map(({ verdict }) => verdict)).toEqual(['code-reaching']);
  });
});
