// Bundles the library and the command line into dist/, with types. `npm run build`.
import { build } from 'tsdown';

await build({
  entry: {
    index: 'src/index.ts',
    smoke: 'src/smoke.ts',
    cli: 'src/cli/main.ts',
    'smoke-worker': 'src/cli/smoke-worker.ts',
    'parse-worker': 'src/cli/parse-worker.ts',
    'weights-worker': 'src/cli/weights-worker.ts',
  },
  format: 'esm',
  platform: 'node',
  target: 'node20',
  dts: true,
  clean: true,
  logLevel: 'error',
  config: false,
  // plain .js in an ESM package, so that `exports` and `bin` read simply
  outExtensions: () => ({ js: '.js', dts: '.d.ts' }),
});
