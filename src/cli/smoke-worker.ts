/** The process that a smoke run happens in: takes one request from its parent, tells what happens, and ends. */
import { type SmokeEvent, smokeJob, type SmokeRequest } from './smoke-job.ts';
import { watchParent } from './watch-parent.ts';
import { readWeightsAside } from './weights-reading.ts';

process.once('message', (request: SmokeRequest) => {
  // nobody is left to tell: an orphan would go on for minutes, and hears nothing while the runtime computes
  process.once('disconnect', () => process.exit());
  watchParent();
  const emit = (event: SmokeEvent): void => void process.send?.(event);
  void smokeJob(request, emit, readWeightsAside(new URL('./weights-worker.js', import.meta.url))).then(() =>
    process.disconnect(),
  );
});
