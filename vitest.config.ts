import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/reporter.ts'],
    // the longest judge a net of four million parameters, most of a minute where nothing else runs
    testTimeout: 300_000,
    // else one processor is left idle: half of them, where there are two
    maxWorkers: '100%',
    // colour would make transcripts depend on where they run; the runtime reports its use unless told not to
    env: { NO_COLOR: '1', ORT_DISABLE_TELEMETRY: '1' },
  },
});
