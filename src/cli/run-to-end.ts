import type { Io } from './io.ts';
import type { SmokeEvent, SmokeRequest } from './smoke-job.ts';

/**
 * Starts a run and waits until nothing of it is left; it is ended when the user interrupts.
 * @param tell hears every event
 * @returns the last event
 */
export async function runToEnd(
  request: SmokeRequest,
  io: Pick<Io, 'startSmoke' | 'atInterrupt'>,
  tell: (event: SmokeEvent) => void,
): Promise<SmokeEvent | undefined> {
  const events: { last?: SmokeEvent } = {};
  const run = await io.startSmoke(request, (event) => {
    events.last = event;
    tell(event);
  });
  const release = io.atInterrupt(async () => {
    run.stop();
    await run.ended;
  });
  await run.ended;
  release();
  return events.last;
}
