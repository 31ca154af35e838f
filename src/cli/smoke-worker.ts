/** The process that a smoke run happens in: takes one request from its parent, tells what happens, and ends. */
import { smokeJob, type SmokeRequest } from './smoke-job.ts';
import { watchParent } from './watch-parent.ts';

process.once('message', (request: SmokeRequest) => {
  // nobody is left to tell: an orphan would go on for minutes, and hears nothing while the runtime computes
  process.once('disconnect', () => process.exit());
  watchParent();
  void smokeJob(request, (event) => process.send?.(event)).then(() => process.disconnect());
});
