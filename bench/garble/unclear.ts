/** Every exchange that a net's weights leave unclear, done: what it costs, and whether a run finds it. */
import { type Candidate, placesOf, readWiring } from '../../src/values/index.ts';
import { swapBlocks, swapSkips, turnHalves } from '../../test/values/damage.ts';
import type { MemoryNet, Values } from '../../test/values/memory-net.ts';
import type { Case } from './cases.ts';
import { changed, memoryNet } from './damages/tensors.ts';
import { Subject } from './subject.ts';

/** One case for each, as the net at the path has them. */
export async function unclearCases(path: string): Promise<readonly Case[]> {
  const subject = await Subject.open(path);
  const net = memoryNet(subject);
  const { unclear } = await readWiring(net.net, net.read);
  return unclear.map(({ candidate }): Case => {
    return {
      id: `unclear ${candidate.kind} ${placesOf(candidate).join(' ')}`,
      type: 'damage',
      group: 'places',
      kind: `${candidate.kind}-unclear`,
      strength: '',
      half: 'measure',
      relatives: false,
      make: async ({ subject: own }) => {
        const whole = memoryNet(own);
        return changed(own, whole.values, exchangedValues(whole, own, candidate));
      },
    };
  });
}

/** The tensors that change when an exchange is done in the file. */
export function exchangedValues(net: MemoryNet, { net: { skips } }: Subject, candidate: Candidate): Values {
  const { kind, a } = candidate;
  if (kind === 'halves') return turnHalves(net, a);
  if (kind === 'blocks') return swapBlocks(net, a, candidate.b);
  return swapSkips(net, a, candidate.b, skips.find(({ consumer }) => consumer === a)?.channels ?? 0);
}
