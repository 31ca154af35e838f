import type { Solution, Width } from './blueprint.ts';
import type { Naming } from './compare.ts';
import type { Ends } from './modules/resnet.ts';
import type { Skip } from './net.ts';
import type { Problem } from './problem.ts';

/** A block in the order in which the latent passes through it. */
export interface Link {
  readonly id: string;
  readonly ends: Ends;
  /** Spatial divisor of what enters and of what leaves. */
  readonly divisor: number;
  readonly outDivisor: number;
  /** Its output is kept for the decoder. */
  readonly keeps?: boolean;
  /** It reads a kept output, laid behind what comes from below. */
  readonly takes?: boolean;
}

export interface Wiring {
  readonly skips: readonly Skip[];
  readonly problems: readonly Problem[];
}

/**
 * Passes the latent through the net: every block must read the width that the one before it writes, and a
 * decoder resnet that width and the skip's together. Skips are a stack: the last kept is the first taken.
 */
export function wire(links: readonly Link[], solution: Solution, naming: Naming): Wiring {
  const skips: Skip[] = [];
  const problems: Problem[] = [];
  const kept: { id: string; width: number; divisor: number }[] = [];
  let below: { id: string; width: number } | undefined;
  for (const link of links) {
    const expects = known(solution, link.ends.input);
    if (link.takes === true) {
      const skip = kept.pop();
      if (skip !== undefined && below !== undefined) {
        const made: Skip = {
          producer: skip.id,
          consumer: link.id,
          channels: skip.width,
          below: below.width,
          expects,
          divisor: skip.divisor,
          consumerDivisor: link.divisor,
          join: 'concat',
          holds: skip.width + below.width === expects && skip.divisor === link.divisor,
        };
        skips.push(made);
        // a width that nothing in the file tells is a missing block's, and is reported as that
        if (!made.holds && known3(made)) problems.push(skipMismatch(made, naming));
      }
    } else if (below !== undefined && expects > 0 && below.width > 0 && below.width !== expects) {
      problems.push({
        kind: 'chain-mismatch',
        block: link.id,
        fileBlock: naming.block(link.id),
        from: below.id,
        gets: below.width,
        expects,
      });
    }
    const width = known(solution, link.ends.output);
    below = { id: link.id, width };
    if (link.keeps === true) kept.push({ id: link.id, width, divisor: link.outDivisor });
  }
  return { skips, problems };
}

/** A width's value, 0 where no tensor of the file tells it. */
function known(solution: Solution, width: Width): number {
  return solution.value(width) ?? 0;
}

function known3(skip: Skip): boolean {
  return skip.below > 0 && skip.channels > 0 && skip.expects > 0;
}

function skipMismatch(skip: Skip, naming: Naming): Problem {
  return {
    kind: 'skip-mismatch',
    block: skip.consumer,
    fileBlock: naming.block(skip.consumer),
    producer: skip.producer,
    below: skip.below,
    skip: skip.channels,
    expects: skip.expects,
  };
}
