import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/reporter.ts'],
    testTimeout: 120_000,
    // else one processor is left idle: half of them, where there are two
    maxWorkers: '100%',
    // colour would make transcripts depend on where they run; the runtime reports its use unless told not to
    env: { NO_COLOR: '1', ORT_DISABLE_TELEMETRY: '1' },
  },
});
