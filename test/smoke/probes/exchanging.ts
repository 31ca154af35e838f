/** A small net with two of its parts exchanged in its file, and how it is run. */
import { changed, memoryNet } from '../../../bench/garble/damages/tensors.ts';
import { type Edit, writeModel } from '../../../bench/garble/edit.ts';
import { Subject } from '../../../bench/garble/subject.ts';
import { openSession } from '../../../src/cli/open-session.ts';
import { planOf } from '../../../src/smoke/plan.ts';
import { conditionsFor } from '../../../src/smoke/probes/fed.ts';
import { Variants } from '../../../src/smoke/probes/variants.ts';
import type { Candidate } from '../../../src/values/index.ts';
import { swapBlocks, swapSkips, turnHalves } from '../../values/damage.ts';

export const NET = 'fixtures/garble/plain-eps';

export const CANDIDATES: readonly Candidate[] = [
  { kind: 'blocks', a: 'down_blocks.2.attentions.0', b: 'mid_block.attentions.0' },
  { kind: 'blocks', a: 'mid_block.resnets.0', b: 'mid_block.resnets.1' },
  { kind: 'skips', a: 'up_blocks.2.resnets.0', b: 'up_blocks.2.resnets.1' },
  { kind: 'halves', a: 'up_blocks.0.resnets.0' },
];

/** The model with something exchanged in its file. */
export async function filed(candidate: Candidate, path: string): Promise<string> {
  const subject = await Subject.open(NET);
  const net = memoryNet(subject);
  const { kind, a } = candidate;
  const values =
    kind === 'halves'
      ? turnHalves(net, a)
      : kind === 'blocks'
        ? swapBlocks(net, a, candidate.b)
        : swapSkips(net, a, candidate.b, 24);
  return writeModel(subject, changed(subject, net.values, values) as Edit, path);
}

export async function opened(path: string) {
  const { session, close } = await openSession(path, { device: 'cpu', threads: 2 });
  const plan = planOf(session, {});
  const { conditions } = conditionsFor(session, [{}], plan);
  const { latent } = plan;
  const companions = new Float32Array();
  const variants = new Variants(session, { latent, timesteps: 1000, conditions, companions, batch: 16 });
  return { net: session.parts.net, variants, close };
}
